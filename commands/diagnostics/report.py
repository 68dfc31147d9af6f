"""`/jhub report`: show what happened lately on one card: users, hours, deployments, failures, cost, alerts."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Final, TypeVar

from cards.times import minute
from cards.views import Chart, Fact, Facts, Lines, Section, Slice, Status, Tone, View
from clients.errors import Unavailable
from clients.helm import Release
from clients.hub import HubUser
from commands.framework.argument_types import Age
from commands.framework.command import Flag, Level, Query, Topic
from commands.framework.errors import UserError
from commands.framework.partial_results import attempt
from commands.nodes.budget import bars, month_facts, quota_facts
from commands.nodes.cost_by import coverage, parts_chart
from commands.nodes.money import Money, hours_in_words
from commands.nodes.spending import Spending, parts_of, spending
from commands.ports.alerts import AlertSummary
from commands.ports.azure import NodeHours
from commands.ports.context import Reads
from commands.ports.operations import Work
from commands.ports.usage import HubUsage
from commands.release.record import image_tag
from commands.timing.durations import spoken

WEEK: Final = timedelta(days=7)
# The bot keeps what it has seen of the nodes for little longer.
_LONGEST: Final = timedelta(days=30)
# More than a hub sees in a month.
_MOST: Final = 1_000
_ESTIMATED: Final = "Costs are estimates from what the bot recorded every five minutes, at the configured prices."
_FAILED: Final = ("failed", "bug", "unavailable")
T = TypeVar("T")


@dataclass(frozen=True)
class Args:
    """The period to cover."""

    since: Annotated[Age | None, Flag("the period to cover, at most 30d", "14d")] = None


@dataclass(frozen=True)
class ReportFindings:
    """Each record's entries since `since`, or why it has none."""

    since: datetime
    users: list[HubUser] | Unavailable
    history: list[Release] | Unavailable
    changes: Sequence[Work] | Unavailable
    seen: NodeHours | Unavailable
    alerts: Sequence[AlertSummary] | Unavailable
    used: HubUsage | Unavailable
    month: Spending | Unavailable


async def run(args: Args, reads: Reads) -> View:
    """Report on a week, unless another period is asked for."""
    length = args.since.length if args.since else WEEK
    if length > _LONGEST:
        raise UserError("The bot can look back 30 days at most.", "/jhub report --since 30d")
    return present(await findings(reads, reads.now - length), reads)


async def findings(reads: Reads, since: datetime) -> ReportFindings:
    """Ask all systems at once."""
    async with asyncio.TaskGroup() as asking:
        users = asking.create_task(attempt("The hub", reads.hub.users()))
        history = asking.create_task(attempt("Kubernetes", reads.releases.history()))
        changes = asking.create_task(attempt("The bot's store", reads.work.ended(_MOST)))
        seen = asking.create_task(attempt("The bot's store", reads.cost.seen(since)))
        alerts = asking.create_task(attempt("The bot's store", reads.alerts.recent(_MOST)))
        used = asking.create_task(attempt("The bot's store", reads.cost.used(*_days(reads, since))))
        month = asking.create_task(attempt("The bot's store", spending(reads)))
    return ReportFindings(
        since,
        users.result(),
        _since(history.result(), lambda one: one.last_deployed, since),
        _since(changes.result(), lambda one: one.changed, since),
        seen.result(),
        _since(alerts.result(), lambda one: one.over or reads.now, since),
        used.result(),
        month.result(),
    )


def _days(reads: Reads, since: datetime) -> tuple[date, date]:
    """Return the whole days that are reported on: the last of them is today."""
    zone = reads.cost.rules.zone
    return since.astimezone(zone).date() + timedelta(days=1), reads.now.astimezone(zone).date()


def _since(
    found: Sequence[T] | Unavailable, when: Callable[[T], datetime | None], since: datetime
) -> list[T] | Unavailable:
    """Return the entries that ended since then, or have not ended."""
    if isinstance(found, Unavailable):
        return found
    return [one for one in found if (moment := when(one)) is not None and moment >= since]


def present(found: ReportFindings, reads: Reads) -> Status:
    """Return the card. Pure."""
    answers = (found.users, found.history, found.changes, found.seen, found.alerts, found.used, found.month)
    silent = tuple(dict.fromkeys(f"{one}." for one in answers if isinstance(one, Unavailable)))
    money = Money.of_reads(reads.cost)
    facts = (
        *_users(found),
        *_deployments(found),
        *_changes(found),
        *_hours(found, money),
        *_month(found, money, reads),
        *_alerts(found),
    )
    return Status(
        f"The last {spoken(reads.now - found.since)} of {reads.names.public_host or reads.names.release}",
        _headline(found),
        Tone.WARNING if silent else Tone.NOTE,
        silent,
        (Facts(facts), *_charts(found), *_use(found, money, reads)),
        minute(reads.now),
    )


def _headline(found: ReportFindings) -> str:
    words = []
    if not isinstance(found.users, Unavailable):
        words.append(f"{len(_active(found.users, found.since)):,} of {len(found.users):,} users were active")
    if not isinstance(found.history, Unavailable):
        words.append(_counted(len(found.history), "deployment"))
    if not isinstance(found.alerts, Unavailable):
        words.append(_counted(len(found.alerts), "alert"))
    return ", ".join(words) or "None of the sources answered"


def _active(users: Sequence[HubUser], since: datetime) -> list[HubUser]:
    return [one for one in users if one.servers or (one.last_activity is not None and one.last_activity >= since)]


def _users(found: ReportFindings) -> list[Fact]:
    if isinstance(found.users, Unavailable):
        return []
    running = sum(server.ready for user in found.users for server in user.servers)
    active = len(_active(found.users, found.since))
    return [Fact("Users", f"{active:,} of {len(found.users):,} were active; {running:,} servers are running now")]


def _deployments(found: ReportFindings) -> list[Fact]:
    if isinstance(found.history, Unavailable):
        return []
    tags = list(dict.fromkeys(image_tag(one) for one in found.history))
    failed = sum(one.status == "failed" for one in found.history)
    text = _counted(len(found.history), "revision") + (f" ({', '.join(tags[:5])})" if tags else "")
    return [Fact("Deployments", f"{text}, {failed} failed" if failed else text, Tone.WARNING if failed else Tone.NOTE)]


def _changes(found: ReportFindings) -> list[Fact]:
    if isinstance(found.changes, Unavailable):
        return []
    done = sum(one.outcome == "done" for one in found.changes)
    failed = [one for one in found.changes if one.outcome in _FAILED]
    facts = [Fact("Changes by the bot", f"{done} done, {len(found.changes) - done - len(failed)} not carried out")]
    if failed:
        named = ", ".join(dict.fromkeys(one.title for one in failed[:3]))
        facts.append(Fact("Failures", f"{len(failed)}: {named}", Tone.WARNING))
    else:
        facts.append(Fact("Failures", "none"))
    return facts


def _hours(found: ReportFindings, money: Money) -> list[Fact]:
    if isinstance(found.seen, Unavailable):
        return []
    pools = found.seen.pools
    facts = [Fact("Node hours", hours_in_words(sum((pool.hours for pool in pools), Decimal())))]
    amounts = [amount for pool in pools if (amount := money.of(pool.size, pool.hours)) is not None]
    spared = [amount for pool in pools if (amount := money.of(pool.size, pool.spared)) is not None]
    if amounts:
        saved = f", {money.text(sum(spared, Decimal()))} saved by scaling down" if any(spared) else ""
        facts.append(Fact("Cost", f"{money.text(sum(amounts, Decimal()))}{saved}"))
    return facts


def _month(found: ReportFindings, money: Money, reads: Reads) -> list[Fact]:
    if isinstance(found.month, Unavailable):
        return []
    rules = reads.cost.rules
    return [*month_facts(found.month, money, rules), *quota_facts(found.month, money, rules)]


def _use(found: ReportFindings, money: Money, reads: Reads) -> list[Section]:
    """Return where the cost went, by parts and by day, and what is not in it. No names: everybody reads the report."""
    if isinstance(found.used, Unavailable) or not found.used.days:
        return []
    first, _ = _days(reads, found.since)
    drawn = [*parts_chart(parts_of(found.used, money, reads.cost.rules), money), *bars(found.used.days, money)]
    said = coverage(first, found.used, reads)
    return [*drawn, Lines((*said, _ESTIMATED))] if drawn else []


def _alerts(found: ReportFindings) -> list[Fact]:
    if isinstance(found.alerts, Unavailable):
        return []
    living = sum(one.over is None for one in found.alerts)
    text = _counted(len(found.alerts), "alert")
    return [Fact("Alerts", f"{text}, {living} still open" if living else text, Tone.WARNING if living else Tone.NOTE)]


def _charts(found: ReportFindings) -> list[Section]:
    charts: list[Section] = []
    if not isinstance(found.users, Unavailable) and found.users:
        active = len(_active(found.users, found.since))
        charts.append(_chart("Users", {"active": active, "inactive": len(found.users) - active}))
    if not isinstance(found.changes, Unavailable) and found.changes:
        charts.append(_chart("How changes ended", Counter(one.outcome for one in found.changes)))
    if not isinstance(found.seen, Unavailable) and found.seen.pools:
        charts.append(_chart("Node hours by pool", {one.pool: round(one.hours) for one in found.seen.pools}))
    if not isinstance(found.alerts, Unavailable) and found.alerts:
        charts.append(_chart("Alerts by watcher", Counter(one.watcher for one in found.alerts)))
        longest = [f"{one.title} ({spoken(one.over - one.since)})" for one in found.alerts[:5] if one.over]
        charts += [Lines(tuple(longest), "What was wrong")] if longest else []
    return [one for one in charts if not isinstance(one, Chart) or one.slices]


def _chart(title: str, counts: Mapping[str, int]) -> Chart:
    tones = {"done": Tone.GOOD, "active": Tone.GOOD} | dict.fromkeys(_FAILED, Tone.BAD)
    return Chart(title, tuple(Slice(name, n, tones.get(name, Tone.NOTE)) for name, n in counts.items() if n))


def _counted(count: int, noun: str) -> str:
    return f"{count or 'no'} {noun}{'' if count == 1 else 's'}"


COMMAND = Query(
    "report",
    "Summarize recent activity: users, hours, failures, deployments, cost, alerts.",
    Level.VIEWER,
    run,
    Args,
    details="Covers the last week unless --since says otherwise. report.weekly posts it each week.",
    topic=Topic.STATUS,
    rank=11,
)
