"""Interfaces to changes, to personal messages and to the audit trail."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol

from cards.views import Notice


class WorkState(Enum):
    """The phases of a change."""

    PLANNING = "planning"
    WAITING = "waiting"
    QUEUED = "queued"
    RUNNING = "running"
    ENDED = "ended"


@dataclass(frozen=True)
class Work:
    """A change that was requested, from its plan to its end.

    `outcome` is empty until it has ended, then a code from the closed list of outcomes. `step` is the last step that
    was begun. `needed` is the number of approvals it takes, 0 where the requester confirms; `reason` is the
    requester's. `digest` is what an approval is bound to, and `answered_by` are the object ids of those who have
    answered. `command` is the name of its command, and `by` the level that an approval takes.
    """

    id: str
    title: str
    line: str
    requester: str
    requester_id: str
    state: WorkState
    outcome: str
    asked: datetime
    changed: datetime
    expires: datetime | None
    needed: int
    approved_by: tuple[str, ...]
    step: str
    reason: str
    emergency: bool
    digest: str = ""
    answered_by: tuple[str, ...] = ()
    command: str = ""
    by: int = 3


class WorkReads(Protocol):
    """Reads of the bot's changes. Every method raises Unavailable when the store cannot be read."""

    async def open(self) -> Sequence[Work]:
        """Return the changes that have not ended, oldest first."""

    async def ended(self, limit: int = 10) -> Sequence[Work]:
        """Return at most `limit` changes that have ended, newest first."""

    async def find(self, start: str) -> Sequence[Work]:
        """Return the open changes whose id begins with `start`."""


@dataclass(frozen=True)
class TrailLine:
    """An entry of the audit trail for display. `number` counts from 1 without gaps."""

    number: int
    at: datetime
    name: str
    object_id: str
    event: str
    outcome: str
    command: str
    operation: str
    detail: str


class TrailReads(Protocol):
    """The audit trail. Every method raises Unavailable when it cannot be read."""

    async def page(
        self, *, object_id: str = "", since: datetime | None = None, before: int = 0, limit: int = 20
    ) -> Sequence[TrailLine]:
        """Return at most `limit` entries, newest first.

        Only those by one person if `object_id` is given, since a moment if `since` is, and with a number below `before`
        unless that is 0.
        """


class MessageWrites(Protocol):
    """Messages to one person alone."""

    async def send(self, operation: str, object_id: str, view: Notice) -> None:
        """Send a personal message in the tenant in which the change `operation` was requested.

        Raise NotFound where the chat platform does not let the bot write to the person, or Unavailable.
        """


class WorkWrites(Protocol):
    """Changes to running changes."""

    async def stop(self, operation: str, object_id: str, name: str) -> bool:
        """Request that a change stops at the next safe point. Return False if it has ended. Raise Unavailable."""
