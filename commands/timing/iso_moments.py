"""Moments as people type them: a date and a time in ISO 8601, with an offset from UTC or by the clock of a zone."""

import re
from datetime import UTC, datetime
from typing import Final, Self
from zoneinfo import ZoneInfo

_SHAPE: Final = re.compile(
    r"(2[01]\d\d-\d\d-\d\d)[T ](\d\d:\d\d)(?::\d\d)?(?:([Zz])|([+-]\d\d):?(\d\d))?", re.IGNORECASE | re.ASCII
)


class IsoMoment(str):
    """A date and a time to the minute, such as `2026-12-03T09:00` or `2026-12-03T09:00+01:00`."""

    __slots__ = ()
    noun = "a date and a time"
    placeholder = "time"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept ISO 8601 with hours and minutes; seconds are dropped. Raise ValueError."""
        found = _SHAPE.fullmatch(text.strip())
        if found is None:
            raise ValueError("type date and time as in 2026-12-03T09:00, or with an offset, 2026-12-03T09:00+01:00")
        day, hour, utc, hours, minutes = found.groups()
        written = f"{day}T{hour}" + ("+00:00" if utc else f"{hours}:{minutes}" if hours else "")
        try:
            datetime.fromisoformat(written)
        except ValueError:
            raise ValueError("there is no such date or time; type it as in 2026-12-03T09:00") from None
        return cls(written)

    @property
    def has_offset(self) -> bool:
        """True if it says how far from UTC it is, and so needs no time zone."""
        return self._read.tzinfo is not None

    def instants(self, zone: str) -> tuple[datetime, ...]:
        """Return which instants it is in that zone, in UTC: none in an hour that the clocks skip, two in a repeated."""
        if self.has_offset:
            return (self._read.astimezone(UTC),)
        there = ZoneInfo(zone)
        both = [self._read.replace(tzinfo=there, fold=fold).astimezone(UTC) for fold in (0, 1)]
        real = [one for one in both if one.astimezone(there).replace(tzinfo=None) == self._read]
        return tuple(dict.fromkeys(real))

    def after_the_gap(self, zone: str) -> str:
        """Return what clocks show instead of a time that they skip, as it is typed."""
        there = ZoneInfo(zone)
        instead = self._read.replace(tzinfo=there).astimezone(UTC).astimezone(there)
        return f"{instead:%Y-%m-%dT%H:%M}"

    @property
    def _read(self) -> datetime:
        return datetime.fromisoformat(self)


def with_offset(instant: datetime, zone: str) -> str:
    """Return the instant as it is typed with the offset of a zone: `2026-10-25T02:30+01:00`."""
    return instant.astimezone(ZoneInfo(zone)).isoformat(timespec="minutes")
