"""Hours of the day and times of the week, as people write them."""

import re
from dataclasses import dataclass
from datetime import time
from typing import Final, Self

_HOURS: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\s*[-–]\s*([01]\d|2[0-3]):([0-5]\d)")
_TIME: Final = re.compile(r"(mon|tue|wed|thu|fri|sat|sun)[a-z]*\s+([01]\d|2[0-3]):([0-5]\d)", re.IGNORECASE)
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Hours:
    """A period of the day from `start` up to `end`; over midnight where `start` is the later one."""

    start: time
    end: time

    @classmethod
    def parse(cls, text: object) -> Self:
        """Return the hours written as 22:00-07:00. Raise ValueError."""
        found = _HOURS.fullmatch(str(text).strip())
        if found is None:
            raise ValueError("hours are written as 22:00-07:00")
        first, second, third, fourth = (int(part) for part in found.groups())
        made = cls(time(first, second), time(third, fourth))
        if made.start == made.end:
            raise ValueError("these hours begin and end at the same time; hours are written as 22:00-07:00")
        return made

    def covers(self, moment: time) -> bool:
        """Return True if a time of the day is within the hours."""
        if self.start <= self.end:
            return self.start <= moment < self.end
        return moment >= self.start or moment < self.end


@dataclass(frozen=True)
class Weekly:
    """A time once a week; `day` counts from 0, a Monday."""

    day: int
    at: time

    @classmethod
    def parse(cls, text: object) -> Self:
        """Return the time written as Mon 09:00. Raise ValueError."""
        found = _TIME.fullmatch(str(text).strip())
        if found is None:
            raise ValueError("a time of the week is written as Mon 09:00, or off for none")
        return cls(DAYS.index(found[1].lower()), time(int(found[2]), int(found[3])))

    @property
    def cron(self) -> str:
        """The time as a cron line of five fields."""
        return f"{self.at.minute} {self.at.hour} * * {DAYS[self.day]}"
