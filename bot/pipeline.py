"""The way of every request, typed or clicked: who, parse, may they. Reads are answered here, changes are taken on.

A change goes on in `bot.workflow`; a click on its card comes back here and passes the same check of permission.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from bot import answers, approvals
from bot.access import Access
from bot.audit import Audit, Entry, Event
from bot.chat import Click, Message, Person, Posted
from bot.correlation import following, id_of
from bot.meter import UNCOUNTED, Meter
from bot.outcomes import Outcome
from bot.spans import span
from bot.store.changes import Change, Changes, Decision, State, Verdict, Vote
from bot.store.people import Names
from bot.workflow import PATIENCE, Answer, Workflow, World, answer_to
from cards.views import TYPE, HelpEntry, Notice, Plan, Progress, Request, Tone, View
from clients.errors import Unavailable
from commands.parse import Parsed, parse
from commands.reads import Caller
from commands.spec import Command, Level, Query
from commands.usage import usage

_LOG = logging.getLogger("jhub_bot.pipeline")

_SUGGESTED: Final = 4
_SHOWN_LINE: Final = 100
_VERDICTS: Final = {"confirm": Verdict.CONFIRM, "approve": Verdict.APPROVE, "reject": Verdict.REJECT}
_EVENTS: Final = {
    Verdict.CONFIRM: Event.CONFIRMED,
    Verdict.APPROVE: Event.APPROVED,
    Verdict.REJECT: Event.REJECTED,
    Verdict.WITHDRAW: Event.WITHDRAWN,
}


class Pipeline:
    """Deals with messages and clicks: implements `bot.chat.Listener`."""

    def __init__(
        self,
        *,
        commands: Sequence[Command],
        access: Access,
        world: World,
        workflow: Workflow,
        changes: Changes,
        audit: Audit,
        names: Names,
        now: Callable[[], datetime],
        ended: Callable[[Outcome], None] = lambda _: None,
        meter: Meter = UNCOUNTED,
        clicks: Mapping[str, Callable[[Click], Awaitable[View]]] = MappingProxyType({}),
        cards: Mapping[str, Callable[[str], Awaitable[View | None]]] = MappingProxyType({}),
    ) -> None:
        """`clicks` deal with the buttons of cards that are no change's, by verb.

        `cards` find such a card by what its buttons carry: by the name of that, from its value.
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
        slow, began = _SlowCard(message), time.monotonic()
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
            _LOG.info("request=%s command=%s outcome=%s", message.id, command or "-", answer.outcome.value)
            self._meter.answered(command, answer.outcome, time.monotonic() - began)
            self._ended(answer.outcome)

    async def _answer(self, message: Message) -> tuple[str, Answer | None]:
        """The name of the command, empty for what is none, and the answer; None for a change, which tells its own."""
        name = ""
        try:
            self._names.met(message.sender)
            parsed = parse(message.text, self._commands)
            name = "" if parsed is None else parsed.command.name
            if parsed is not None and not isinstance(parsed.command, Query):
                return name, await self._change(message, parsed)
            message.taken.set()
            return name, await self._read(message, parsed)
        except Exception as error:  # noqa: BLE001 - every error becomes a card; the unknown ones are logged there
            return name, answer_to(error, message.id)

    async def _change(self, message: Message, parsed: Parsed) -> Answer | None:
        """Take a change on where all can see it; who asks privately is refused privately."""
        place = message.conversation.open
        if place.address != message.conversation.address:
            level = await self._access.level(message.sender, fresh=True)
            if level < parsed.command.level:
                return await self._refused(message, parsed.command, level)
        await self._workflow.begin(replace(message, conversation=place), parsed)
        return None

    async def _read(self, message: Message, parsed: Parsed | None) -> Answer:
        level = await self._access.level(message.sender, fresh=False)
        if parsed is None:
            return Answer(answers.no_words(self._suggestions(level)), Outcome.ANSWERED)
        query = parsed.command
        if level < query.level:
            return await self._refused(message, query, level)
        caller = Caller(message.sender.object_id, message.sender.name, level)
        assert isinstance(query, Query)  # noqa: S101 - changes went another way
        return Answer(await query.run(parsed.args, self._world.reads(caller)), Outcome.ANSWERED)

    async def _refused(self, message: Message, asked: Command, level: Level) -> Answer:
        entry = Entry(
            key=f"{message.conversation.id} {message.id} refused",
            at=self._now(),
            event=Event.REFUSED,
            object_id=message.sender.object_id,
            name=message.sender.name,
            conversation=message.conversation.id,
            # Not what was typed: it may hold what belongs to somebody else.
            command=asked.name,
            outcome=Outcome.REFUSED,
        )
        await self._audit.write(entry)
        holders = self._access.holders(asked.level)
        return Answer(answers.refused(asked.name, asked.level, level, holders), Outcome.REFUSED)

    def _suggestions(self, level: Level) -> list[HelpEntry]:
        allowed = [c for c in self._commands if c.level <= level]
        return [HelpEntry(usage(c), c.summary) for c in allowed][:_SUGGESTED]

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
            if known is None:
                return Notice("This card is over", approvals.not_counted(Decision.UNKNOWN, None), Tone.WARNING)
            with following(known.id):
                self._names.met(click.sender)
                return await self._pressed(click, known)
        except Unavailable as error:
            return answers.unavailable(error)

    async def _stands_on(self, click: Click) -> View | None:
        """The card that the button stands on, where that is no change's."""
        found = [await its(click.data[name]) for name, its in self._cards.items() if name in click.data]
        return found[0] if found else None

    async def _typed(self, click: Click, known: Change | None, other: View | None) -> View:
        """Take the button's line as typed by whoever pressed; it stands on the card of `known`, or on another."""
        line = click.data.get("line", "")
        message = Message(click.id, click.sender, line, click.conversation)
        work = asyncio.create_task(self.on_message(message))
        self._typing.add(work)
        work.add_done_callback(self._typing.discard)
        await asyncio.wait({work, taken := asyncio.create_task(message.taken.wait())}, timeout=PATIENCE)
        taken.cancel()
        if known is not None:
            return self._workflow.view(known)
        if other is not None:
            return other
        return Notice("Asked for", f"“{line[:_SHOWN_LINE]}” is answered below.")

    async def _pressed(self, click: Click, known: Change) -> View:
        if known.state is State.ENDED:
            self._workflow.adopt(known, click.card_id)
            return self._workflow.view(known)
        try:
            level = await self._access.level(click.sender, fresh=True)
        except Unavailable as error:
            _LOG.warning("a click by %s was refused: %s", click.sender.object_id, error)
            return _with_warning(self._workflow.view(known), answers.unchecked(error))
        match click.verb:
            case "view":
                return self._workflow.view(known, click.sender, level)
            case "confirm" | "approve" | "reject" | "dismiss":
                return await self._voted(click, known, level)
            case "stop":
                return await self._stopped(click, known, level)
        return Notice("That button does nothing", "The card may be from an older version of the bot.", Tone.WARNING)

    async def _voted(self, click: Click, known: Change, level: Level) -> View:
        verdict = self._verdict(click, known)
        if (refusal := self._may_not(click.sender, known, verdict, level)) and known.state is State.WAITING:
            return await self._refused_click(click, known, level, refusal)
        vote = Vote(click.sender, verdict, self._now())
        entry = self._entry(click, known, _EVENTS[verdict], f"{verdict.value} {click.sender.object_id}")
        decision = await self._changes.vote(known.id, click.data.get("digest", ""), vote, entry)
        now = await self._changes.get(known.id) or known
        if decision.counts or decision is Decision.EXPIRED:
            self._workflow.decided(known.id)
        if decision.counts:
            if decision is Decision.COUNTED:
                await self._workflow.refresh(now)
            self._workflow.adopt(now, click.card_id)
            return self._workflow.view(now, click.sender, level)
        return _with_warning(self._workflow.view(now, click.sender, level), approvals.not_counted(decision, now))

    @staticmethod
    def _verdict(click: Click, known: Change) -> Verdict:
        """What the button says; a requester who turns against their own change takes it back."""
        verdict = _VERDICTS.get(click.verb, Verdict.WITHDRAW)
        own = click.sender.object_id == known.requester.object_id
        return Verdict.WITHDRAW if own and verdict is Verdict.REJECT else verdict

    def _may_not(self, person: Person, known: Change, verdict: Verdict, level: Level) -> str:
        """Why this person may not say this to this change; empty if they may."""
        own = person.object_id == known.requester.object_id
        if verdict in (Verdict.CONFIRM, Verdict.WITHDRAW):
            if not own:
                return f"Only {known.requester.name}, who asked, can answer this."
            needed = self._workflow.level_for(known)
            return "" if level >= needed or verdict is Verdict.WITHDRAW else answers.needs(known.title, needed)
        if own:
            return "You asked for this yourself: somebody else must approve it."
        if level < Level.APPROVER:
            return answers.needs("Approving" if verdict is Verdict.APPROVE else "Rejecting", Level.APPROVER)
        if known.confirm or (known.emergency and verdict is Verdict.APPROVE):
            return "This needs nobody’s approval."
        return ""

    async def _refused_click(self, click: Click, known: Change, level: Level, refusal: str) -> View:
        entry = self._entry(click, known, Event.REFUSED, f"refused {click.verb} {click.sender.object_id}")
        await self._audit.write(replace(entry, outcome=Outcome.REFUSED, detail={"tried": click.verb}))
        return _with_warning(self._workflow.view(known, click.sender, level), f"{refusal} Nothing was done.")

    async def _stopped(self, click: Click, known: Change, level: Level) -> View:
        needed = self._workflow.level_for(known)
        if level < needed:
            warning = f"Stopping this is for {needed.title}s and above."
            return _with_warning(self._workflow.view(known), warning)
        await self._workflow.stop(known.id, click.sender)
        return self._workflow.view(await self._changes.get(known.id) or known)

    def _entry(self, click: Click, known: Change, event: Event, key: str) -> Entry:
        return Entry(
            key=f"{known.id} {key}",
            at=self._now(),
            event=event,
            object_id=click.sender.object_id,
            name=click.sender.name,
            conversation=click.conversation.id,
            command=known.line,
            operation=known.id,
        )


def _with_warning(view: View, warning: str) -> View:
    """The view without its buttons, and why they did nothing."""
    match view:
        case Plan():
            return replace(view, buttons=(), question="", warnings=(warning, *view.warnings))
        case Request():
            return replace(view, buttons=(), note=warning)
        case Progress():
            return replace(view, buttons=(), warnings=(warning, *view.warnings))
        case Notice():
            return replace(view, text=f"{warning}\n{view.text}".strip(), buttons=())
    return view


class _SlowCard:
    """The one card of an answer: posted when there is something to show, edited if something was shown before."""

    def __init__(self, message: Message) -> None:
        self._conversation = message.conversation
        self._posted: Posted | None = None

    async def show(self) -> None:
        """Say that the answer takes a moment."""
        self._posted = await self._conversation.post(answers.working())

    async def finish(self, view: View) -> None:
        """Show `view` as the card's last state."""
        if self._posted is None:
            self._posted = await self._conversation.post(view)
        else:
            await self._posted.finish(view)
