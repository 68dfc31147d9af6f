"""Interfaces to alerts and their subscriptions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class AlertSummary:
    """An alert for display. `severity` is note, warning or critical; `over` is None while it is open."""

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
        """The names of the watchers."""

    async def open(self) -> Sequence[AlertSummary]:
        """Return the open alerts that have been announced, the worst first."""

    async def recent(self, limit: int = 20) -> Sequence[AlertSummary]:
        """Return at most `limit` announced alerts, open or over, the newest first."""

    async def channels(self) -> Sequence[AlertChannel]:
        """Return the conversations that get alerts."""


class AlertWrites(Protocol):
    """Changes to the bot's alerts. Every method raises Unavailable."""

    async def subscribe(self, operation: str, minimum: str, only: Sequence[str]) -> None:
        """Send alerts of at least severity `minimum` to the conversation in which `operation` was requested.

        `only` limits them to these watchers; empty for all.
        """

    async def unsubscribe(self, operation: str) -> bool:
        """Stop sending alerts to the conversation in which `operation` was requested. Return False if it got none."""

    async def snooze(self, alert: str, until: datetime, name: str) -> bool:
        """Silence an alert until `until`, unless it becomes worse. Return False if it is over."""

    async def acknowledge(self, alert: str, name: str) -> bool:
        """Show on the alert's card that `name` is handling it. Return False if it is over."""

    async def test(self, operation: str, name: str) -> str:
        """Raise a test alert, once for the change `operation`, and return its id."""
