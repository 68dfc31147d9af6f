"""Wrapper of a conversation through which every view passes on its way to people: changed, or only observed."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

from bot.chat.platform import Conversation, Posted
from cards.views import View


class ViewEvent(Enum):
    """Use of a view: a new card, an edit of a card, a card's last state, the answer to a click."""

    POSTED = "posted"
    UPDATED = "updated"
    FINISHED = "finished"
    ANSWERED = "answered"


ViewFilter = Callable[[ViewEvent, View, Conversation], View]
"""What is shown for a view, in a conversation."""


@dataclass(frozen=True)
class InterceptedConversation:
    """The conversation `inner`, with views as `view_filter` returns them; so are those of all that it leads to."""

    inner: Conversation
    view_filter: ViewFilter

    @property
    def id(self) -> str:
        """Id of the inner conversation."""
        return self.inner.id

    @property
    def address(self) -> str:
        """Address of the inner conversation."""
        return self.inner.address

    async def post(self, view: View) -> Posted:
        """Post a new card."""
        return _Card(await self.inner.post(self.shown(ViewEvent.POSTED, view)), self)

    def card(self, card_id: str) -> Posted:
        """Return a handle on a card posted before."""
        return _Card(self.inner.card(card_id), self)

    @property
    def is_personal(self) -> bool:
        """True if nobody but one person and the bot is there."""
        return self.inner.is_personal

    @property
    def is_private(self) -> bool:
        """True if one person alone reads what is said here now."""
        return self.inner.is_private

    @property
    def own(self) -> Conversation:
        """The conversation in which the bot says what nobody asked for."""
        return replace(self, inner=self.inner.own)

    @property
    def open(self) -> Conversation:
        """The conversation in which all can read."""
        return replace(self, inner=self.inner.open)

    def below(self, card_id: str) -> Conversation:
        """Return the conversation in which a card is answered."""
        return replace(self, inner=self.inner.below(card_id))

    def shown(self, said: ViewEvent, view: View) -> View:
        """Return the view as it is shown here."""
        return self.view_filter(said, view, self.inner)


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
