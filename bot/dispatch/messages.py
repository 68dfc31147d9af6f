"""The way of a message: parsed, its sender's permission checked, a query answered or a change handed on."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from bot.access.access import Access
from bot.access.names import Names
from bot.changes import replies
from bot.changes.authorization import CommandRequest, LevelTooLow, authorize
from bot.changes.error_replies import ErrorReply, answer_to
from bot.changes.planning import PATIENCE
from bot.changes.workflow import Workflow
from bot.chat.platform import Message
from bot.dispatch.hello import Greeting, greeting, hello
from bot.dispatch.queries import QueryHandler
from bot.dispatch.refusals import Refusals
from bot.dispatch.slow_card import SlowCard
from bot.instrumentation.correlation import following
from bot.instrumentation.meter import Meter
from bot.instrumentation.outcomes import Outcome
from bot.instrumentation.spans import span
from clients.errors import Unavailable
from commands.framework.command import Command, Level, Query
from commands.framework.errors import UserError
from commands.framework.parser import Parsed, parse, with_suggestions

_LOG = logging.getLogger("jhub_bot.pipeline")


@dataclass(frozen=True)
class Answered:
    """The answer to a message, and the name of the command that gave it, empty where there was none.

    `reply` is None for a change: that shows its own card.
    """

    command: str
    reply: ErrorReply | None


@dataclass(frozen=True)
class MessageHandler:
    """Deals with messages. `ended` is told how each that asked for no change ended."""

    commands: Sequence[Command]
    access: Access
    names: Names
    queries: QueryHandler
    workflow: Workflow
    refusals: Refusals
    meter: Meter
    ended: Callable[[Outcome], None]

    async def on_message(self, message: Message) -> None:
        """Answer a message, with exactly one card that may be edited until the answer is there."""
        with following(message.correlation), span("message"):
            await self._on_message(message)

    async def _on_message(self, message: Message) -> None:
        slow, began = SlowCard(message), time.monotonic()
        work = asyncio.create_task(self.answer(message))
        try:
            await asyncio.wait({work}, timeout=PATIENCE)
            if not work.done():
                await slow.show()
            answered = await work
        finally:
            work.cancel()
            message.taken.set()
        if answered.reply is not None:
            await slow.finish(answered.reply.view)
            self.count(message, answered.command, answered.reply, began)

    def count(self, message: Message, command: str, reply: ErrorReply, began: float) -> None:
        """Count and log an answer; `began` is when its message came, by the monotonic clock."""
        _LOG.info("request=%s command=%s outcome=%s", message.id, command or "-", reply.outcome.value)
        self.meter.answered(command, reply.outcome, time.monotonic() - began)
        self.ended(reply.outcome)

    async def answer(self, message: Message, *, turning: bool = False) -> Answered:
        """Return the answer to a message, or begin the change that it asks for. Raise nothing.

        `turning` is for another page of an answer: where that is still kept, it is of the same one.
        """
        name = ""
        try:
            self.names.met(message.sender)
            said = greeting(message.text)
            parsed = None if said else parse(message.text, self.commands)
            if parsed is None:
                message.taken.set()
                return Answered(name, await self._greet(message, said or Greeting.HELLO))
            name = parsed.command.name
            if not isinstance(parsed.command, Query):
                return Answered(name, await self._begin_change(message, parsed))
            message.taken.set()
            return Answered(name, await self.queries.answer(message, parsed.command, parsed, turning=turning))
        except UserError as error:
            return Answered(name, await self._invalid(message, error))
        except Exception as error:  # noqa: BLE001 - every error becomes a card; the unknown ones are logged there
            return Answered(name, answer_to(error, message.id))

    async def _begin_change(self, message: Message, parsed: Parsed) -> ErrorReply | None:
        """Begin a change where all can see it. Who asks privately is refused privately."""
        place = message.conversation.open
        if place.address != message.conversation.address:
            level = await self.access.level(message.sender, fresh=True)
            verdict = authorize(CommandRequest(parsed.command.name, parsed.command.level), level)
            if isinstance(verdict, LevelTooLow):
                return await self.refusals.answer(message, parsed.command, verdict, level)
        await self.workflow.begin(replace(message, conversation=place), parsed)
        return None

    async def _greet(self, message: Message, said: Greeting) -> ErrorReply:
        level = await self.access.level(message.sender, fresh=False)
        way_in, personal = self.access.way_in(Level.VIEWER), message.conversation.is_personal
        return ErrorReply(hello(self.commands, level, way_in, personal=personal, said=said), Outcome.ANSWERED)

    async def _invalid(self, message: Message, error: UserError) -> ErrorReply:
        """Return what was wrong, with suggestions for this person's level, if anybody can tell it."""
        level = Level.ANYONE
        if error.suggestions or error.hints:
            with suppress(Unavailable):
                level = await self.access.level(message.sender, fresh=False)
        return ErrorReply(replies.invalid(with_suggestions(error, self.commands), level), Outcome.INVALID)
