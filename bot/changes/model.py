"""A change as it is on record: its states, the decisions about it and its plan."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from bot.chat.platform import Person


class State(Enum):
    """The states of a change, in their order."""

    PLANNING = "planning"
    WAITING = "waiting"
    QUEUED = "queued"
    RUNNING = "running"
    CLOSING = "closing"
    ENDED = "ended"


class Response(Enum):
    """An answer to a change that waits."""

    CONFIRM = "confirm"
    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"

    @property
    def is_for(self) -> bool:
        """True if it lets the change go on."""
        return self in (Response.CONFIRM, Response.APPROVE)


class Decision(Enum):
    """The consequence of a response; those after CLOSED changed nothing."""

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
        """True if the response changed anything."""
        return self in (Decision.GO, Decision.COUNTED, Decision.CLOSED)


@dataclass(frozen=True)
class Vote:
    """The response of one person; `why` is what they gave as a reason, if anything."""

    person: Person
    verdict: Response
    at: datetime
    why: str = ""


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
        """The approvals by others than the requester, of each of them one, whatever is on record."""
        said = {vote.person.object_id: vote for vote in reversed(self.votes) if vote.verdict is Response.APPROVE}
        return tuple(vote for vote in self.votes if said.get(vote.person.object_id) is vote and self._is_other(vote))

    def _is_other(self, vote: Vote) -> bool:
        return bool(vote.person.object_id) and not vote.person.is_same(self.requester)


@dataclass(frozen=True)
class Planned:
    """The part of a change that its plan adds: what was shown, and what it takes to go on."""

    title: str
    plan: str
    digest: str
    needed: int
    confirm: bool
    exclusive: bool
    emergency: bool
    expires: datetime | None
