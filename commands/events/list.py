"""`/jhub event list`: the events, what they need, and what becomes of each next."""

from dataclasses import dataclass

from cards.times import minute
from cards.views import Cell, Column, Notice, Status, Table, Tone, View
from commands.framework.command import Level, NoArgs, Query, Topic
from commands.nodes.pools import nodes_in_words
from commands.ports.context import Reads
from commands.ports.events import PlannedEvent
from commands.timing.durations import spoken

COLUMNS = (
    Column("Event", 4),
    Column("When", 5),
    Column("People", 3, numeric=True),
    Column("Nodes", 3),
    Column("By", 3),
    Column("State", 4),
)


@dataclass(frozen=True)
class Args(NoArgs):
    """The command takes no arguments."""


async def run(args: Args, reads: Reads) -> View:
    """Return a row for each event."""
    del args
    there = await reads.events.all()
    if not there:
        return Notice("No events", '/jhub event add "Intro to Python" 2027-03-01T09:00 --people 120 adds one.')
    over = [one for one in there if one.ends <= reads.now]
    return Status(
        "Events",
        f"{_counted(len(there))}, in the time zone {reads.schedules.timetable.zone}",
        Tone.WARNING if over else Tone.NOTE,
        tuple(f"“{one.name}” is over, and its pool is not set back yet." for one in over),
        (Table(COLUMNS, tuple(_row(one, reads) for one in there)),),
        minute(reads.now),
    )


def _counted(count: int) -> str:
    return "1 event" if count == 1 else f"{count} events"


def _row(event: PlannedEvent, reads: Reads) -> tuple[Cell, ...]:
    timetable = reads.schedules.timetable
    return (
        Cell(event.name),
        Cell(timetable.span(event.starts, event.ends).removesuffix(f" {timetable.zone}")),
        Cell(f"{event.people:,}"),
        Cell(f"{nodes_in_words(event.nodes)} of {event.pool}"),
        Cell(event.creator),
        _state(event, reads),
    )


def _state(event: PlannedEvent, reads: Reads) -> Cell:
    if event.ends <= reads.now:
        return Cell("over, not put back yet", Tone.WARNING)
    if event.starts <= reads.now:
        return Cell("on now", Tone.WORKING)
    if event.opens <= reads.now:
        return Cell("being made ready", Tone.WORKING)
    return Cell(f"in {spoken(event.starts - reads.now)}")


COMMAND = Query(
    "event list",
    "List the events for which nodes are kept ready.",
    Level.VIEWER,
    run,
    Args,
    details="“/jhub event check” says whether one will work.",
    topic=Topic.NODES,
    rank=21,
)
