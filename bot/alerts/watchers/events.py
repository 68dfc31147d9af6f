"""Events: those that are over and whose pool nobody has set back, and those that nobody will make room for."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.alerts.finding import Finding, Severity, Watcher
from cards.times import minute
from cards.views import ButtonStyle, Fact, typing
from commands.framework.argument_types import folded
from commands.framework.usage import line_of
from commands.ports.context import Reads
from commands.ports.events import PlannedEvent
from commands.ports.schedules import Schedule

# What runs at the end is done by then.
_AT_ONCE: Final = timedelta(minutes=15)
# It is tried again and again, and somebody may have postponed it; after so long that is worth a word all the same.
_AT_LAST: Final = timedelta(hours=6)


async def look(reads: Reads) -> Sequence[Finding]:
    """Read the bot's own records. Raise Unavailable where they do not answer."""
    events, schedules = await asyncio.gather(reads.events.all(), reads.schedules.all())
    return judge(events, schedules, reads.now)


def judge(events: Sequence[PlannedEvent], schedules: Sequence[Schedule], now: datetime) -> list[Finding]:
    """Return a finding for each event that is in trouble. Pure."""
    return [found for event in events for found in _of_event(event, _its(event, schedules), now)]


def _its(event: PlannedEvent, schedules: Sequence[Schedule]) -> list[Schedule]:
    return [one for one in schedules if one.event == folded(event.name)]


def _of_event(event: PlannedEvent, its: Sequence[Schedule], now: datetime) -> Iterator[Finding]:
    late = now - event.ends
    coming = any(one.next is not None for one in its)
    if late >= (_AT_LAST if coming else _AT_ONCE):
        yield _held(event)
    elif now < event.ends and (why := next((one.why for one in its if one.why), "")):
        yield _suspended(event, why)


def _held(event: PlannedEvent) -> Finding:
    line = line_of("event remove", (event.name,))
    return Finding(
        key=f"held {folded(event.name)}",
        severity=Severity.WARNING,
        title=f"“{event.name}” is over, and its pool is not set back",
        cause=f"What sets {event.pool} back was skipped, is suspended, or does not succeed. Until it does, the pool "
        "keeps the nodes of the event, which cost money.",
        facts=(Fact("Over since", minute(event.ends)), Fact("Pool", event.pool)),
        advice=(f"{line} sets it back, and says what stands in the way. No server is stopped for that.",),
        buttons=(typing("Remove the event", line, ButtonStyle.POSITIVE),),
    )


def _suspended(event: PlannedEvent, why: str) -> Finding:
    return Finding(
        key=f"suspended {folded(event.name)}",
        severity=Severity.WARNING,
        title=f"Nobody will make room for “{event.name}”",
        cause=f"What the bot was to do for it is suspended: {why}.",
        facts=(Fact("Starts", minute(event.starts)), Fact("Added by", event.creator)),
        advice=(
            f"{line_of('event start', (event.name,))} makes room now.",
            "For the rest, somebody who may do that removes the event and adds it again.",
        ),
        buttons=(typing("Show all events", "/jhub event list"),),
    )


WATCHER = Watcher("events", look, timedelta(minutes=1), dwell=timedelta(0), clear=timedelta(0))
