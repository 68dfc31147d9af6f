"""Moves of a change that are recorded together with their entry of the audit trail."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.audit.entry import Audit, AuditEntry, AuditEvent
from bot.changes.error_replies import ErrorReply
from bot.changes.model import ChangeRequest, State, Vote
from bot.changes.repository import Changes
from bot.changes.serialization import dump_view
from bot.chat.platform import Message, Person
from bot.instrumentation.outcomes import Outcome
from commands.framework.parser import Parsed


@dataclass(frozen=True)
class ChangeRecords:
    """Changes on record with their entries of the trail. Every method raises Unavailable when the store is."""

    changes: Changes
    audit: Audit
    now: Callable[[], datetime]

    async def get(self, change: str) -> ChangeRequest:
        """Return the change of that id. Raise LookupError where there is none."""
        known = await self.changes.get(change)
        if known is None:
            raise LookupError(f"change {change} is not on record")
        return known

    def requested(
        self, message: Message, parsed: Parsed, *, reason: str, schedule: str, votes: tuple[Vote, ...]
    ) -> ChangeRequest:
        """Build the change that a message asks for; the same message has the same one."""
        now = self.now()
        return ChangeRequest(
            id=message.correlation,
            line=parsed.line,
            command=parsed.command.name,
            requester=message.sender,
            place=message.conversation.address,
            conversation=message.conversation.id,
            message=message.id,
            card="",
            state=State.PLANNING,
            outcome="",
            title="",
            plan="",
            digest="",
            needed=0,
            confirm=False,
            exclusive=True,
            reason=parsed.emergency or reason,
            emergency=bool(parsed.emergency),
            asked=now,
            changed=now,
            expires=None,
            ticket=None,
            step="",
            stopped_by="",
            final="",
            schedule=schedule,
            votes=votes,
        )

    async def create(self, change: ChangeRequest, detail: Mapping[str, str]) -> bool:
        """Keep a new change. Return False where one of that id is there already."""
        own = {name: text for name in ("reason", "schedule") if (text := getattr(change, name))}
        return await self.changes.create(change, self.entry(change, AuditEvent.ASKED, "asked", {**own, **detail}))

    async def end(self, known: ChangeRequest, answer: ErrorReply, why: str = "") -> None:
        """End the change with this answer as the last thing that its card shows."""
        entry = self.entry(known, AuditEvent.ENDED, "ended", {"why": why} if why else {}, outcome=answer.outcome)
        await self.changes.end(known.id, answer.outcome, dump_view(answer.view), entry)

    async def stop(self, known: ChangeRequest, person: Person) -> bool:
        """Record that a person asked to stop the change. Return False where it has ended."""
        entry = self.entry(known, AuditEvent.STOP, f"stop {person.object_id}", by=person)
        return await self.changes.stop(known.id, person.name, entry)

    async def note(self, known: ChangeRequest, event: AuditEvent, key: str, detail: Mapping[str, str]) -> None:
        """Write an entry about the change to the trail, before what it tells of is done."""
        await self.audit.write(self.entry(known, event, key, detail))

    def entry(
        self,
        known: ChangeRequest,
        event: AuditEvent,
        key: str,
        detail: Mapping[str, str] | None = None,
        *,
        outcome: Outcome | None = None,
        by: Person | None = None,
        conversation: str = "",
    ) -> AuditEntry:
        """Build an entry about a change; without `by` and `conversation` it is its requester's, where they asked."""
        return AuditEntry.of(
            by or known.requester,
            event,
            key=f"{known.id} {key}",
            at=self.now(),
            conversation=conversation or known.conversation,
            command=known.line,
            operation=known.id,
            outcome=outcome,
            detail=detail,
        )
