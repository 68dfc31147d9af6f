"""The cards of each change: posted once in each of their places, edited in place, found again after a restart."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.changes.model import ChangeRequest
from bot.changes.repository import Changes
from bot.chat.platform import Conversation, Places, Posted
from cards.views import View


@dataclass(frozen=True)
class Everywhere:
    """A change's card and its copies as one: implements `bot.chat.platform.Posted`. Its id is the id of the first."""

    first: Posted
    copies: Sequence[Posted]

    @property
    def id(self) -> str:
        """The id of the first one."""
        return self.first.id

    @property
    def is_banished(self) -> bool:
        """True if the bot may not write where the first one stands."""
        return self.first.is_banished

    @property
    def is_lost(self) -> bool:
        """True if what was last wanted of the first one was given up."""
        return self.first.is_lost

    def update(self, view: View) -> None:
        """Show `view` on each of them, soon."""
        for card in (self.first, *self.copies):
            card.update(view)

    async def shows(self, view: View) -> bool:
        """Show `view`. Return True if the platform has said of one of them that it is there."""
        return any(await asyncio.gather(*(card.shows(view) for card in (self.first, *self.copies))))

    async def finish(self, view: View) -> None:
        """Show `view` as the last state of each."""
        await asyncio.gather(*(card.finish(view) for card in (self.first, *self.copies)))


class ChangeCards:
    """The cards of the changes that this process works on.

    A card is posted before its id is on record. A crash just in between leaves a copy that nobody edits any more; its
    buttons still work, and whoever presses one sees how things stand.
    """

    def __init__(self, changes: Changes, places: Places) -> None:
        self._changes = changes
        self._places = places
        self._cards: dict[str, Posted] = {}
        # By the address of their place; those of a change are there once its record was looked into.
        self._copies: dict[str, dict[str, Posted]] = {}
        self._recorded: dict[str, dict[str, str]] = {}
        self._posting: dict[str, asyncio.Lock] = {}

    async def show(self, change: ChangeRequest, view: View) -> Posted:
        """Show `view` on the change's card and its copies."""
        copies = await self._known_copies(change)
        for copy in copies.values():
            copy.update(view)
        card = await self._showing(change, view, lambda card: card.update(view))
        await self._record(change)
        return Everywhere(card, tuple(copies.values())) if copies else card

    async def spread(self, change: ChangeRequest, view: View, places: Sequence[str]) -> Sequence[str]:
        """Post a copy of the card to each of these places, by their addresses. Return once each was tried.

        The places that are returned are those where the bot may not write.
        """
        copies = await self._known_copies(change)
        new = [place for place in places if place not in copies and place != change.place]
        posted = await asyncio.gather(*(self._places(place).post(view) for place in new))
        copies.update(zip(new, posted, strict=True))
        await self._record(change)
        return [place for place in places if place in copies and copies[place].is_banished]

    async def shows(self, change: ChangeRequest, view: View) -> Sequence[str]:
        """Show `view`, and return the addresses of the places where the platform has said that it is there."""
        first = await self._showing(change, view, lambda _: None)
        cards = {change.place: first, **await self._known_copies(change)}
        seen = await asyncio.gather(*(card.shows(view) for card in cards.values()))
        await self._record(change)
        if first.id and first.id != change.card:
            await self._changes.shown_on(change.id, first.id)
        return [place for place, is_seen in zip(cards, seen, strict=True) if is_seen]

    async def finish(self, change: ChangeRequest, view: View) -> None:
        """Show `view` as the last thing on the change's card and its copies, and forget them."""
        copies = await self._known_copies(change)
        before = self._cards.get(change.id)
        card = await self._showing(change, view, lambda _: None)
        ends = [card] if before is not None or card.id == change.card else []
        await asyncio.gather(*(one.finish(view) for one in (*ends, *copies.values())))
        for kept in (self._cards, self._copies, self._recorded, self._posting):
            kept.pop(change.id, None)

    def is_posting(self, change: str) -> bool:
        """Return True while the card is on its way."""
        return change in self._posting and self._posting[change].locked()

    def adopt(self, change: ChangeRequest, there: Conversation, card_id: str, view: View) -> None:
        """Bring another copy of the card, in the conversation `there`, up to date, once."""
        kept = {change.card, *(copy.id for copy in self._copies.get(change.id, {}).values())}
        if card_id and card_id not in kept:
            there.card(card_id).update(view)

    def thread(self, change: ChangeRequest) -> Conversation:
        """Return the conversation in which the card is answered where the change was asked for."""
        return self._places(change.place).below(change.card)

    async def threads(self, change: ChangeRequest) -> Sequence[Conversation]:
        """Return the conversations in which the card and each of its copies are answered."""
        cards = {change.place: change.card} | {
            place: copy.id for place, copy in (await self._known_copies(change)).items()
        }
        return [self._places(place).below(card) for place, card in cards.items()]

    async def _known_copies(self, change: ChangeRequest) -> dict[str, Posted]:
        if change.id not in self._copies:
            recorded = await self._changes.copies(change.id)
            self._recorded[change.id] = dict(recorded)
            self._copies[change.id] = self._found(recorded)
        return self._copies[change.id]

    def _found(self, recorded: Mapping[str, str]) -> dict[str, Posted]:
        return {place: self._places(place).card(card) for place, card in recorded.items()}

    async def _record(self, change: ChangeRequest) -> None:
        """Remember which messages the copies are, as far as that is known by now."""
        recorded = self._recorded.setdefault(change.id, {})
        for place, copy in self._copies.get(change.id, {}).items():
            if copy.id and recorded.get(place) != copy.id:
                await self._changes.copied(change.id, place, copy.id)
                recorded[place] = copy.id

    async def _showing(self, change: ChangeRequest, view: View, edit: Callable[[Posted], None]) -> Posted:
        async with self._posting.setdefault(change.id, asyncio.Lock()):
            card = self._cards.get(change.id)
            if card is None and change.card:
                card = self._places(change.place).card(change.card)
            if card is None:
                card = await self._places(change.place).post(view)
            else:
                edit(card)
            self._cards[change.id] = card
            if card.id and card.id != change.card:
                await self._changes.shown_on(change.id, card.id)
        return card
