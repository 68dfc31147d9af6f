"""What commands may ask of changes, of messages and of the audit trail."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol

from cards.views import Notice


class WorkState(Enum):
    """How far a change has come."""

    PLANNING = "planning"
    WAITING = "waiting"
    QUEUED = "queued"
    RUNNING = "running"
    ENDED = "ended"


@dataclass(frozen=True)
class Work:
    """One change that was asked for, from its plan to its end.

    `outcome` is empty until it has ended, then a code from the closed list of outcomes. `step` is the last step that
    was begun. `needed` is how many approvals it takes, 0 where the requester confirms; `reason` why it is wanted.
    `digest` is what an answer is bound to, and `answered_by` are the object ids of who has answered.
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


class WorkReads(Protocol):
    """What the bot itself is doing. Every method raises Unavailable when its store cannot be read."""

    async def open(self) -> Sequence[Work]:
        """What has not ended, oldest first."""

    async def ended(self, limit: int = 10) -> Sequence[Work]:
        """What has ended, newest first."""

    async def find(self, start: str) -> Sequence[Work]:
        """The open ones whose id begins so."""


@dataclass(frozen=True)
class TrailLine:
    """One entry of the audit trail, as people read it. `number` counts from 1 without gaps."""

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
        """Entries, newest first: by one person, since a moment, with a number below `before` unless that is 0."""


class MessageWrites(Protocol):
    """What may be said to one person alone."""

    async def send(self, operation: str, object_id: str, view: Notice) -> None:
        """Write to a person personally, in the tenant of where the change `operation` was asked for.

        Raises NotFound where the chat platform lets the bot write to them nowhere, Unavailable.
        """


class WorkWrites(Protocol):
    """What may be asked of the bot's own work."""

    async def stop(self, operation: str, object_id: str, name: str) -> bool:
        """Ask a change to stop at the next safe point; False when it had ended. Raises Unavailable."""
