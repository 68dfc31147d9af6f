"""Refusals of messages, and entries of the audit trail about messages that ask for no change."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.access.access import Access
from bot.audit.entry import Audit, AuditEntry, AuditEvent
from bot.changes import replies
from bot.changes.authorization import LevelTooLow
from bot.changes.error_replies import ErrorReply
from bot.chat.platform import Message
from bot.instrumentation.outcomes import Outcome
from commands.framework.command import Command, Level


@dataclass(frozen=True)
class Refusals:
    """Answers those who lack a level, and writes the trail. Every method raises Unavailable when that fails."""

    access: Access
    audit: Audit
    now: Callable[[], datetime]

    async def answer(self, message: Message, command: Command, verdict: LevelTooLow, level: Level) -> ErrorReply:
        """Record that somebody of `level` was refused, and return what they are told."""
        # Not what was typed: it may hold what belongs to somebody else.
        await self.note(message, AuditEvent.REFUSED, command.name, Outcome.REFUSED)
        way_in = self.access.way_in(verdict.needed)
        view = replies.refused(command.name, verdict.needed, level, way_in, reveal=verdict.for_reveal)
        return ErrorReply(view, Outcome.REFUSED)

    async def note(self, message: Message, event: AuditEvent, command: str, outcome: Outcome | None = None) -> None:
        """Write an entry about a message that is no change's."""
        entry = AuditEntry.of(
            message.sender,
            event,
            key=f"{message.conversation.id} {message.id} {event.value}",
            at=self.now(),
            conversation=message.conversation.id,
            command=command,
            outcome=outcome,
        )
        await self.audit.write(entry)
