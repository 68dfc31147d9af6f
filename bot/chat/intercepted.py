"""A conversation through which every view passes on its way to people: to be changed, or only to be heard."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

from bot.chat.platform import Conversation, Posted
from cards.views import View


class ViewEvent(Enum):
    """What the bot does with a view: a new card, a card on its way, a card's last state, the answer to a click."""

    POSTED = "posted"
    UPDATED = "updated"
    FINISHED = "finished"
    ANSWERED = "answered"


ViewFilter = Callable[[ViewEvent, View, Conversation], View]
"""What is shown for a view, in a conversation."""


@dataclass(frozen=True)
class InterceptedConversation:
    """The conversation `inner`, whose views are shown as `passing` has them; so are those of all that it leads to."""

    inner: Conversation
    passing: ViewFilter

    @property
    def id(self) -> str:
        """The inner one's; so is the address."""
        return self.inner.id

    @property
    def address(self) -> str:
        """What finds the conversation again."""
        return self.inner.address

    async def post(self, view: View) -> Posted:
        """Post a new card."""
        return _Card(await self.inner.post(self.shown(ViewEvent.POSTED, view)), self)

    def card(self, card_id: str) -> Posted:
        """A handle on a card posted before."""
        return _Card(self.inner.card(card_id), self)

    @property
    def is_personal(self) -> bool:
        """Whether nobody but one person and the bot is there."""
        return self.inner.is_personal

    @property
    def is_private(self) -> bool:
        """Whether one person alone reads what is said here now."""
        return self.inner.is_private

    @property
    def own(self) -> Conversation:
        """Where the bot says what nobody asked for."""
        return replace(self, inner=self.inner.own)

    @property
    def open(self) -> Conversation:
        """Where all can read."""
        return replace(self, inner=self.inner.open)

    def below(self, card_id: str) -> Conversation:
        """Where a card is answered."""
        return replace(self, inner=self.inner.below(card_id))

    def shown(self, said: ViewEvent, view: View) -> View:
        """The view as it is shown here."""
        return self.passing(said, view, self.inner)


@dataclass(frozen=True)
class _Card:
    inner: Posted
    place: InterceptedConversation

    @property
    def id(self) -> str:
        return self.inner.id

    @property
    def is_banished(self) -> bool:
        return self.inner.is_banished

    @property
    def is_lost(self) -> bool:
        return self.inner.is_lost

    def update(self, view: View) -> None:
        self.inner.update(self.place.shown(ViewEvent.UPDATED, view))

    async def shows(self, view: View) -> bool:
        return await self.inner.shows(self.place.shown(ViewEvent.UPDATED, view))

    async def finish(self, view: View) -> None:
        await self.inner.finish(self.place.shown(ViewEvent.FINISHED, view))
