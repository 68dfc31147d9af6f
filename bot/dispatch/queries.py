"""Answers to queries: permission checked, the systems asked, the pages of a long answer kept."""

from dataclasses import dataclass

from bot.access.access import Access
from bot.audit.entry import AuditEvent
from bot.changes import replies
from bot.changes.authorization import CommandRequest, LevelTooLow, NotPrivate, authorize
from bot.changes.error_replies import ErrorReply
from bot.changes.ports import ContextFactory
from bot.chat.platform import Message
from bot.dispatch.answer_pages import KeptAnswers, answer_pages, chosen
from bot.dispatch.refusals import Refusals
from bot.instrumentation.outcomes import Outcome
from clients.secret_patterns import unshaped
from commands.framework.command import AnyQuery
from commands.framework.parser import Parsed
from commands.ports.context import Caller


@dataclass(frozen=True)
class QueryHandler:
    """Answers queries. `context` gives what they may read."""

    access: Access
    context: ContextFactory
    refusals: Refusals
    answers: KeptAnswers

    async def answer(self, message: Message, query: AnyQuery, parsed: Parsed, *, turning: bool) -> ErrorReply:
        """Return the answer; with `turning`, another page of the one that was kept. Raise what the query raises."""
        reveals = query.reveals is not None and query.reveals(parsed.args)
        level = await self.access.level(message.sender, fresh=reveals)
        is_private = message.conversation.is_private
        match authorize(CommandRequest(query.name, query.level, reveals=reveals, is_private=is_private), level):
            case LevelTooLow() as verdict:
                return await self.refusals.answer(message, query, verdict, level)
            case NotPrivate():
                return ErrorReply(replies.not_in_public(parsed.first_page), Outcome.INVALID)
        caller = Caller(message.sender.object_id, message.sender.name, level)
        asked = (caller.object_id, parsed.first_page)
        pages = self.answers.find(asked) if turning else None
        if pages is None:
            if reveals:
                await self._note_revealed(message, parsed)
            view = await query.run(parsed.args, self.context.reads(caller))
            if view.page is not None:
                return ErrorReply(view, Outcome.ANSWERED)
            pages = answer_pages(view, parsed)
        self.answers.keep(asked, pages)
        return ErrorReply(chosen(pages, parsed), Outcome.ANSWERED)

    async def _note_revealed(self, message: Message, parsed: Parsed) -> None:
        # What it names was typed, and may itself look like a secret.
        line = unshaped(parsed.first_page.removeprefix("/jhub "))
        await self.refusals.note(message, AuditEvent.REVEALED, line)
