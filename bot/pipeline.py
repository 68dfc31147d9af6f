"""The way of every request, typed or clicked: who, parse, may they, plan, ask, plan again, audit, apply, audit."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from bot import answers
from bot.access import Access
from bot.audit import Audit, Entry
from bot.chat import Click, Message, Posted
from bot.consents import ClaimRefused, Consents, Pending
from bot.operations import Operation, Operations
from bot.outcomes import Outcome
from cards.views import Failure, HelpEntry, Notice, Progress, Tone, View
from clients.errors import NotFound, Unavailable
from commands.digest import digest
from commands.errors import UserError
from commands.parse import Parsed, clean, parse
from commands.reads import Caller, Reads
from commands.spec import AnyChange, Command, Consent, Level, Query
from commands.usage import usage
from commands.writes import Writes

_LOG = logging.getLogger("jhub_bot.pipeline")

# An answer that takes longer than this, in seconds, is preceded by a card that says so and turns into it.
_PATIENCE = 0.8
_SUGGESTED = 4


class World(Protocol):
    """The systems outside, as one hub's bot sees them."""

    def reads(self, caller: Caller) -> Reads:
        """Everything that can be looked at, for this caller, now."""

    @property
    def writes(self) -> Writes:
        """Everything that can change something."""


@dataclass(frozen=True)
class Answer:
    """What a request came to: a view for the card, and its code."""

    view: View
    outcome: Outcome


class Pipeline:
    """Deals with messages and clicks: implements `bot.chat.Listener`."""

    def __init__(
        self,
        *,
        commands: Sequence[Command],
        access: Access,
        world: World,
        audit: Audit,
        expiry: timedelta,
        now: Callable[[], datetime],
    ) -> None:
        self._commands = commands
        self._access = access
        self._world = world
        self._audit = audit
        self._expiry = expiry
        self._now = now
        self._consents = Consents()
        self._operations = Operations()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def busy(self) -> bool:
        """Whether anything runs that somebody waits for; a plan that waits for its yes is not that."""
        return bool(self._operations) or any(not t.get_name().startswith("expiry") for t in self._tasks)

    async def aclose(self) -> None:
        """Stop what runs, politely, and wait until it has ended."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def on_message(self, message: Message) -> None:
        """Answer a message, with exactly one card that may be edited until the answer is there."""
        slow = _SlowCard(message)
        work = asyncio.create_task(self._answer(message, slow))
        try:
            await asyncio.wait({work}, timeout=_PATIENCE)
            if not work.done():
                await slow.show()
            answer = await work
        finally:
            work.cancel()
        if answer is not None:
            await slow.finish(answer.view)
            await self._record(message, answer.outcome)

    async def _answer(self, message: Message, slow: "_SlowCard") -> Answer | None:
        try:
            parsed = parse(message.text, self._commands)
            if parsed is None:
                return Answer(answers.no_words(self._suggestions(message)), Outcome.ANSWERED)
            return await self._dispatch(message, parsed, slow)
        except Exception as error:  # noqa: BLE001 - every error becomes a card; the unknown ones are logged there
            return self._answer_to(error, message.id)

    async def _dispatch(self, message: Message, parsed: Parsed, slow: "_SlowCard") -> Answer | None:
        caller, command = self._caller(message), parsed.command
        if caller.level < command.level:
            return Answer(self._refusal(command, caller), Outcome.REFUSED)
        reads = self._world.reads(caller)
        if isinstance(command, Query):
            return Answer(await command.run(parsed.args, reads), Outcome.ANSWERED)
        await self._propose(message, command, parsed.args, reads, slow)
        return None

    def _answer_to(self, error: Exception, request: str) -> Answer:
        match error:
            case UserError():
                return Answer(answers.invalid(error), Outcome.INVALID)
            case Unavailable():
                return Answer(answers.unavailable(error), Outcome.UNAVAILABLE)
            case NotFound():
                return Answer(answers.missing(error), Outcome.INVALID)
        reference = secrets.token_hex(4)
        _LOG.error("reference=%s request=%s", reference, request, exc_info=error)
        return Answer(answers.bug(reference), Outcome.BUG)

    def _caller(self, message: Message | Click) -> Caller:
        sender = message.sender
        return Caller(sender.object_id, sender.name, self._access.level(sender))

    def _refusal(self, command: Command, caller: Caller) -> Notice:
        holders = self._access.holders(command.level)
        return answers.refused(command.name, command.level, Level(caller.level), holders)

    def _suggestions(self, message: Message) -> list[HelpEntry]:
        level = self._caller(message).level
        allowed = [c for c in self._commands if c.level <= level]
        return [HelpEntry(usage(c), c.summary) for c in allowed][:_SUGGESTED]

    async def _propose(
        self,
        message: Message,
        change: AnyChange,
        args: Any,  # noqa: ANN401 - whatever the command declares
        reads: Reads,
        slow: "_SlowCard",
    ) -> None:
        plan = await change.plan(args, reads)
        preview = replace(change.preview(plan), requester=message.sender.name)
        mark = digest(change.name, message.sender.object_id, plan)
        if change.consent is Consent.NONE:
            pending = Pending(_new_id(), message, change, args, mark, preview, self._now())
            pending.shown_on(await slow.post(Progress(preview.title, message.sender.name)))
            self._spawn(self._run(pending))
            return
        await self._ask(Pending(_new_id(), message, change, args, mark, preview, self._now() + self._expiry), slow.post)

    async def _ask(self, pending: Pending, show: Callable[[View], Awaitable[Posted]]) -> None:
        self._consents.add(pending)
        pending.shown_on(await show(answers.question(pending.preview, pending.id, pending.digest)))
        self._spawn(self._expire(pending), name=f"expiry-{pending.id}")

    async def _expire(self, pending: Pending) -> None:
        await asyncio.sleep(max(0.0, (pending.expires - self._now()).total_seconds()))
        if self._consents.expire(pending.id) is not None:
            await self._end(
                pending,
                Notice(
                    f"Expired: {pending.preview.title}",
                    "Nobody answered in time. Nothing was done.",
                    Tone.WARNING,
                ),
                Outcome.EXPIRED,
            )

    async def on_click(self, click: Click) -> View:
        """Deal with a click and return what its card shows now to the one who clicked."""
        match click.verb:
            case "confirm":
                return self._confirm(click)
            case "dismiss":
                return self._dismiss(click)
            case "stop":
                return self._stop(click)
        return Notice("That button does nothing", "The card may be from an older version of the bot.", Tone.WARNING)

    def _confirm(self, click: Click) -> View:
        pending = self._consents.find(click.data.get("id", ""))
        if pending is not None and self._caller(click).level < pending.change.level:
            return answers.without_buttons(pending.preview, f"You may not run “{pending.change.name}”.")
        try:
            claimed = self._claim(click)
        except ClaimRefused as refusal:
            return self._unclaimed(pending, refusal)
        self._spawn(self._run(claimed))
        return Progress(claimed.preview.title, claimed.message.sender.name)

    def _dismiss(self, click: Click) -> View:
        pending = self._consents.find(click.data.get("id", ""))
        try:
            claimed = self._claim(click)
        except ClaimRefused as refusal:
            return self._unclaimed(pending, refusal)
        view = Notice(
            f"Cancelled: {claimed.preview.title}",
            f"{click.sender.name} decided against it. Nothing was done.",
        )
        self._spawn(self._end(claimed, view, Outcome.DISMISSED))
        return view

    def _claim(self, click: Click) -> Pending:
        consent, mark = click.data.get("id", ""), click.data.get("digest", "")
        return self._consents.claim(consent, mark, click.sender.object_id, self._now())

    @staticmethod
    def _unclaimed(pending: Pending | None, refusal: ClaimRefused) -> View:
        if pending is None:
            return Notice("This card is over", str(refusal), Tone.WARNING)
        return answers.without_buttons(pending.preview, str(refusal))

    def _stop(self, click: Click) -> View:
        operation = self._operations.find(click.data.get("id", ""))
        if operation is None:
            return Notice("Nothing to stop", "This work has ended already.")
        if self._caller(click).level < operation.change.level:
            return replace(
                operation.view(),
                buttons=(),
                warnings=(f"Stopping this is for {operation.change.level.title}s and above.",),
            )
        return operation.stop(click.sender)

    async def _run(self, pending: Pending) -> None:
        caller = self._caller(pending.message)
        operation = Operation(
            operation=pending.id,
            title=pending.preview.title,
            requester=pending.message.sender,
            change=pending.change,
            caller=caller,
            reads=self._world.reads(caller),
            writes=self._world.writes,
            card=await pending.card(),
            now=self._now,
        )
        try:
            async with self._operations.turn(operation):
                answer = await self._carry_out(pending, operation)
        except asyncio.CancelledError:
            await self._end(pending, answers.interrupted(pending.preview.title), Outcome.CANCELLED)
            raise
        if answer is not None:
            await self._end(pending, answer.view, answer.outcome)

    async def _carry_out(self, pending: Pending, operation: Operation) -> Answer | None:
        if operation.stopping:
            return Answer(
                Notice(f"Cancelled: {pending.preview.title}", "It had not begun. Nothing was done."),
                Outcome.CANCELLED,
            )
        try:
            if operation.caller.level < pending.change.level:
                return Answer(self._refusal(pending.change, operation.caller), Outcome.REFUSED)
            plan = await pending.change.plan(pending.args, operation.reads)
            if digest(pending.change.name, pending.message.sender.object_id, plan) != pending.digest:
                return await self._ask_again(pending, plan)
            await self._audit.write(self._entry(pending.message, None, pending.digest))
            async with operation.running():
                view = await pending.change.apply(plan, operation)
        except Exception as error:  # noqa: BLE001 - every error becomes a card; the unknown ones are logged there
            return self._answer_to(error, pending.message.id)
        return Answer(view, _outcome(view, stopping=operation.stopping))

    async def _ask_again(self, pending: Pending, plan: object) -> Answer | None:
        """What was shown is no longer true: that consent is void, and the new plan asks for its own."""
        preview = replace(pending.change.preview(plan), requester=pending.message.sender.name)
        notice = Notice(
            f"No longer true: {pending.preview.title}",
            "Something changed since the plan was shown. Nothing was done; the new plan is below.",
            Tone.WARNING,
        )
        await self._end(pending, notice, Outcome.VOIDED)
        mark = digest(pending.change.name, pending.message.sender.object_id, plan)
        again = Pending(
            _new_id(),
            pending.message,
            pending.change,
            pending.args,
            mark,
            preview,
            self._now() + self._expiry,
        )
        await self._ask(again, pending.message.conversation.post)
        return None

    async def _end(self, pending: Pending, view: View, outcome: Outcome) -> None:
        await (await pending.card()).finish(view)
        await self._record(pending.message, outcome, pending.digest)

    async def _record(self, message: Message, outcome: Outcome, mark: str = "") -> None:
        with suppress(OSError):
            await self._audit.write(self._entry(message, outcome, mark))

    def _entry(self, message: Message, outcome: Outcome | None, mark: str = "") -> Entry:
        sender = message.sender
        return Entry(
            self._now(),
            message.id,
            sender.object_id,
            sender.name,
            message.conversation.id,
            self._asked(message.text),
            outcome,
            mark,
        )

    def _asked(self, text: str) -> str:
        """The command as typed. What is none may be anything, a password pasted by mistake too: it is not kept."""
        try:
            parsed = parse(text, self._commands)
        except UserError:
            return "(not understood)"
        return clean(text)[:200] if parsed else "(nothing)"

    def _spawn(self, work: Coroutine[Any, Any, None], name: str | None = None) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _LOG.error("a background task failed", exc_info=error)


class _SlowCard:
    """The one card of an answer: posted when there is something to show, edited if something was shown before."""

    def __init__(self, message: Message) -> None:
        self._conversation = message.conversation
        self._posted: Posted | None = None
        self._posting = asyncio.Lock()

    async def show(self) -> None:
        """Say that the answer takes a moment."""
        async with self._posting:
            if self._posted is None:
                self._posted = await self._conversation.post(
                    Notice("Working on it …", answers.WORKING_ON_IT, Tone.WORKING)
                )

    async def post(self, view: View) -> Posted:
        """Show `view` on the card, to be edited again later."""
        async with self._posting:
            if self._posted is None:
                self._posted = await self._conversation.post(view)
            else:
                self._posted.update(view)
            return self._posted

    async def finish(self, view: View) -> None:
        """Show `view` as the card's last state."""
        async with self._posting:
            if self._posted is None:
                self._posted = await self._conversation.post(view)
            else:
                await self._posted.finish(view)


def _outcome(view: View, *, stopping: bool) -> Outcome:
    if not isinstance(view, Failure):
        return Outcome.DONE
    return Outcome.CANCELLED if stopping else Outcome.FAILED


def _new_id() -> str:
    # Hexadecimal, because it becomes a label of the release: those begin and end with a letter or digit.
    return secrets.token_hex(8)
