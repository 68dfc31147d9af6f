"""Listens in on what the bot says, for a terminal: the views themselves, before they become a platform's cards."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

from bot.chat import Click, Conversation, Listener, Message, Posted
from cards.views import View


class Said(Enum):
    """What the bot did with a view: a new card, a card on its way, a card's last state, the answer to a click."""

    POSTED = "posted"
    UPDATED = "updated"
    FINISHED = "finished"
    ANSWERED = "answered"


Sink = Callable[[Said, View], None]


@dataclass(frozen=True)
class Overheard:
    """A listener that passes everything on and tells `sink` of every view that is shown."""

    listener: Listener
    sink: Sink

    async def on_message(self, message: Message) -> None:
        """Pass the message on, its conversation overheard."""
        await self.listener.on_message(replace(message, conversation=overheard(message.conversation, self.sink)))

    async def on_click(self, click: Click) -> View:
        """Pass the click on; tell of what the one who clicked sees."""
        view = await self.listener.on_click(click)
        self.sink(Said.ANSWERED, view)
        return view


def overheard(conversation: Conversation, sink: Sink) -> Conversation:
    """A conversation that tells `sink` of every view that is shown."""
    return _Conversation(conversation, sink)


@dataclass(frozen=True)
class _Conversation:
    inner: Conversation
    sink: Sink

    @property
    def id(self) -> str:
        return self.inner.id

    @property
    def address(self) -> str:
        return self.inner.address

    async def post(self, view: View) -> Posted:
        self.sink(Said.POSTED, view)
        return _Card(await self.inner.post(view), self.sink)

    def card(self, card_id: str) -> Posted:
        return _Card(self.inner.card(card_id), self.sink)

    @property
    def own(self) -> Conversation:
        return _Conversation(self.inner.own, self.sink)

    @property
    def open(self) -> Conversation:
        return _Conversation(self.inner.open, self.sink)

    def below(self, card_id: str) -> Conversation:
        return _Conversation(self.inner.below(card_id), self.sink)


@dataclass(frozen=True)
class _Card:
    inner: Posted
    sink: Sink

    @property
    def id(self) -> str:
        return self.inner.id

    @property
    def is_banished(self) -> bool:
        return self.inner.is_banished

    def update(self, view: View) -> None:
        self.sink(Said.UPDATED, view)
        self.inner.update(view)

    async def finish(self, view: View) -> None:
        self.sink(Said.FINISHED, view)
        await self.inner.finish(view)
