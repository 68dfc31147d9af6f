"""The way of every request, typed or clicked: who, parse, may they. Reads are answered here, changes are taken on.

A change goes on in `bot.changes.workflow`; a click on its card comes back here and passes the same check of permission.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from bot.access.access import Access
from bot.access.names import Names
from bot.audit.entry import Audit, AuditEntry, AuditEvent
from bot.changes import approval_card, replies
from bot.changes.error_replies import ErrorReply, answer_to
from bot.changes.model import ChangeRequest, Decision, Response, State, Vote
from bot.changes.ports import ContextFactory
from bot.changes.repository import Changes
from bot.changes.workflow import PATIENCE, Workflow
from bot.chat.platform import Click, Message, Person
from bot.dispatch.answer_pages import KeptAnswers, answer_pages, chosen, page_of
from bot.dispatch.hello import Greeting, greeting, hello
from bot.dispatch.slow_card import SlowCard
from bot.instrumentation.correlation import following, id_of
from bot.instrumentation.meter import UNCOUNTED, Meter
from bot.instrumentation.outcomes import Outcome
from bot.instrumentation.spans import span
from cards.pages import only_turning
from cards.views import PAGE, TYPE, Notice, Plan, Progress, Request, Status, Tone, View
from clients.errors import Unavailable
from clients.secret_patterns import unshaped
from commands.framework.command import Command, Level, Query
from commands.framework.errors import UserError
from commands.framework.parser import Parsed, parse, with_suggestions
from commands.ports.context import Caller
from commands.requests.approvals import LIST, LISTED

_LOG = logging.getLogger("jhub_bot.pipeline")


_SHOWN_LINE: Final = 100


# Teams waits somewhat longer for the answer to a click, in seconds.
_TURNS: Final = 5.0


_VERDICTS: Final = {"confirm": Response.CONFIRM, "approve": Response.APPROVE, "reject": Response.REJECT}


_DONE: Final = {
    Response.CONFIRM: "confirmed",
    Response.APPROVE: "approved",
    Response.REJECT: "rejected",
    Response.WITHDRAW: "withdrew",
}


_EVENTS: Final = {
    Response.CONFIRM: AuditEvent.CONFIRMED,
    Response.APPROVE: AuditEvent.APPROVED,
    Response.REJECT: AuditEvent.REJECTED,
    Response.WITHDRAW: AuditEvent.WITHDRAWN,
}


class Pipeline:
    """Deals with messages and clicks: implements `bot.chat.Listener`."""

    def __init__(
        self,
        *,
        commands: Sequence[Command],
        access: Access,
        world: ContextFactory,
        workflow: Workflow,
        changes: Changes,
        audit: Audit,
        names: Names,
        now: Callable[[], datetime],
        ended: Callable[[Outcome], None] = lambda _: None,
        meter: Meter = UNCOUNTED,
        clicks: Mapping[str, Callable[[Click], Awaitable[View]]] = MappingProxyType({}),
        cards: Mapping[str, Callable[[Click, int], Awaitable[View | None]]] = MappingProxyType({}),
    ) -> None:
        """`clicks` deal with the buttons of cards that are no change's, by verb.

        `cards` find such a card from the click and the number of a page, by the name of what its buttons carry.
        """
        self._clicks = clicks
        self._cards = cards
        self._commands = commands
        self._access = access
        self._world = world
        self._workflow = workflow
        self._changes = changes
        self._audit = audit
        self._names = names
        self._now = now
        self._ended = ended
        self._meter = meter
        self._typing: set[asyncio.Task[None]] = set()
        self._turned: KeptAnswers = KeptAnswers(now)

    @property
    def busy(self) -> bool:
        """Whether anything runs that somebody waits for; a change that waits for its yes is not that."""
        return self._workflow.busy or bool(self._typing)

    # Messages

    async def on_message(self, message: Message) -> None:
        """Answer a message, with exactly one card that may be edited until the answer is there."""
        with following(message.correlation), span("message"):
            await self._on_message(message)

    async def _on_message(self, message: Message) -> None:
        slow, began = SlowCard(message), time.monotonic()
        work = asyncio.create_task(self._answer(message))
        try:
            await asyncio.wait({work}, timeout=PATIENCE)
            if not work.done():
                await slow.show()
            command, answer = await work
        finally:
            work.cancel()
            message.taken.set()
        if answer is not None:
            await slow.finish(answer.view)
            self._answered(message, command, answer, began)

    def _answered(self, message: Message, command: str, answer: ErrorReply, began: float) -> None:
        _LOG.info("request=%s command=%s outcome=%s", message.id, command or "-", answer.outcome.value)
        self._meter.answered(command, answer.outcome, time.monotonic() - began)
        self._ended(answer.outcome)

    async def _answer(self, message: Message, *, turning: bool = False) -> tuple[str, ErrorReply | None]:
        """The name of the command, empty for what is none, and the answer; None for a change, which tells its own.

        `turning` is for another page of an answer: where that is still kept, it is of the same one.
        """
        name = ""
        try:
            self._names.met(message.sender)
            said = greeting(message.text)
            parsed = None if said else parse(message.text, self._commands)
            if parsed is None:
                message.taken.set()
                return name, await self._greeted(message, said or Greeting.HELLO)
            name = parsed.command.name
            if not isinstance(parsed.command, Query):
                return name, await self._change(message, parsed)
            message.taken.set()
            return name, await self._read(message, parsed, turning=turning)
        except UserError as error:
            return name, await self._invalid(message, error)
        except Exception as error:  # noqa: BLE001 - every error becomes a card; the unknown ones are logged there
            return name, answer_to(error, message.id)

    async def _change(self, message: Message, parsed: Parsed) -> ErrorReply | None:
        """Take a change on where all can see it; who asks privately is refused privately."""
        place = message.conversation.open
        if place.address != message.conversation.address:
            level = await self._access.level(message.sender, fresh=True)
            if level < parsed.command.level:
                return await self._refused(message, parsed.command, level)
        await self._workflow.begin(replace(message, conversation=place), parsed)
        return None

    async def _greeted(self, message: Message, said: Greeting) -> ErrorReply:
        level = await self._access.level(message.sender, fresh=False)
        way_in, personal = self._access.way_in(Level.VIEWER), message.conversation.is_personal
        return ErrorReply(hello(self._commands, level, way_in, personal=personal, said=said), Outcome.ANSWERED)

    async def _invalid(self, message: Message, error: UserError) -> ErrorReply:
        """What was wrong; what may be suggested is for this person's level, if anybody can tell it."""
        level = Level.ANYONE
        if error.suggestions or error.hints:
            with suppress(Unavailable):
                level = await self._access.level(message.sender, fresh=False)
        return ErrorReply(replies.invalid(with_suggestions(error, self._commands), level), Outcome.INVALID)

    async def _read(self, message: Message, parsed: Parsed, *, turning: bool) -> ErrorReply:
        query = parsed.command
        assert isinstance(query, Query)  # noqa: S101 - changes went another way
        reveals = query.reveals is not None and query.reveals(parsed.args)
        level = await self._access.level(message.sender, fresh=reveals)
        if level < (needed := max(query.level, Level.ADMIN) if reveals else query.level):
            return await self._refused(message, query, level, needed)
        if reveals and not message.conversation.is_private:
            return ErrorReply(replies.not_in_public(parsed.first_page), Outcome.INVALID)
        caller = Caller(message.sender.object_id, message.sender.name, level)
        asked = (caller.object_id, parsed.first_page)
        pages = self._turned.find(asked) if turning else None
        if pages is None:
            if reveals:
                # What it names was typed, and may itself look like a secret.
                line = unshaped(parsed.first_page.removeprefix("/jhub "))
                await self._audit.write(self._told(message, AuditEvent.REVEALED, line))
            view = await query.run(parsed.args, self._world.reads(caller))
            if view.page is not None:
                return ErrorReply(view, Outcome.ANSWERED)
            pages = answer_pages(view, parsed)
        self._turned.keep(asked, pages)
        return ErrorReply(chosen(pages, parsed), Outcome.ANSWERED)

    async def _refused(self, message: Message, asked: Command, level: Level, needed: Level | None = None) -> ErrorReply:
        # Not what was typed: it may hold what belongs to somebody else.
        await self._audit.write(replace(self._told(message, AuditEvent.REFUSED, asked.name), outcome=Outcome.REFUSED))
        needed = asked.level if needed is None else needed
        return ErrorReply(
            replies.refused(asked.name, needed, level, self._access.way_in(needed), reveal=needed > asked.level),
            Outcome.REFUSED,
        )

    def _told(self, message: Message, event: AuditEvent, command: str) -> AuditEntry:
        """An entry about a message that is no change's."""
        return AuditEntry(
            key=f"{message.conversation.id} {message.id} {event.value}",
            at=self._now(),
            event=event,
            object_id=message.sender.object_id,
            name=message.sender.name,
            conversation=message.conversation.id,
            command=command,
        )

    # Clicks

    async def on_click(self, click: Click) -> View:
        """Deal with a click and return what its card shows now to the one who clicked."""
        with following(id_of(click.conversation.id, click.id)):
            return await self._on_click(click)

    async def _on_click(self, click: Click) -> View:
        try:
            if (its := self._clicks.get(click.verb)) is not None:
                self._names.met(click.sender)
                return await its(click)
            known = await self._changes.get(click.data.get("id", ""))
            if click.verb == TYPE:
                return await self._typed(click, known, await self._stands_on(click))
            if click.verb == PAGE and known is None:
                return await self._stands_on(click, page_of(click)) or await self._turn(click)
            if known is None:
                return Notice(
                    "This card is no longer active", approval_card.not_counted(Decision.UNKNOWN, None), Tone.WARNING
                )
            with following(known.id):
                self._names.met(click.sender)
                return await self._pressed(click, known)
        except Unavailable as error:
            return replies.unavailable(error)

    async def _stands_on(self, click: Click, page: int = 1) -> View | None:
        """The card that the button stands on, where that is no change's."""
        found = [await its(click, page) for name, its in self._cards.items() if name in click.data]
        return found[0] if found else None

    async def _turn(self, click: Click) -> View:
        """Another page of an answer, for whoever pressed, in the place of the one that they see."""
        began = time.monotonic()
        message = Message(click.id, click.sender, click.data.get("line", ""), click.conversation)
        work = asyncio.create_task(self._answer(message, turning=True))
        await asyncio.wait({work}, timeout=_TURNS)
        if not work.done():
            # A click has to be answered in time: what takes longer is answered below.
            work.cancel()
            return await self._typed(click, None, None)
        command, answer = work.result()
        if answer is None:
            return _asked_for(message.text)
        self._answered(message, command, answer, began)
        return answer.view

    async def _typed(self, click: Click, known: ChangeRequest | None, other: View | None) -> View:
        """Take the button's line as typed by whoever pressed; it stands on the card of `known`, or on another."""
        line = click.data.get("line", "")
        message = Message(click.id, click.sender, line, click.conversation)
        work = asyncio.create_task(self.on_message(message))
        self._typing.add(work)
        work.add_done_callback(self._typing.discard)
        await asyncio.wait({work, taken := asyncio.create_task(message.taken.wait())}, timeout=PATIENCE)
        taken.cancel()
        if other is not None or known is None:
            return other or _asked_for(line)
        with suppress(Unavailable):
            return self._seen(click, known, await self._access.level(click.sender, fresh=False))
        return _asked_for(line)

    async def _pressed(self, click: Click, known: ChangeRequest) -> View:
        try:
            level = await self._access.level(click.sender, fresh=True)
        except Unavailable as error:
            _LOG.warning("a click by %s was refused: %s", click.sender.object_id, error)
            return await self._unchecked(click, known, error)
        if known.state is State.ENDED:
            return await self._pressed_late(click, known, level)
        match click.verb:
            case "view" | "page":
                return self._seen(click, known, level)
            case "confirm" | "approve" | "reject" | "dismiss":
                return await self._voted(click, known, level)
            case "stop":
                return await self._stopped(click, known, level)
        return Notice("This button no longer works", "The card may be from an older version of the bot.", Tone.WARNING)

    async def _unchecked(self, click: Click, known: ChangeRequest, error: Unavailable) -> View:
        """Nothing may be done; shown is what this person might see a moment ago."""
        try:
            level = await self._access.level(click.sender, fresh=False)
        except Unavailable:
            return replies.unavailable(error)
        return await self._said(click, known, level, replies.unchecked(error))

    async def _pressed_late(self, click: Click, known: ChangeRequest, level: Level) -> View:
        if LISTED in click.data:
            return await self._listed(click, approval_card.not_counted(Decision.DECIDED_ALREADY, known))
        if level >= Level.VIEWER:
            self._workflow.adopt(known, click)
        return self._seen(click, known, level)

    def _seen(self, click: Click, known: ChangeRequest, level: Level) -> View:
        """The change as this person sees it: who may not look at anything does not see it at all."""
        if level < Level.VIEWER:
            return replies.hidden(self._access.way_in(Level.VIEWER))
        return self._workflow.view(known, click.sender, level, page_of(click))

    async def _said(self, click: Click, known: ChangeRequest, level: Level, words: str) -> View:
        """What the card of the button shows now, with what came of the click."""
        if LISTED in click.data:
            return await self._listed(click, words)
        view = self._seen(click, known, level)
        return _with_warning(view, words) if words else view

    async def _listed(self, click: Click, words: str) -> View:
        """The list that the button stands on, as it is now, after what came of the click."""
        _, answer = await self._answer(Message(click.id, click.sender, LIST, click.conversation))
        if answer is None:
            raise RuntimeError("the list of what waits is not a query")
        return _with_warning(answer.view, words)

    async def _voted(self, click: Click, known: ChangeRequest, level: Level) -> View:
        verdict = self._verdict(click, known)
        if refusal := self._may_not(click.sender, known, verdict, level):
            return await self._refused_click(click, known, level, refusal)
        vote = Vote(click.sender, verdict, self._now())
        entry = self._entry(click, known, _EVENTS[verdict], f"{verdict.value} {click.sender.object_id}")
        decision = await self._changes.vote(known.id, click.data.get("digest", ""), vote, entry)
        now = await self._changes.get(known.id) or known
        if decision.counts or decision is Decision.EXPIRED:
            self._workflow.decided(known.id)
        if not decision.counts:
            return await self._said(click, now, level, approval_card.not_counted(decision, now))
        if decision is Decision.COUNTED:
            await self._workflow.refresh(now)
        if LISTED in click.data:
            return await self._listed(click, f"You {_DONE[verdict]} “{now.title}”.")
        self._workflow.adopt(now, click)
        return self._seen(click, now, level)

    @staticmethod
    def _verdict(click: Click, known: ChangeRequest) -> Response:
        """What the button says; a requester who turns against their own change takes it back."""
        verdict = _VERDICTS.get(click.verb, Response.WITHDRAW)
        own = click.sender.is_same(known.requester)
        return Response.WITHDRAW if own and verdict is Response.REJECT else verdict

    def _may_not(self, person: Person, known: ChangeRequest, verdict: Response, level: Level) -> str:
        """Why this person may not say this to this change; empty if they may."""
        own = person.is_same(known.requester)
        if verdict in (Response.CONFIRM, Response.WITHDRAW):
            if not own:
                return f"Only {known.requester.name}, who asked for this, can answer."
            needed = self._workflow.level_for(known)
            return "" if level >= needed or verdict is Response.WITHDRAW else replies.needs("confirm this", needed)
        if own:
            return "You asked for this yourself, so somebody else must approve it."
        if level < (by := self._workflow.level_to_approve(known)):
            return replies.needs("approve this" if verdict is Response.APPROVE else "reject this", by)
        if known.confirm or (known.emergency and verdict is Response.APPROVE):
            return "This needs no approval."
        return ""

    async def _refused_click(self, click: Click, known: ChangeRequest, level: Level, refusal: str) -> View:
        entry = self._entry(click, known, AuditEvent.REFUSED, f"refused {click.verb} {click.sender.object_id}")
        await self._audit.write(replace(entry, outcome=Outcome.REFUSED, detail={"tried": click.verb}))
        return await self._said(click, known, level, f"{refusal} Nothing was done.")

    async def _stopped(self, click: Click, known: ChangeRequest, level: Level) -> View:
        needed = self._workflow.level_for(known)
        if level < needed:
            return await self._refused_click(click, known, level, replies.needs("stop this", needed))
        await self._workflow.stop(known.id, click.sender)
        return self._seen(click, await self._changes.get(known.id) or known, level)

    def _entry(self, click: Click, known: ChangeRequest, event: AuditEvent, key: str) -> AuditEntry:
        return AuditEntry(
            key=f"{known.id} {key}",
            at=self._now(),
            event=event,
            object_id=click.sender.object_id,
            name=click.sender.name,
            conversation=click.conversation.id,
            command=known.line,
            operation=known.id,
        )


def _asked_for(line: str) -> Notice:
    return Notice("Request received", f"“{line[:_SHOWN_LINE]}” is answered below.")


def _with_warning(view: View, warning: str) -> View:
    """The view without its buttons, but for those to its other pages, and why they did nothing."""
    buttons = only_turning(view.buttons)
    match view:
        case Plan():
            return replace(view, buttons=buttons, question="", warnings=(warning, *view.warnings))
        case Request():
            return replace(view, buttons=buttons, note=warning)
        case Progress():
            return replace(view, buttons=buttons, warnings=(warning, *view.warnings))
        case Notice():
            return replace(view, text=f"{warning}\n{view.text}".strip(), buttons=buttons)
        case Status():
            # A list, whose buttons are about what is left.
            return replace(view, headline=f"{warning} {view.headline}", buttons=view.buttons)
    return view
