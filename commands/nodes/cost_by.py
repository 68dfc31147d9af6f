"""The answer of `/jhub cost --by`: what servers and homes cost, by the people, profiles or groups that used them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from cards.times import minute, timed
from cards.views import Cell, Chart, Column, Fact, Facts, Lines, Notice, Slice, Status, Table, Tone, View
from commands.framework.command import Level
from commands.framework.errors import Refused, UserError
from commands.nodes.money import Money, hours_in_words
from commands.nodes.spending import Parts, PersonUse, home_cost, merged, midnight, nodes_of, parts_of, people
from commands.ports.context import Reads
from commands.ports.usage import UNKNOWN_PROFILE, CostRules, HubUsage
from commands.timing.durations import spoken

# Hours: shorter gaps come from the sampling interval.
_GAP: Final = Decimal("0.5")
_USER, _PROFILE, _GROUP = "user", "profile", "group"
_NOUNS: Final = {_USER: ("person", "people"), _PROFILE: ("profile", "profiles"), _GROUP: ("group", "groups")}
_NO_NAME: Final = "(no name)"
_NO_PROFILE: Final = "(none chosen)"
_UNKNOWN: Final = "(not known)"
_NO_GROUP: Final = "(in no group)"
_LEFT: Final = "(no longer in the hub)"
_HOW_SERVERS: Final = (
    "All amounts are estimates: every five minutes the bot looks at which servers run, and each look counts for five "
    "minutes. A server costs its share of its node: the larger of the CPU and the memory that it requests, as a part "
    "of what the node can give."
)
_HOW_HOMES: Final = (
    "Homes are counted once a day, at the price of their disks (cost.disks). Snapshots are not included: what Azure "
    "bills for them is not known."
)
_HOW_GROUPS: Final = (
    "Groups are the hub’s groups as they are now. Who is in several counts in each of them with an equal part, so "
    "the rows add up."
)


@dataclass(frozen=True)
class Range:
    """The days from `first` to `last`, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """Their number."""
        return (self.last - self.first).days + 1


def level_for(by: str) -> Level:
    """Return the level that may see the cost divided like this."""
    return Level.OPERATOR if by == _USER else Level.VIEWER


def may_see(by: str, reads: Reads) -> None:
    """Raise Refused for a caller who may not see what single people used."""
    if reads.caller.level < level_for(by):
        raise Refused(
            "What each person used is for operators and above. “/jhub cost --by profile” and “/jhub cost --by group” "
            "show the same without names."
        )


async def run(by: str, days: int, reads: Reads) -> View:
    """Return a row for each person, profile or group. Raise Refused, UserError, Unavailable."""
    may_see(by, reads)
    rules, money = reads.cost.rules, Money.of_reads(reads.cost)
    if days > rules.kept_days:
        raise UserError(
            f"Use is kept for {rules.kept_days} days (cost.keep).", f"/jhub cost --by {by} --days {rules.kept_days}"
        )
    today = reads.now.astimezone(rules.zone).date()
    span = Range(today - timedelta(days=days - 1), today)
    usage = await reads.cost.used(span.first, span.last)
    if usage.began is None:
        return Notice("Nothing recorded yet", "The bot records who uses what every five minutes since its first start.")
    rows = await _rows(by, usage, money, reads)
    return present(by, span, usage, rows, reads)


async def _rows(by: str, usage: HubUsage, money: Money, reads: Reads) -> list[PersonUse]:
    rules = reads.cost.rules
    if by == _PROFILE:
        return _by_profile(usage, money)
    everyone = people(usage, money, rules)
    if by == _GROUP:
        groups = {user.name: user.groups for user in await reads.hub.users()}
        return _by_group(everyone, groups)
    return everyone


def _by_profile(usage: HubUsage, money: Money) -> list[PersonUse]:
    names = {"": _NO_PROFILE, UNKNOWN_PROFILE: _UNKNOWN}
    return merged(
        PersonUse(
            names.get(one.profile, one.profile),
            one.hours,
            one.node_hours,
            servers=money.of(one.size, one.node_hours) or Decimal(),
        )
        for one in usage.servers
    )


def _by_group(everyone: Iterable[PersonUse], groups: Mapping[str, tuple[str, ...]]) -> list[PersonUse]:
    """Return the sums by group: an equal part in each for who is in several."""
    found: list[PersonUse] = []
    for one in everyone:
        its = groups.get(one.name, (_LEFT,)) or (_NO_GROUP,)
        found += (one.part(name, len(its)) for name in its)
    return merged(found)


def present(by: str, span: Range, usage: HubUsage, rows: Sequence[PersonUse], reads: Reads) -> Status:
    """Return the card. Pure."""
    rules, money = reads.cost.rules, Money.of_reads(reads.cost)
    parts = parts_of(usage, money, rules)
    how = (*((_HOW_HOMES,) if usage.homes else ()), *((_HOW_GROUPS,) if by == _GROUP else ()))
    return Status(
        f"Cost by {by}",
        _headline(by, rows, parts, money, _when(span, usage, reads)),
        Tone.NOTE,
        tuple(_problems(span, usage, money, reads)),
        (
            *parts_chart(parts, money),
            Lines((_HOW_SERVERS,)),
            _table(by, rows, money),
            Facts(_totals(usage, parts, money)),
            *((Lines(how),) if how else ()),
        ),
        minute(reads.now),
    )


def _headline(by: str, rows: Sequence[PersonUse], parts: Parts, money: Money, when: str) -> str:
    one, many = _NOUNS[by]
    hours = sum((row.hours for row in rows), Decimal())
    amount = f", {money.text(parts.servers + parts.homes)} of them and their homes" if money.prices else ""
    return f"{len(rows):,} {one if len(rows) == 1 else many}: {hours_in_words(hours)} of servers{amount} {when}"


def _when(span: Range, usage: HubUsage, reads: Reads) -> str:
    """Return the time that the sums are of: less than the days asked for where recording began within them."""
    if usage.began is not None and usage.began > midnight(span.first, reads.cost.rules):
        return f"in {spoken(reads.now - usage.began)} on record"
    return "today" if span.days == 1 else f"in {span.days} days"


def _table(by: str, rows: Sequence[PersonUse], money: Money) -> Table:
    has_homes = by != _PROFILE
    columns = (
        Column(by.capitalize(), 5),
        Column("Server hours", 3, numeric=True),
        Column("Node hours", 3, numeric=True),
        *((Column("GiB-months", 3, numeric=True),) if has_homes else ()),
        *((Column(f"Cost ({money.currency})", 3, numeric=True),) if money.prices else ()),
    )
    return Table(columns, tuple(_row(one, money, has_homes=has_homes) for one in rows))


def _row(one: PersonUse, money: Money, *, has_homes: bool) -> tuple[Cell, ...]:
    return (
        Cell(one.name or _NO_NAME),
        Cell(number(one.hours)),
        Cell(number(one.node_hours)),
        *((Cell(number(one.gib_months)),) if has_homes else ()),
        *((Cell(f"{one.amount:,.2f}"),) if money.prices else ()),
    )


def number(amount: Decimal) -> str:
    """Return the amount for people: to the tenth below ten."""
    return f"{amount:,.1f}" if amount < 10 else f"{amount:,.0f}"  # noqa: PLR2004 - said above


def parts_chart(parts: Parts, money: Money) -> tuple[Chart, ...]:
    """Return where the cost went as a chart, in whole units of the currency; nothing without prices."""
    named = (
        ("Servers", parts.servers),
        ("Nodes for users, not reserved", parts.idle),
        ("Other nodes", parts.other),
        ("Homes", parts.homes),
    )
    whole = [(name, int(amount.to_integral_value())) for name, amount in named if money.prices]
    slices = tuple(Slice(name, amount) for name, amount in whole if amount)
    return (Chart(f"Cost in {money.currency}", slices),) if slices else ()


def _totals(usage: HubUsage, parts: Parts, money: Money) -> tuple[Fact, ...]:
    """Return where the hours of nodes and all of the cost went: the first three add up to the fourth."""
    nodes = tuple(nodes_of(usage))
    used, idle, other = (
        sum(hours, Decimal())
        for hours in ((one.used for one in nodes), (one.idle for one in nodes), (one.other for one in nodes))
    )
    gib = number(sum((Decimal(home.gib * home.days) for home in usage.homes), Decimal()) * 24 / 730)
    homes = f"{gib} GiB-months"
    return (
        Fact("Reserved by servers", _both(used, parts.servers, money)),
        Fact("Nodes for users, not reserved", _both(idle, parts.idle, money)),
        Fact("Other nodes (the hub itself)", _both(other, parts.other, money)),
        Fact("All nodes", _both(used + idle + other, parts.nodes, money)),
        Fact("Homes", f"{homes}, {money.text(parts.homes)}" if money.prices and parts.homes else homes),
        *((Fact("Together", money.text(parts.total)),) if money.prices else ()),
    )


def _both(hours: Decimal, amount: Decimal, money: Money) -> str:
    words = f"{hours_in_words(hours)} of nodes"
    return f"{words}, {money.text(amount)}" if money.prices else words


def _problems(span: Range, usage: HubUsage, money: Money, reads: Reads) -> list[str]:
    return [
        *coverage(span.first, usage, reads),
        *_without_homes(span, usage),
        *unpriced(usage, money, reads.cost.rules),
        *_unshared(usage),
    ]


def coverage(first: date, usage: HubUsage, reads: Reads) -> list[str]:
    """Return what to say of the time since the beginning of `first` in which nothing was recorded."""
    start, began = midnight(first, reads.cost.rules), usage.began
    if began is None:
        return ["Nothing was recorded yet."]
    lines = []
    if began > start:
        lines.append(timed("Recorded since ", minute(began), "; nothing is known of the time before."))
    whole = Decimal(int((reads.now - max(start, began)).total_seconds())) / 3600
    if whole - usage.hours >= _GAP:
        gap = f"{hours_in_words(whole - usage.hours)} of {hours_in_words(whole)}"
        lines.append(f"Not recorded for {gap}, as the bot or the cluster was out: the sums do not include those hours.")
    return lines


def _without_homes(span: Range, usage: HubUsage) -> list[str]:
    if usage.home_days or not usage.hours:
        return []
    return [f"Homes were not counted on any of these {span.days} days: the cluster did not list them."]


def unpriced(usage: HubUsage, money: Money, rules: CostRules) -> list[str]:
    """Return what has no price, and so is in no amount."""
    if not money.prices:
        return ["No prices are configured (cost.prices), so only hours are shown."]
    lines = []
    sizes = sorted({one.size or "unknown" for one in nodes_of(usage) if money.of(one.size, one.hours) is None})
    if sizes:
        lines.append(f"No price for {', '.join(sizes)} (cost.prices): the amounts do not include those nodes.")
    homes = [one for one in usage.homes if home_cost(one, rules) is None]
    disks = sorted({f"{one.storage_class or 'no class'} with {one.gib} GiB" for one in homes})
    if disks:
        lines.append(f"No price for disks of {', '.join(disks)} (cost.disks): the amounts do not include those homes.")
    return lines


def _unshared(usage: HubUsage) -> list[str]:
    hours = sum((one.hours for one in usage.servers if not one.node_hours), Decimal())
    why = "requested neither CPU nor memory, or ran on a node that could not be seen"
    what = f"Servers of {hours_in_words(hours)} {why}: they reserve nothing, so they cost nothing here."
    return [what] if hours else []
