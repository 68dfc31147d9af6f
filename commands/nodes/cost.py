"""`/jhub cost`: node-hours by pool, or servers and homes by who used them, and money where prices are configured."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Final

from cards.times import minute, timed
from cards.views import Cell, Chart, Column, Fact, Facts, Lines, Notice, Section, Slice, Status, Table, Tone, View
from commands.framework.command import Flag, Level, Query, Topic
from commands.framework.errors import UserError
from commands.nodes import cost_by
from commands.nodes.arguments import Days, Division
from commands.nodes.budget import month_facts, quota_facts
from commands.nodes.money import Money, hours_in_words
from commands.nodes.spending import spending
from commands.ports.azure import NodeHours, PoolObservation
from commands.ports.context import Reads

_WEEK, _MONTH = timedelta(days=7), timedelta(days=30)
_COLUMNS: Final = (
    Column("Pool", 3),
    Column("VM size", 4),
    Column("7 days", 4, numeric=True),
    Column("30 days", 4, numeric=True),
    Column("Saved in 30 days", 4, numeric=True),
)
_HOW: Final = (
    "“Saved” counts the time for which “scale” holds a pool below its earlier size: the nodes it had then "
    "minus the nodes "
    "it has, times the hours."
)
# Hours: shorter gaps come from the sampling interval.
_GAP: Final = Decimal("0.5")


@dataclass(frozen=True)
class Args:
    """What to divide the cost by, and how far to look back."""

    by: Annotated[Division | None, Flag("divide the cost of servers and homes by user, profile or group", "user")] = (
        None
    )
    days: Annotated[Days | None, Flag("with --by: how many days, with today; 30 unless you say", "7")] = None


async def run(args: Args, reads: Reads) -> View:
    """Return a row for each pool and VM size, or for each user, profile or group."""
    if args.by:
        return await cost_by.run(args.by, args.days.value if args.days else _MONTH.days, reads)
    if args.days:
        raise UserError("--days goes with --by.", f"/jhub cost --by profile --days {args.days}")
    week, month = await reads.cost.seen(reads.now - _WEEK), await reads.cost.seen(reads.now - _MONTH)
    if month.first is None:
        return Notice(
            "Nothing recorded yet", "The bot has recorded the pools every five minutes since its first start."
        )
    money = Money.of_reads(reads.cost)
    return Status(
        "What the nodes cost",
        f"{_total(week, money)} in the last 7 days",
        Tone.NOTE,
        tuple(_problems(month, reads, money)),
        (*_sections(week, month, money), *await _month(reads, money), Lines((_HOW,))),
        minute(reads.now),
    )


def _total(seen: NodeHours, money: Money, *, spared: bool = False) -> str:
    """Return the node-hours of all pools, present or saved, and their cost as far as there are prices."""
    parts = [(pool.size, pool.spared if spared else pool.hours) for pool in seen.pools]
    amounts = [amount for size, hours in parts if (amount := money.of(size, hours)) is not None]
    total = f"{hours_in_words(sum((hours for _, hours in parts), Decimal()))} of nodes"
    return f"{total}, {money.text(sum(amounts, Decimal()))}" if amounts else total


def _problems(month: NodeHours, reads: Reads, money: Money) -> list[str]:
    since = max(month.first or reads.now, reads.now - _MONTH)
    unseen = Decimal(int((reads.now - since).total_seconds())) / 3600 - month.hours
    unclear = sum((pool.unclear for pool in month.pools), Decimal())
    lines = []
    if month.first and month.first > reads.now - _MONTH:
        lines.append(timed("Recorded since ", minute(month.first), "; nothing is known of the time before."))
    if unseen >= _GAP:
        lines.append(
            f"Not recorded for {hours_in_words(unseen)} of the last 30 days: the sums do not include those hours."
        )
    if unclear:
        lines.append(f"Held for {hours_in_words(unclear)} since before recording began: what that saved is unknown.")
    return lines + _unpriced(month.pools, money)


def _unpriced(pools: Sequence[PoolObservation], money: Money) -> list[str]:
    sizes = sorted({pool.size for pool in pools if money.of(pool.size, pool.hours) is None and pool.hours})
    if not sizes:
        return []
    if not money.prices:
        return ["No prices are configured (cost.prices), so only hours are shown."]
    return [
        f"No price for {', '.join(sizes)} (cost.prices): only their hours are shown, and the costs do not include them."
    ]


def _sections(week: NodeHours, month: NodeHours, money: Money) -> tuple[Section, ...]:
    lately = {(pool.pool, pool.size): pool for pool in week.pools}
    rows = tuple(_row(pool, lately.get((pool.pool, pool.size)), money) for pool in month.pools)
    slices = tuple(Slice(pool.pool, round(pool.hours)) for pool in month.pools if round(pool.hours))
    chart = (Chart("Hours of nodes in 30 days", slices),) if slices else ()
    totals = (
        Fact("Last 7 days", _total(week, money)),
        Fact("Last 30 days", _total(month, money)),
        Fact("Saved in 30 days", _total(month, money, spared=True)),
    )
    return (*chart, Table(_COLUMNS, rows), Facts(totals))


async def _month(reads: Reads, money: Money) -> tuple[Section, ...]:
    """Return this calendar month beside its budget and its quota, where there is anything of it to say."""
    seen, rules = await spending(reads), reads.cost.rules
    facts = (*month_facts(seen, money, rules), *quota_facts(seen, money, rules))
    return (Facts(facts, "This month, with homes (estimated)"),) if facts else ()


def _row(month: PoolObservation, week: PoolObservation | None, money: Money) -> tuple[Cell, ...]:
    return (
        Cell(month.pool),
        Cell(month.size or "—"),
        Cell(money.cell(month.size, week.hours if week else Decimal())),
        Cell(money.cell(month.size, month.hours)),
        Cell(money.cell(month.size, month.spared) if month.spared else "—", Tone.GOOD if month.spared else Tone.NOTE),
    )


COMMAND = Query(
    "cost",
    "Show what nodes cost by pool, or servers and homes by user, profile or group.",
    Level.VIEWER,
    run,
    Args,
    details="Based on what the bot recorded every five minutes. Costs are shown if cost.prices has a price for "
    "the VM size. --by user is for operators and above.",
    level_for=lambda args: cost_by.level_for(args.by or ""),
    topic=Topic.NODES,
    rank=13,
)
