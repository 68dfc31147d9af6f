"""Points in time ahead that a plan is made of: checked against now, and what consent to them is bound to."""

from datetime import datetime, timedelta

from commands.framework.errors import UserError
from commands.timing.cron import Timetable
from commands.timing.durations import spoken
from commands.timing.moments import FutureTime


def until(typed: FutureTime, now: datetime, timetable: Timetable, longest: timedelta, example: str) -> datetime:
    """Return the moment that was typed, to the minute.

    Raise UserError for one that is gone by, too far ahead, or not to be told.
    """
    try:
        moment = typed.moment(now, timetable.zone)
    except ValueError as error:
        raise UserError(f"“{typed}” is not clear: {error}.", example) from None
    if moment <= now:
        raise UserError(f"“{typed}” is gone by: it is {timetable.shown(now)}.", example)
    if moment - now > longest:
        raise UserError(f"That is more than {spoken(longest)} ahead, which is the limit.", example)
    # As cards show it.
    return moment.replace(second=0, microsecond=0)


def bound(typed: FutureTime, moment: datetime) -> str:
    """Return what consent is bound to: the length as it was typed, or else the moment that it meant then."""
    return typed if typed.is_length else moment.isoformat()
