"""A time of a schedule that comes once: written `@2026-12-03T08:00:00+00:00` where others have a cron line."""

from datetime import UTC, datetime
from typing import Final, Self

SIGN: Final = "@"


class Once(str):
    """A moment, in the place of a cron line."""

    __slots__ = ()

    @classmethod
    def at(cls, moment: datetime) -> Self:
        """Return the line for a moment, to the second."""
        return cls(SIGN + moment.astimezone(UTC).replace(microsecond=0).isoformat())

    @property
    def moment(self) -> datetime:
        """The moment, in UTC."""
        return datetime.fromisoformat(self.removeprefix(SIGN))
