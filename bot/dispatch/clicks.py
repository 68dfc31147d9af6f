"""The way of a click: to the card that its button stands on, or to the line that the button types."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from bot.changes import approval_card, replies
from bot.changes.model import ChangeRequest, Decision
from bot.changes.planning import PATIENCE
from bot.chat.platform import Click, Message
from bot.dispatch.answer_pages import page_of
from bot.dispatch.change_clicks import ChangeClicks
from bot.dispatch.messages import MessageHandler
from bot.instrumentation.correlation import following, id_of
from cards.views import PAGE, TYPE, Notice, Tone, View
from clients.errors import Unavailable

_SHOWN_LINE: Final = 100


# Teams waits somewhat longer for the answer to a click, in seconds.
_ANSWER_WITHIN: Final = 5.0

ButtonHandler = Callable[[Click], Awaitable[View]]
CardFinder = Callable[[Click, int], Awaitable[View | None]]


@dataclass(frozen=True)
class ClickHandler:
    """Deals with clicks. `buttons` deal with those of cards that are no change's, by verb.

    `cards` find such a card from the click and the number of a page, by the name of what its buttons carry.
    """

    messages: MessageHandler
    change_clicks: ChangeClicks
    buttons: Mapping[str, ButtonHandler]
    cards: Mapping[str, CardFinder]
    _typing: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def busy(self) -> bool:
        """True while a line that a button typed is being answered."""
        return bool(self._typing)

    async def on_click(self, click: Click) -> View:
        """Deal with a click and return what its card shows now to the one who clicked."""
        with following(id_of(click.conversation.id, click.id)):
            try:
                return await self._on_click(click)
            except Unavailable as error:
                return replies.unavailable(error)

    async def _on_click(self, click: Click) -> View:
        if (handler := self.buttons.get(click.verb)) is not None:
            self.messages.names.met(click.sender)
            return await handler(click)
        known = await self.change_clicks.records.changes.get(click.data.get("id", ""))
        if click.verb == TYPE:
            return await self._type(click, known, await self._card_of(click))
        if click.verb == PAGE and known is None:
            return await self._card_of(click, page_of(click)) or await self._turn(click)
        if known is None:
            words = approval_card.not_counted(Decision.UNKNOWN, None)
            return Notice("This card is no longer active", words, Tone.WARNING)
        with following(known.id):
            self.messages.names.met(click.sender)
            return await self.change_clicks.press(click, known)

    async def _card_of(self, click: Click, page: int = 1) -> View | None:
        """Return the card that the button stands on; None where that is a change's or an answer."""
        found = [await find(click, page) for name, find in self.cards.items() if name in click.data]
        return found[0] if found else None

    async def _turn(self, click: Click) -> View:
        """Return another page of an answer, for whoever pressed, in the place of the one that they see."""
        began = time.monotonic()
        message = Message(click.id, click.sender, click.data.get("line", ""), click.conversation)
        work = asyncio.create_task(self.messages.answer(message, turning=True))
        await asyncio.wait({work}, timeout=_ANSWER_WITHIN)
        if not work.done():
            # A click has to be answered in time: what takes longer is answered below.
            work.cancel()
            return await self._type(click, None, None)
        answered = work.result()
        if answered.reply is None:
            return _received(message.text)
        self.messages.count(message, answered.command, answered.reply, began)
        return answered.reply.view

    async def _type(self, click: Click, known: ChangeRequest | None, other: View | None) -> View:
        """Take the button's line as typed by whoever pressed; it stands on the card of `known`, or on another."""
        line = click.data.get("line", "")
        message = Message(click.id, click.sender, line, click.conversation)
        work = asyncio.create_task(self.messages.on_message(message))
        self._typing.add(work)
        work.add_done_callback(self._typing.discard)
        await asyncio.wait({work, taken := asyncio.create_task(message.taken.wait())}, timeout=PATIENCE)
        taken.cancel()
        if other is not None or known is None:
            return other or _received(line)
        with suppress(Unavailable):
            level = await self.messages.access.level(click.sender, fresh=False)
            return self.change_clicks.seen(click, known, level)
        return _received(line)


def _received(line: str) -> Notice:
    return Notice("Request received", f"“{line[:_SHOWN_LINE]}” is answered below.")
