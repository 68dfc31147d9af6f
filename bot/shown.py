"""The card of each change: posted once, edited in place, found again after a restart."""

import asyncio
from collections.abc import Callable

from bot.chat import Places, Posted
from bot.store.changes import Change, Changes
from cards.views import View


class Shown:
    """The cards of the changes that this process works on.

    A card is posted before its id is on record. A crash just in between leaves a copy that nobody edits any more; its
    buttons still work, and whoever presses one sees how things stand.
    """

    def __init__(self, changes: Changes, places: Places) -> None:
        self._changes = changes
        self._places = places
        self._cards: dict[str, Posted] = {}
        self._posting: dict[str, asyncio.Lock] = {}

    async def show(self, change: Change, view: View) -> Posted:
        """Show `view` on the change's card."""
        return await self._showing(change, view, lambda card: card.update(view))

    async def finish(self, change: Change, view: View) -> None:
        """Show `view` as the last thing on the change's card, and forget the card."""
        before = self._cards.get(change.id)
        card = await self._showing(change, view, lambda _: None)
        if before is not None or card.id == change.card:
            await card.finish(view)
        self._cards.pop(change.id, None)
        self._posting.pop(change.id, None)

    def is_posting(self, change: str) -> bool:
        """Whether the card is on its way just now."""
        return change in self._posting and self._posting[change].locked()

    def adopt(self, change: Change, card_id: str, view: View) -> None:
        """Bring another copy of the card up to date, once."""
        if card_id and card_id != change.card:
            self._places(change.place).card(card_id).update(view)

    async def _showing(self, change: Change, view: View, edit: Callable[[Posted], None]) -> Posted:
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
