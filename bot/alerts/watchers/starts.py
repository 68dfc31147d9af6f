"""Server starts that keep being refused, or would be: there is neither a pod nor an event, and only the user sees it.

Three sources tell of them: the hub's log whose starts failed and why; the hub's counters how many did, whatever its log
still has; the namespace's quotas that the next one would.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from bot.alerts.finding import Finding, Severity, Watcher
from cards.views import Fact, typing
from clients.errors import Unavailable
from clients.hub import SpawnCounts
from commands.framework.partial_results import attempt
from commands.framework.usage import quoted
from commands.hubtest.outcome import summary
from commands.hubtest.steps import BY_ITSELF
from commands.kubernetes.problem import Cause
from commands.ports.context import Reads
from commands.ports.hub_tests import HubTestRecord
from commands.servers.quota_outlook import QuotaTrouble
from commands.servers.quotas import quota_outlook
from commands.servers.refused_starts import StartLog, start_log

_WITHIN: Final = timedelta(minutes=10)
# Fewer may be one person who tries again.
_MANY: Final = 3
_LOG: Final = typing("Show the hub’s log", "/jhub logs hub --grep starting")
# As long as the bot makes no other test.
_TESTED_WITHIN: Final = timedelta(minutes=30)
# JupyterHub 5.5 counts one twice that dies while the hub waits for it.
_COUNTED: Final = 2


@dataclass(frozen=True)
class Starts:
    """What is known of the starts of the last ten minutes, and of the next one. `counts` is None if it is not."""

    log: StartLog
    counts: SpawnCounts | None
    quotas: Sequence[QuotaTrouble]
    test: HubTestRecord | None = None
    """The bot's own test, if starts that failed have brought one about lately."""


async def look(reads: Reads) -> Sequence[Finding]:
    """Read the log and the counters of the last ten minutes, the quotas, and the last test of the hub.

    Raise Unavailable of the log, or of the records.
    """
    log, counts, quotas = await asyncio.gather(
        start_log(reads, _WITHIN), attempt("The hub", reads.hub.spawns(_WITHIN)), quota_outlook(reads)
    )
    return judge(Starts(log, None if isinstance(counts, Unavailable) else counts, quotas, await _test(reads)))


async def _test(reads: Reads) -> HubTestRecord | None:
    """Return the last test, if it is the bot's own, has ended, and is not long ago."""
    last = next(iter(await reads.tests.recent(1)), None) if reads.tests else None
    if last is None or last.by != BY_ITSELF or last.ended is None or reads.now - last.ended > _TESTED_WITHIN:
        return None
    return last


def judge(starts: Starts) -> list[Finding]:
    """Return one finding where many starts failed, and one where the next would. Pure.

    What the next start meets is not told twice: those that failed for the same reason tell it.
    """
    failed = _logged(starts) if len(starts.log.refused) >= _MANY else _counted(starts)
    told = any(one.trouble.cause is Cause.QUOTA for one in starts.log.refused) if failed else False
    tested = [replace(one, facts=(*one.facts, *_of_test(starts))) for one in failed] or _tested(starts)
    return [*tested, *([] if told else _quota(starts.quotas))]


def _of_test(starts: Starts) -> list[Fact]:
    return [Fact("The bot’s own test", summary(starts.test))] if starts.test else []


def _tested(starts: Starts) -> list[Finding]:
    """Return the finding where only some starts failed, and the bot's own test fails as well."""
    if starts.test is None or starts.test.passed:
        return []
    return [
        Finding(
            key="starts test",
            severity=Severity.CRITICAL,
            title="The hub does not work for a user",
            cause=f"Starts of servers failed, so the bot made one of its own. It failed at “{starts.test.failed}”. "
            f"{starts.test.cause}",
            facts=(Fact("Image tag", starts.test.tag),),
            advice=("/jhub test tests it again.",),
            buttons=(typing("Test the hub", "/jhub test"), _LOG),
        )
    ]


def _logged(starts: Starts) -> list[Finding]:
    """Return the finding about starts that the log has, with the cause that most of them share."""
    refused = starts.log.refused
    (reason, shared), *others = Counter(one.reason for one in refused).most_common()
    typical = next(one.trouble for one in refused if one.reason == reason)
    step = typical.step
    users = tuple(dict.fromkeys(one.user for one in refused if one.user))
    more = f" {shared} of {len(refused)} failed so." if others else ""
    return [
        Finding(
            key="starts refused",
            severity=Severity.CRITICAL,
            title="Server starts keep failing",
            cause=typical.words + more,
            facts=(Fact("Failed starts", f"{len(refused)} within 10 minutes"), *_of_quotas(starts, typical.cause)),
            advice=(typical.way,) if typical.way else ("/jhub why <user> explains one of them.",) if users else (),
            buttons=(
                *((typing(step.title, step.line),) if step else ()),
                *((typing("Why", f"/jhub why {quoted(users[-1])}"),) if users else ()),
            ),
            subjects=users,
        )
    ]


def _of_quotas(starts: Starts, cause: Cause) -> list[Fact]:
    """Return how full the quotas are, beside starts that one of them refused."""
    return [Fact("Quota", one.words) for one in starts.quotas if one.refuses][:_MANY] if cause is Cause.QUOTA else []


def _counted(starts: Starts) -> list[Finding]:
    """Return the finding about starts that failed by the hub's counters, and of which its log says nothing."""
    counts = starts.counts or SpawnCounts()
    failed = counts.failed + counts.turned_away
    unseen = failed - _COUNTED * starts.log.failures
    if unseen + len(starts.log.refused) < _MANY:
        return []
    refusing = [one.words for one in starts.quotas if one.refuses and one.is_for_all]
    away = f" {counts.turned_away} of them it turned away because of a limit of its own." if counts.turned_away else ""
    why = refusing[0] if refusing else "Its log says nothing of why."
    return [
        Finding(
            key="starts refused",
            severity=Severity.CRITICAL,
            title="Server starts keep failing",
            cause=f"The hub counts starts that failed, and its log does not have them.{away} {why}",
            facts=(
                Fact("Failed starts", f"{failed} within 10 minutes, as the hub counts them"),
                Fact("Successful starts", str(counts.started)),
            ),
            advice=("Somebody who could not start a server saw the reason on the hub’s page.",),
            buttons=(_LOG, typing("Show active users", "/jhub users --active")),
        )
    ]


def _quota(quotas: Sequence[QuotaTrouble]) -> list[Finding]:
    """Return the finding that a quota or limit range refuses the next start, or soon will."""
    if not quotas:
        return []
    worst, *others = quotas
    return [
        Finding(
            key="starts quota",
            severity=Severity.WARNING if worst.refuses else Severity.NOTE,
            title=_title(worst),
            cause=worst.words,
            facts=tuple(Fact("Also", one.words) for one in others[:_MANY]),
            advice=(worst.way,),
            buttons=(typing("Show active users", "/jhub users --active"), typing("Check everything", "/jhub doctor")),
        )
    ]


def _title(worst: QuotaTrouble) -> str:
    if not worst.refuses:
        return "There is room for few more servers"
    if worst.is_for_all:
        return "The next server start would be refused"
    return "A home for a new user would be refused" if worst.of_homes else "Starts with some profiles would be refused"


WATCHER = Watcher(
    "starts",
    look,
    every=timedelta(minutes=1),
    dwell=timedelta(0),
    clear=timedelta(minutes=1),
)
