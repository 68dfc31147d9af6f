"""The times of an event as they are typed, held against the clock and the time zone of the schedules."""

from datetime import datetime, timedelta
from typing import Final

from commands.framework.errors import UserError
from commands.timing.cron import Timetable
from commands.timing.durations import spoken
from commands.timing.iso_moments import IsoMoment, with_offset

# How long an event lasts unless it is said.
USUAL: Final = timedelta(hours=2)
# As far as anybody plans, and as long as nodes may be held.
_FARTHEST: Final = timedelta(days=400)
_LONGEST: Final = timedelta(days=14)


def instant(moment: IsoMoment, timetable: Timetable, line: str) -> datetime:
    """Return the instant, in UTC. Raise UserError in an hour that the clocks skip or repeat.

    `line` is what to type instead, with {} for the time.
    """
    found = moment.instants(timetable.zone)
    day, hour = moment.split("T")
    if not found:
        instead = moment.after_the_gap(timetable.zone)
        raise UserError(
            f"In {timetable.zone} there is no {hour} on {day}: the clocks are put forward over it.",
            line.format(instead),
        )
    if len(found) > 1:
        raise UserError(
            f"In {timetable.zone} it is {hour} twice on {day}, as the clocks are put back. Say which with the offset:",
            *(line.format(with_offset(one, timetable.zone)) for one in found),
        )
    return found[0]


def check_times(starts: datetime, ends: datetime, now: datetime, timetable: Timetable) -> None:
    """Raise UserError for times that are over, turned round, too far off or too long."""
    if starts <= now:
        raise UserError(f"{timetable.shown(starts)} is over: it is {timetable.shown(now)}.")
    if starts - now > _FARTHEST:
        raise UserError(f"{timetable.shown(starts)} is too far off: an event is at most {_FARTHEST.days} days ahead.")
    if ends <= starts:
        raise UserError(f"It would end before it starts: at {timetable.shown(ends)}, after {timetable.shown(starts)}.")
    if ends - starts > _LONGEST:
        raise UserError(
            f"An event lasts at most {spoken(_LONGEST)}, since its nodes cost money all the time; this would last "
            f"{spoken(ends - starts)}."
        )
