"""Entries of the audit trail, and the closed list of their events."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Final, Protocol, Self

from bot.chat.platform import Person
from bot.instrumentation.outcomes import Outcome
from cards.escaping import shorten

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

FIRST_HASH: Final = "0" * 64
# A plan may name a thousand servers, and each change has several entries.
_LONGEST_VALUE: Final = 200
_LONGEST_LIST: Final = 2_000


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


def described(plan: "DataclassInstance") -> dict[str, str]:
    """Return a plan's own fields as text, for an entry's detail: of a list the names of its items, and how many more.

    What is empty is left out.
    """
    values = {one.name: getattr(plan, one.name) for one in fields(plan)}
    return {name: _text(value) for name, value in values.items() if value not in ("", (), [], {}, None)}


def _text(value: object) -> str:
    if isinstance(value, tuple | list | set | frozenset):
        return _listed([_text(one) for one in value])
    if isinstance(value, Mapping):
        return _listed([f"{key}: {_text(one)}" for key, one in value.items()])
    if is_dataclass(value) and not isinstance(value, type):
        return _named(value)
    return shorten(str(value.value if isinstance(value, Enum) else value), _LONGEST_VALUE)


def _named(item: "DataclassInstance") -> str:
    """Return the words by which an item calls itself: its title, else its name, else all that it has."""
    for word in ("title", "name"):
        own = getattr(item, word, "")
        if own and isinstance(own, str):
            return shorten(own, _LONGEST_VALUE)
    values = [getattr(item, one.name) for one in fields(item)]
    return shorten(" ".join(text for one in values if one not in (None, ()) and (text := _text(one))), _LONGEST_VALUE)


def _listed(texts: Sequence[str]) -> str:
    """Return as many of the texts as an entry has room for, and the number of the rest."""
    kept: list[str] = []
    room = _LONGEST_LIST
    for text in texts:
        room -= len(text) + len(", ")
        if room < 0:
            break
        kept.append(text)
    rest = len(texts) - len(kept)
    return ", ".join((*kept, f"and {rest:,} more") if rest else kept)
