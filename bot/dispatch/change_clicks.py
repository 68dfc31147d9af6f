"""Clicks on the cards of changes: approve, confirm, reject, stop, look. Each passes the same gates as what is typed."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from bot.access.access import Access
from bot.audit.entry import AuditEvent
from bot.changes import approval_card, replies
from bot.changes.authorization import ResponseRefused, authorize_response
from bot.changes.change_view import ChangeView
from bot.changes.model import ChangeRequest, Decision, Response, State, Vote
from bot.changes.records import ChangeRecords
from bot.changes.requirements import Requirements
from bot.changes.stopping import ChangeStopper
from bot.chat.platform import Click, Message
from bot.dispatch.answer_pages import page_of
from bot.dispatch.messages import MessageHandler
from bot.instrumentation.outcomes import Outcome
from cards.escaping import clean, shorten
from cards.pages import only_turning
from cards.views import LONGEST_WHY, WHY, Notice, Plan, Progress, Request, Status, Tone, View
from clients.errors import Unavailable
from clients.secret_patterns import unshaped
from commands.framework.command import Level
from commands.requests.approvals import LIST, LISTED

_LOG = logging.getLogger("jhub_bot.pipeline")

_RESPONSES: Final = {"confirm": Response.CONFIRM, "approve": Response.APPROVE, "reject": Response.REJECT}


_PAST_TENSE: Final = {
    Response.CONFIRM: "confirmed",
    Response.APPROVE: "approved",
    Response.REJECT: "rejected",
    Response.WITHDRAW: "withdrew",
}


_EVENTS: Final[Mapping[Response, AuditEvent]] = {
    Response.CONFIRM: AuditEvent.CONFIRMED,
    Response.APPROVE: AuditEvent.APPROVED,
    Response.REJECT: AuditEvent.REJECTED,
    Response.WITHDRAW: AuditEvent.WITHDRAWN,
}


@dataclass(frozen=True)
class ChangeClicks:
    """Deals with the buttons of changes. Its methods raise Unavailable when the store is."""

    records: ChangeRecords
    requirements: Requirements
    access: Access
    view: ChangeView
    stopper: ChangeStopper
    messages: MessageHandler

    async def press(self, click: Click, known: ChangeRequest) -> View:
        """Do what the button of a change's card says, and return what the card shows now to the one who clicked."""
        try:
            level = await self.access.level(click.sender, fresh=True)
        except Unavailable as error:
            _LOG.warning("a click by %s was refused: %s", click.sender.object_id, error)
            return await self._unchecked(click, known, error)
        if known.state is State.ENDED:
            return await self._press_late(click, known, level)
        match click.verb:
            case "view" | "page":
                return self.seen(click, known, level)
            case "confirm" | "approve" | "reject" | "dismiss":
                return await self._vote(click, known, level)
            case "stop":
                return await self._stop(click, known, level)
        return Notice("This button no longer works", "The card may be from an older version of the bot.", Tone.WARNING)

    def seen(self, click: Click, known: ChangeRequest, level: Level) -> View:
        """Return the change as somebody of `level` sees it: below viewer, only their own that anybody may ask for."""
        is_own = click.sender.is_same(known.requester) and level >= self.requirements.level_to_ask(known)
        if level < Level.VIEWER and not is_own:
            return replies.hidden(self.access.way_in(Level.VIEWER))
        return self.view.of(known, click.sender, level, page_of(click))

    async def _unchecked(self, click: Click, known: ChangeRequest, error: Unavailable) -> View:
        """Do nothing, and return what this person was allowed to see a moment ago."""
        try:
            level = await self.access.level(click.sender, fresh=False)
        except Unavailable:
            return replies.unavailable(error)
        return await self._with_words(click, known, level, replies.unchecked(error))

    async def _press_late(self, click: Click, known: ChangeRequest, level: Level) -> View:
        if LISTED in click.data:
            return await self._listed(click, approval_card.not_counted(Decision.DECIDED_ALREADY, known))
        if level >= Level.VIEWER:
            self.view.adopt(known, click)
        return self.seen(click, known, level)

    async def _with_words(self, click: Click, known: ChangeRequest, level: Level, words: str) -> View:
        """Return what the card of the button shows now, with what came of the click."""
        if LISTED in click.data:
            return await self._listed(click, words)
        view = self.seen(click, known, level)
        return _with_warning(view, words) if words else view

    async def _listed(self, click: Click, words: str) -> View:
        """Return the list that the button stands on, as it is after the click, with what came of that."""
        answered = await self.messages.answer(Message(click.id, click.sender, LIST, click.conversation))
        if answered.reply is None:
            raise RuntimeError("the list of what waits is not a query")
        return _with_warning(answered.reply.view, words)

    async def _vote(self, click: Click, known: ChangeRequest, level: Level) -> View:
        response = _response(click, known)
        to_ask, to_approve = self.requirements.level_to_ask(known), self.requirements.level_to_approve(known)
        verdict = authorize_response(known, click.sender, response, level, to_ask=to_ask, to_approve=to_approve)
        if isinstance(verdict, ResponseRefused):
            return await self._refuse(click, known, level, verdict.why)
        decision = await self._count(click, known, response)
        now = await self.records.changes.get(known.id) or known
        if decision.counts or decision is Decision.EXPIRED:
            self.stopper.running.wake(known.id)
        if not decision.counts:
            return await self._with_words(click, now, level, approval_card.not_counted(decision, now))
        if decision is Decision.COUNTED:
            await self.view.refresh(now)
        if LISTED in click.data:
            return await self._listed(click, f"You {_PAST_TENSE[response]} “{now.title}”.")
        self.view.adopt(now, click)
        return self.seen(click, now, level)

    async def _count(self, click: Click, known: ChangeRequest, response: Response) -> Decision:
        why = _why(click) if response is Response.REJECT else ""
        vote = Vote(click.sender, response, self.records.now(), why)
        entry = self.records.entry(
            known,
            _EVENTS[response],
            f"{response.value} {click.sender.object_id}",
            {"reason": why} if why else None,
            by=click.sender,
            conversation=click.conversation.id,
        )
        return await self.records.changes.vote(known.id, click.data.get("digest", ""), vote, entry)

    async def _refuse(self, click: Click, known: ChangeRequest, level: Level, why: str) -> View:
        """Record that the click was refused, and return the card with the reason."""
        entry = self.records.entry(
            known,
            AuditEvent.REFUSED,
            f"refused {click.verb} {click.sender.object_id}",
            {"tried": click.verb},
            outcome=Outcome.REFUSED,
            by=click.sender,
            conversation=click.conversation.id,
        )
        await self.records.audit.write(entry)
        return await self._with_words(click, known, level, f"{why} Nothing was done.")

    async def _stop(self, click: Click, known: ChangeRequest, level: Level) -> View:
        needed = self.requirements.level_to_stop(known, click.sender)
        if level < needed:
            return await self._refuse(click, known, level, replies.needs("stop this", needed))
        await self.stopper.stop(known.id, click.sender)
        return self.seen(click, await self.records.changes.get(known.id) or known, level)


def _why(click: Click) -> str:
    """Return the reason that was typed, on one line and without what looks like a secret; empty for none."""
    return shorten(unshaped(clean(click.data.get(WHY, ""))), LONGEST_WHY)


def _response(click: Click, known: ChangeRequest) -> Response:
    """Return what the button says; requesters who turn against their own change withdraw it."""
    response = _RESPONSES.get(click.verb, Response.WITHDRAW)
    is_own = click.sender.is_same(known.requester)
    return Response.WITHDRAW if is_own and response is Response.REJECT else response


def _with_warning(view: View, warning: str) -> View:
    """Return the view with why its buttons did nothing, and without them, but for those to its other pages."""
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
