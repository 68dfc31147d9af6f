"""The schedules, and the next time of each."""

from dataclasses import dataclass

from cards.times import minute
from cards.views import Cell, Column, Notice, Status, Table, Tone, View
from commands.framework.command import Level, NoArgs, Query, Topic
from commands.ports.context import Reads
from commands.ports.schedules import Schedule

_COLUMNS = (
    Column("Id", 3),
    Column("When", 3),
    Column("What", 4),
    Column("Next time", 4),
    Column("By", 3),
    Column("State", 4),
)


@dataclass(frozen=True)
class Args(NoArgs):
    """The command takes no arguments."""


async def run(args: Args, reads: Reads) -> View:
    """Return a row for each schedule."""
    del args
    there, timetable = await reads.schedules.all(), reads.schedules.timetable
    if not there:
        return Notice("No schedules", '/jhub schedule add "0 19 * * 1-5" scale 0 adds one.')
    still = sum(bool(one.why) for one in there)
    skipped = " Skipped on holidays." if timetable.holidays else ""
    return Status(
        "Schedules",
        f"{_counted(len(there))}, in the time zone {timetable.zone}.{skipped}",
        Tone.WARNING if still else Tone.NOTE,
        (f"{_counted(still)} suspended: remove, then add again what should run.",) if still else (),
        (Table(_COLUMNS, tuple(_row(one, reads) for one in there)),),
        minute(reads.now),
    )


def _counted(count: int) -> str:
    return "1 schedule" if count == 1 else f"{count} schedules"


def _row(schedule: Schedule, reads: Reads) -> tuple[Cell, ...]:
    following = reads.schedules.timetable.shown(schedule.next) if schedule.next else "—"
    state = Cell(f"suspended: {schedule.why}", Tone.BAD) if schedule.why else Cell("active", Tone.GOOD)
    return (
        Cell(schedule.id),
        Cell("once" if schedule.event else schedule.cron),
        Cell(f"/jhub {schedule.line}"),
        Cell(f"{following} (postponed)" if schedule.later else following),
        Cell(schedule.creator),
        state,
    )


COMMAND = Query(
    "schedule list",
    "List the scheduled changes: what runs, when next, and who set it up.",
    Level.VIEWER,
    run,
    Args,
    details="“/jhub schedule remove <id>” removes one. To skip or postpone a single run, use the buttons on its "
    "announcement.",
    topic=Topic.BOT,
    rank=6,
)
