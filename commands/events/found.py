"""Events by their names, as people type them."""

from collections.abc import Sequence
from datetime import datetime
from difflib import get_close_matches

from commands.events.arguments import EventName
from commands.framework.argument_types import folded
from commands.framework.errors import UserError
from commands.framework.usage import line_of
from commands.ports.context import Reads
from commands.ports.events import PlannedEvent

LIST = "/jhub event list"


async def event_of(name: EventName, reads: Reads, command: str) -> PlannedEvent:
    """Return the event of that name, in any case. Raise UserError with lines of `command` for similar ones."""
    there = await reads.events.all()
    found = named(name, there)
    if found is None:
        near = get_close_matches(folded(name), [folded(one.name) for one in there], n=2, cutoff=0.4)
        lines = [line_of(command, (one.name,)) for one in there if folded(one.name) in near]
        raise UserError(f"There is no event “{name}”.", *lines, LIST)
    return found


def named(name: str, events: Sequence[PlannedEvent]) -> PlannedEvent | None:
    """Return the event of that name among these; None where there is none."""
    return next((one for one in events if folded(one.name) == folded(name)), None)


def overlap(one: PlannedEvent, other: PlannedEvent) -> bool:
    """Return True if both hold nodes at the same time."""
    return held_from(one) < other.ends and held_from(other) < one.ends


def held_from(event: PlannedEvent) -> datetime:
    """Return when the event holds nodes from: when it opens, or has been opened before that."""
    return event.opens if event.opened is None else min(event.opens, event.opened)


def run_line(command: str, event: str) -> str:
    """Return the line that a schedule has for a run of the event."""
    return line_of(command, (event,)).removeprefix("/jhub ")
