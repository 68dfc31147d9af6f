"""A freeze in words, and the time until which one may be asked for."""

from datetime import datetime, timedelta
from typing import Final

from cards.times import minute, timed
from cards.views import Fact, Facts
from commands.framework.errors import UserError
from commands.ports.context import Reads
from commands.ports.freezes import Freeze
from commands.timing.durations import spoken
from commands.timing.moments import FutureTime


def until(typed: FutureTime, reads: Reads, longest: timedelta, example: str) -> datetime:
    """Return the moment that was typed. Raise UserError for one that is gone by, too far, or not to be told."""
    zone = reads.schedules.timetable.zone
    try:
        moment = typed.moment(reads.now, zone)
    except ValueError as error:
        raise UserError(f"“{typed}” is not clear: {error}.", example) from None
    if moment <= reads.now:
        shown = reads.schedules.timetable.shown
        raise UserError(f"{shown(moment)} is gone by: it is {shown(reads.now)}.", example)
    if moment - reads.now > longest:
        raise UserError(f"That is more than {spoken(longest)} ahead, which is the limit.", example)
    # As cards show it.
    return moment.replace(second=0, microsecond=0)


def bound(typed: FutureTime, moment: datetime) -> str:
    """Return what consent is bound to: the length as it was typed, or else the moment that it meant then."""
    return typed if typed.is_length else moment.isoformat()


def in_words(freeze: Freeze) -> str:
    """Return the freeze as a sentence: what for, by whom, until when."""
    return timed(f"“{freeze.reason}”, by {freeze.by}, until ", minute(freeze.until), ".")


def facts(freeze: Freeze) -> Facts:
    """Return the freeze as facts."""
    return Facts(
        (
            Fact("Reason", freeze.reason),
            Fact("By", freeze.by),
            Fact("Since", minute(freeze.since)),
            Fact("Until", minute(freeze.until)),
        )
    )


LONGEST: Final = timedelta(days=90)
