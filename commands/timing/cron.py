"""Cron lines, and the time zone and holidays they are read with.

A line has the five fields of cron (Vixie's, as croniter 7 reads them): minute, hour, day of the month, month, day of
the week. Where both days are restricted, either one is enough.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import islice, pairwise
from typing import Final, Self
from zoneinfo import ZoneInfo

from croniter import CroniterBadDateError, CroniterError, croniter  # type: ignore[import-untyped] # it has no types

from commands.timing.once import SIGN, Once

# Changes take minutes, and each is announced: what comes more often is a mistake, or an attack on the channel.
OFTENEST: Final = timedelta(minutes=15)
# No field's pattern hides its closest two times longer than this.
_LOOKED_AT: Final = 200
_LONGEST: Final = 100
_VALUE: Final = r"(\d{1,2}|[a-z]{3})"
_PART: Final = rf"(\*|{_VALUE}(-{_VALUE})?)(/\d{{1,2}})?"
_FIELD: Final = re.compile(rf"{_PART}(,{_PART})*")
_SHAPE: Final = 'type five fields in quotation marks, minute, hour, day, month and weekday, as in "0 19 * * 1-5"'
# What comes once and is over comes never.
_NEVER: Final = datetime.max.replace(tzinfo=UTC)
# Clocks are put forward or back by less than this.
_SHIFT: Final = timedelta(hours=3)


class Cron(str):
    """A cron line such as `0 19 * * 1-5`, at most every 15 minutes, with months and weekdays also by name."""

    __slots__ = ()
    noun = "a usable cron line"
    placeholder = "cron"
    # As many words as it is where somebody forgets the quotation marks.
    spread = 5

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept a line that fires, and not too often. Raise ValueError."""
        if len(text) > _LONGEST:
            raise ValueError(f"it may have at most {_LONGEST} characters")
        fields = text.lower().split()
        if len(fields) != 5 or not all(map(_FIELD.fullmatch, fields)):  # noqa: PLR2004 - named in the message
            raise ValueError(_SHAPE)
        line = cls(" ".join(fields))
        if _closest(line) < OFTENEST:
            raise ValueError("a schedule runs at most every 15 minutes")
        return line

    def times(self, start: datetime) -> Iterator[datetime]:
        """Yield the local times (naive) after `start` (naive). Raise ValueError where there is none."""
        times = croniter(str(self), start)
        while True:
            yield times.get_next(datetime)


def times_of(line: str) -> Cron | Once:
    """Return the line of a stored schedule as what it is: a cron line, or a moment."""
    return Once(line) if line.startswith(SIGN) else Cron(line)


# A change that schedules is read anew in each of its phases.
@lru_cache(maxsize=1_000)
def _closest(line: Cron) -> timedelta:
    """Return the shortest interval between its times. Raise ValueError where it has none."""
    # Any year will do: in 50 of them, which is how far is looked, every date there is comes.
    try:
        times = list(islice(line.times(datetime(2026, 1, 1)), _LOOKED_AT))  # noqa: DTZ001 - a clock on a wall
    except CroniterBadDateError:
        raise ValueError("it never fires: there is no such date") from None
    except CroniterError as error:
        raise ValueError(_reason(error)) from None
    return min(after - before for before, after in pairwise(times))


def _reason(error: Exception) -> str:
    text = str(error)
    return "a field’s value is out of its range" if "range" in text else "a field cannot be read"


# Replicas ask for the same next time every few seconds.
@lru_cache(maxsize=1_000)
def _after(line: Cron, name: str, moment: datetime) -> datetime:
    zone = ZoneInfo(name)
    local = moment.astimezone(zone).replace(tzinfo=None)
    found: datetime | None = None
    for wall in line.times(local - _SHIFT):
        there = wall.replace(tzinfo=zone).astimezone(UTC)
        if there > moment and (found is None or there < found):
            found = there
        if found is not None and wall > local + _SHIFT:
            return found
    raise AssertionError("unreachable: cron lines go on for ever")


@dataclass(frozen=True)
class Holidays:
    """Days on which nothing runs, the first and the last of them included."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True)
class Timetable:
    """The interpretation of cron lines: an IANA time zone, holidays, and the time between notice and run."""

    zone: str = "UTC"
    holidays: tuple[Holidays, ...] = ()
    notice: timedelta = timedelta(minutes=15)

    def after(self, line: Cron | Once, moment: datetime) -> datetime:
        """Return the next time after `moment`, in UTC; the end of time where there is none.

        A time that the clocks skip comes as much later as they are put forward (02:30 at 03:30); one that they show
        twice comes the first time. So each comes once.
        """
        if isinstance(line, Once):
            return line.moment if line.moment > moment else _NEVER
        return _after(line, self.zone, moment)

    def next(self, line: Cron, moment: datetime, count: int) -> list[datetime]:
        """Return the next `count` times after `moment`, in UTC."""
        found: list[datetime] = []
        for _ in range(count):
            moment = self.after(line, moment)
            found.append(moment)
        return found

    def rests(self, line: Cron | Once, due: datetime) -> bool:
        """Return True if a schedule does not run then because of a holiday: what somebody set for that day does."""
        return not isinstance(line, Once) and self.is_holiday(due)

    def is_holiday(self, moment: datetime) -> bool:
        """Return True if the moment is on a holiday in the time zone."""
        return any(self.day(moment) in one for one in self.holidays)

    def day(self, moment: datetime) -> date:
        """Return the moment's day in the time zone."""
        return moment.astimezone(ZoneInfo(self.zone)).date()

    def when(self, line: str) -> str:
        """Return when a schedule runs, as people read it: its cron line with the time zone, or its only moment."""
        times = times_of(line)
        return self.shown(times.moment) if isinstance(times, Once) else f"{line} ({self.zone})"

    def shown(self, moment: datetime) -> str:
        """Return the moment as people read it: `Wed 2026-11-25 19:00 Europe/Berlin`."""
        return f"{moment.astimezone(ZoneInfo(self.zone)):%a %Y-%m-%d %H:%M} {self.zone}"

    def span(self, first: datetime, last: datetime) -> str:
        """Return both moments as people read them: `Wed 2026-11-25 19:00–21:00 Europe/Berlin`."""
        begin, end = (one.astimezone(ZoneInfo(self.zone)) for one in (first, last))
        until = f"–{end:%H:%M}" if begin.date() == end.date() else f" – {end:%a %Y-%m-%d %H:%M}"
        return f"{begin:%a %Y-%m-%d %H:%M}{until} {self.zone}"

    def hour(self, moment: datetime) -> str:
        """Return the time of the moment without the day: `19:00 Europe/Berlin`."""
        return f"{moment.astimezone(ZoneInfo(self.zone)):%H:%M} {self.zone}"
