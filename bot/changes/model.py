"""A change as it is kept: its states, the decisions about it and its plan."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from bot.chat.platform import Person


class State(Enum):
    """How far a change has come."""

    PLANNING = "planning"
    WAITING = "waiting"
    QUEUED = "queued"
    RUNNING = "running"
    CLOSING = "closing"
    ENDED = "ended"


class Response(Enum):
    """What a person says to a change that waits."""

    CONFIRM = "confirm"
    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"

    @property
    def is_for(self) -> bool:
        """Whether it lets the change go on."""
        return self in (Response.CONFIRM, Response.APPROVE)


class Decision(Enum):
    """What a verdict led to; those after CLOSED changed nothing."""

    GO = "go"
    COUNTED = "counted"
    CLOSED = "closed"
    SAID_ALREADY = "said already"
    DECIDED_ALREADY = "decided already"
    EXPIRED = "expired"
    OTHER_CARD = "other card"
    UNKNOWN = "unknown"

    @property
    def counts(self) -> bool:
        """Whether it changed anything."""
        return self in (Decision.GO, Decision.COUNTED, Decision.CLOSED)


@dataclass(frozen=True)
class Vote:
    """What one person said."""

    person: Person
    verdict: Response
    at: datetime


@dataclass(frozen=True)
class ChangeRequest:
    """One change as it is on record."""

    id: str
    line: str
    command: str
    requester: Person
    place: str
    conversation: str
    message: str
    card: str
    state: State
    outcome: str
    title: str
    plan: str
    digest: str
    needed: int
    confirm: bool
    exclusive: bool
    reason: str
    emergency: bool
    asked: datetime
    changed: datetime
    expires: datetime | None
    ticket: int | None
    step: str
    stopped_by: str
    final: str
    schedule: str = ""
    votes: tuple[Vote, ...] = field(default=())

    @property
    def approvals(self) -> tuple[Vote, ...]:
        """Who approved: others than the requester, each of them once, whatever is on record."""
        said = {vote.person.object_id: vote for vote in reversed(self.votes) if vote.verdict is Response.APPROVE}
        return tuple(vote for vote in self.votes if said.get(vote.person.object_id) is vote and self._is_other(vote))

    def _is_other(self, vote: Vote) -> bool:
        return bool(vote.person.object_id) and not vote.person.is_same(self.requester)


@dataclass(frozen=True)
class Planned:
    """What a plan adds to a change: what was shown, and what it takes to go on."""

    title: str
    plan: str
    digest: str
    needed: int
    confirm: bool
    exclusive: bool
    emergency: bool
    expires: datetime | None
