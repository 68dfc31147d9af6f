"""Points in time ahead, as people write them: `17:00`, `fri 18:00`, `2026-12-04T18:00`, `2026-12-04`, `3d`.

What has no zone is of the bot's time zone. A time that the clocks skip there, or show twice, is not guessed at.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Self
from zoneinfo import ZoneInfo

from commands.timing import durations
from commands.timing.hours import DAYS
from commands.timing.iso_moments import IsoMoment, with_offset

_CLOCK: Final = r"(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)"
_TIME: Final = re.compile(rf"(?:(?P<day>{'|'.join(DAYS)})[a-z]{{0,6}}\s+)?{_CLOCK}", re.IGNORECASE)
_DATE: Final = re.compile(
    rf"(?P<date>\d{{4}}-\d\d-\d\d)(?:[T ]{_CLOCK}(?P<zone>Z|[+-]\d\d:\d\d)?)?",
    re.IGNORECASE,
)
_LONGEST: Final = 40
_SHAPE: Final = "type a time as in 17:00, “fri 18:00”, 2026-12-04T18:00, 2026-12-04T18:00+01:00 or 3d"


class FutureTime(str):
    """A point in time as it was typed; `moment` says which it is."""

    __slots__ = ()
    noun = "a point in time"
    placeholder = "time"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept a time of the day or the week, a date with or without one, or a length from now. Raise ValueError."""
        words = " ".join(text.split())
        if len(words) > _LONGEST or not (_is_length(words) or _TIME.fullmatch(words) or _is_date(words)):
            raise ValueError(_SHAPE)
        return cls(words)

    @property
    def is_length(self) -> bool:
        """True if it is a length from now, so that it is another moment with each minute."""
        return _is_length(self)

    def moment(self, now: datetime, zone: str) -> datetime:
        """Return the moment in UTC; a time without a date is the next such one. Raise ValueError if `zone` has no such.

        It may be gone by.
        """
        if self.is_length:
            return now + durations.parse(self)
        there = now.astimezone(ZoneInfo(zone))
        if found := _TIME.fullmatch(self):
            return _next(found, there, zone)
        written = _DATE.fullmatch(self)
        if written is None:
            raise AssertionError("unreachable: parse has accepted it")
        day = date.fromisoformat(written["date"])
        if written["hour"] is None:
            # Up to a day: with all of it.
            return _of_zone(datetime.combine(day + timedelta(days=1), time()), zone)
        wall = datetime.combine(day, time(int(written["hour"]), int(written["minute"])))
        if written["zone"]:
            return datetime.fromisoformat(f"{wall.isoformat()}{written['zone'].upper()}").astimezone(UTC)
        return _of_zone(wall, zone)


def _is_length(text: str) -> bool:
    try:
        return timedelta(0) < durations.parse(text)
    except ValueError:
        return False


def _is_date(text: str) -> bool:
    found = _DATE.fullmatch(text)
    if found is None:
        return False
    try:
        # The day after it has to exist as well, and so has its moment in UTC.
        date.fromisoformat(found["date"]) + timedelta(days=2)
        datetime.fromisoformat(f"2026-01-01T00:00{(found['zone'] or 'Z').upper()}")
    except (ValueError, OverflowError):
        return False
    return found["date"] >= "2000-01-01"


def _next(found: "re.Match[str]", there: datetime, zone: str) -> datetime:
    """Return the next time of that hour, on that day of the week if one is named."""
    clock = time(int(found["hour"]), int(found["minute"]))
    ahead = (DAYS.index(found["day"].lower()) - there.weekday()) % 7 if found["day"] else 0
    wall = datetime.combine(there.date() + timedelta(days=ahead), clock)
    if wall <= there.replace(tzinfo=None):
        wall += timedelta(days=7 if found["day"] else 1)
    return _of_zone(wall, zone)


def _of_zone(wall: datetime, zone: str) -> datetime:
    """Return the moment at which clocks in the zone show `wall`. Raise ValueError if they skip it, or show it twice."""
    typed = IsoMoment(f"{wall:%Y-%m-%dT%H:%M}")
    match typed.instants(zone):
        case (one,):
            return one
        case ():
            raise ValueError(
                f"clocks in {zone} are put forward over {wall:%H:%M} on {wall:%Y-%m-%d}; "
                f"type {typed.after_the_gap(zone)}"
            )
        case both:
            first, second = (with_offset(one, zone) for one in both)
            raise ValueError(f"clocks in {zone} show {wall:%H:%M} twice on {wall:%Y-%m-%d}; type {first} or {second}")
