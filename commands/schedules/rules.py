"""The commands that a schedule may run, and schedules as people read them."""

from collections.abc import Sequence
from datetime import datetime

from commands.framework.command import AnyChange, Command, Query
from commands.framework.errors import UserError
from commands.framework.parser import Parsed, parse
from commands.ports.schedules import Schedule
from commands.timing.cron import Cron, Timetable
from commands.timing.once import Once

_EXAMPLE = '/jhub schedule add "0 19 * * 1-5" scale 0'


def inner(line: str, catalogue: Sequence[Command]) -> Parsed:
    """Return the change in a schedule's line. Raise UserError for one that is none, or may not run unattended."""
    parsed = parse(line, catalogue)
    if parsed is None:
        raise UserError("The schedule has no command to run.", _EXAMPLE)
    refuse(parsed.command)
    if parsed.emergency:
        raise UserError("A schedule cannot be an emergency: nobody would be there to stop it.", _EXAMPLE)
    return parsed


def refuse(command: Command) -> None:
    """Raise UserError for a command that no schedule may run."""
    if isinstance(command, Query):
        raise UserError(f"“{command.name}” changes nothing, and only changes can be scheduled.", _EXAMPLE)
    if command.destroys:
        raise UserError(f"“{command.name}” deletes data: a person has to ask for that each time.", _EXAMPLE)
    if not command.schedulable:
        raise UserError(f"“{command.name}” is about the bot’s own work, which cannot be scheduled.", _EXAMPLE)


def change_of(line: str, catalogue: Sequence[Command]) -> AnyChange:
    """Return the change itself, as `inner` finds it. Raise UserError."""
    command = inner(line, catalogue).command
    assert not isinstance(command, Query)  # noqa: S101 - `inner` has refused those
    return command


def times(cron: Cron | Once, timetable: Timetable, now: datetime, count: int = 3) -> list[datetime]:
    """Return its next times, holidays left out: fewer than `count` where only holidays are near."""
    if isinstance(cron, Once):
        return [cron.moment] if cron.moment > now else []
    found: list[datetime] = []
    for moment in timetable.next(cron, now, count + 40):
        if not timetable.is_holiday(moment):
            found.append(moment)
        if len(found) == count:
            break
    return found


def named(schedule: Schedule) -> str:
    """Return the schedule in a few words."""
    return f"“/jhub {schedule.line}” at “{schedule.cron}”"
