"""Entries of the audit trail, and the closed list of their events."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import Enum
from typing import Final, Protocol, Self

from bot.chat.platform import Person
from bot.instrumentation.outcomes import Outcome

FIRST_HASH: Final = "0" * 64


class AuditEvent(Enum):
    """Event that an entry records."""

    ASKED = "asked"
    REFUSED = "refused"
    APPROVED = "approved"
    REJECTED = "rejected"
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"
    EMERGENCY = "emergency"
    INTENT = "intent"
    STEP = "step"
    STOP = "stop"
    ENDED = "ended"
    REVEALED = "revealed"
    EXPIRED_SNAPSHOT = "expired snapshot"
    REMOVED_PULLER = "removed puller"
    SCHEDULE_ADDED = "schedule added"
    SCHEDULE_REMOVED = "schedule removed"
    SCHEDULE_RUN = "schedule run"
    SCHEDULE_SKIPPED = "schedule skipped"
    SCHEDULE_POSTPONED = "schedule postponed"
    SCHEDULE_HOLIDAY = "schedule on a holiday"
    SCHEDULE_MISSED = "schedule missed"
    SCHEDULE_STILL = "schedule stands still"
    HUB_TESTED = "hub tested"
    HUB_TEST_REMOVED = "hub test removed"


@dataclass(frozen=True)
class AuditEntry:
    """One thing that happened. `key` tells it from all others: written twice, it is kept once.

    `operation` is the change it belongs to; `detail` plain text values: the plan, a step, a reason. Never a secret.
    """

    key: str
    at: datetime
    event: AuditEvent
    object_id: str
    name: str
    conversation: str
    command: str
    operation: str = ""
    outcome: Outcome | None = None
    detail: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        person: Person,
        event: AuditEvent,
        *,
        key: str,
        at: datetime,
        conversation: str = "",
        command: str = "",
        operation: str = "",
        outcome: Outcome | None = None,
        detail: Mapping[str, str] | None = None,
    ) -> Self:
        """Build the entry of what a person did."""
        return cls(
            key=key,
            at=at,
            event=event,
            object_id=person.object_id,
            name=person.name,
            conversation=conversation,
            command=command,
            operation=operation,
            outcome=outcome,
            detail=dict(detail or {}),
        )


class Audit(Protocol):
    """Destination of entries. `write` raises Unavailable when the entry is not surely kept; nobody acts then."""

    async def write(self, entry: AuditEntry) -> None:
        """Write the entry."""


def chain_hash(row: dict[str, object]) -> str:
    """Return the SHA-256 (hex) of a row of the trail, its own hash left out. The next row repeats it."""
    content = {name: value for name, value in row.items() if name != "hash"}
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def described(value: object) -> dict[str, str]:
    """Return a plan's own fields as text, for an entry's detail."""
    return {name: str(part)[:200] for name, part in asdict(value).items()}  # type: ignore[call-overload] # a dataclass
