"""What commands may ask of alerts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class AlertSeen:
    """An alert, as people read it. `severity` is note, warning or critical; `over` is None while it lives."""

    id: str
    watcher: str
    severity: str
    title: str
    cause: str
    since: datetime
    over: datetime | None
    snoozed_until: datetime | None
    seen_to_by: str
    flapping: bool


@dataclass(frozen=True)
class AlertChannel:
    """A conversation that gets alerts: from a severity on, of some watchers or (empty) of all."""

    conversation: str
    minimum: str
    only: tuple[str, ...]
    by: str


class AlertReads(Protocol):
    """The bot's alerts. Every method raises Unavailable when its store cannot be read."""

    @property
    def watchers(self) -> Sequence[str]:
        """The names of what is watched."""

    async def open(self) -> Sequence[AlertSeen]:
        """Those that people were told of and that are not over, the worst first."""

    async def recent(self, limit: int = 20) -> Sequence[AlertSeen]:
        """Those that people were told of, the newest first."""

    async def channels(self) -> Sequence[AlertChannel]:
        """Who gets alerts."""


class AlertWrites(Protocol):
    """What may be asked of the bot's alerts. Every method raises Unavailable."""

    async def subscribe(self, operation: str, minimum: str, only: Sequence[str]) -> None:
        """Have alerts go to where the change `operation` was asked for."""

    async def unsubscribe(self, operation: str) -> bool:
        """Have none go there any more; False where none did."""

    async def snooze(self, alert: str, until: datetime, name: str) -> bool:
        """Say no more of an alert until then, unless it becomes worse; False where it is over."""

    async def acknowledge(self, alert: str, name: str) -> bool:
        """Say on its card who sees to it; False where it is over."""

    async def test(self, operation: str, name: str) -> str:
        """Raise an alert that is only a test, once for the change `operation`; its id."""
