"""Schedules and their occurrences, as they are on record.

An occurrence is announced, then beginning, begun and ended; or it is skipped, on a holiday, missed or dropped.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from bot.chat.platform import Person
from bot.store.timestamps import written


class ScheduleState(Enum):
    """State of a schedule."""

    ACTIVE = "active"
    STILL = "stands still"
    REMOVED = "removed"


class OccurrenceState(Enum):
    """State of an occurrence."""

    ANNOUNCED = "announced"
    BEGINNING = "beginning"
    BEGUN = "begun"
    ENDED = "ended"
    SKIPPED = "skipped"
    HOLIDAY = "holiday"
    MISSED = "missed"
    DROPPED = "dropped"

    @property
    def is_over(self) -> bool:
        """True in the final states."""
        return self not in (OccurrenceState.ANNOUNCED, OccurrenceState.BEGINNING, OccurrenceState.BEGUN)


@dataclass(frozen=True)
class ScheduleRecord:
    """Change that recurs, or runs once, then with a `Once` for its cron line.

    `seen_to` is up to when its times were looked at; `why` it is suspended or removed. `event` is the key of the event
    that it belongs to, empty for one that somebody added.
    """

    id: str
    cron: str
    line: str
    command: str
    creator: Person
    approvers: tuple[Person, ...]
    place: str
    conversation: str
    reason: str
    created: datetime
    seen_to: datetime
    state: ScheduleState = ScheduleState.ACTIVE
    why: str = ""
    event: str = ""


@dataclass(frozen=True)
class Occurrence:
    """One time of a schedule: `due` by its cron line, `at` when it runs; `others` were missed together with it."""

    schedule: str
    due: datetime
    at: datetime
    state: OccurrenceState = OccurrenceState.ANNOUNCED
    decider: str = ""
    change: str = ""
    outcome: str = ""
    card: str = ""
    shown: str = ""
    claimed: datetime | None = None
    others: int = 0

    @property
    def card_state(self) -> str:
        """Short form of what its card says: another one when the card must be edited."""
        return f"{self.state.value} {written(self.at)}"
