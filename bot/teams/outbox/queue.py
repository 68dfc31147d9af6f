"""One conversation's queue: the cards that have something to show there, in which order, and how often.

Edits keep two seconds between them. What people wait for, a question and a card's last state, keeps one: Teams takes
about one a second in a conversation. Where much was written within the hour, edits keep more
(`bot.teams.outbox.pacing`). What an attempt and its failure lead to is in `bot.teams.outbox.attempts`.
"""

import asyncio
import logging
from typing import Final

from bot.runtime.clock import Clock
from bot.teams.connector_client import Connector
from bot.teams.outbox.attempts import CardSender
from bot.teams.outbox.card import CardStage, QueuedCard
from bot.teams.outbox.pacing import Pace

_LOG = logging.getLogger("jhub_bot.teams.outbox")

# A passing state waits this long for a newer one: what changes last is often followed by the end, and an edit for
# it would keep the end waiting for a whole pace.
SETTLE: Final = 0.4
# A queue that has had nothing to do for so many seconds ends.
IDLE: Final = 60.0


class ConversationQueue:
    """Queue of one conversation's cards, which sends one request at a time."""

    def __init__(self, connector: Connector, clock: Clock, pace: Pace, settle: float = SETTLE) -> None:
        self._settle = settle
        self._pace = pace
        self._clock = clock
        self._sender = CardSender(connector, clock, pace, self.add)
        self._cards: list[QueuedCard] = []
        self._wake = asyncio.Event()
        self._quiet: dict[str, float] = {}
        self._sending: QueuedCard | None = None
        self._closing = False

    @property
    def last_created(self) -> float | None:
        """Time of the clock at which a message was last created, if one was."""
        return self._sender.last_created

    @property
    def unsent(self) -> int:
        """Number of cards that wait for something to be sent, or for Teams' answer to it."""
        return sum(card.has_work or card is self._sending for card in self._cards)

    def add(self, card: QueuedCard) -> None:
        """Send what `card` wants until it has nothing to do."""
        if card not in self._cards:
            self._cards.append(card)
        if card.settled_at is None:
            card.settled_at = self._clock.now() + self._settle
        self._wake.set()

    def hold_edits(self, card_id: str, seconds: float) -> None:
        """Leave a card alone for a while, whatever was requested before."""
        self._quiet[card_id] = self._clock.now() + seconds
        self._wake.set()

    def close(self) -> None:
        """End `run` as soon as nothing is left to send."""
        self._closing = True
        self._wake.set()

    async def run(self) -> None:
        """Send until there was nothing to do for a minute."""
        while True:
            self._wake.clear()
            self._cards = [card for card in self._cards if card.has_work]
            card = min(self._cards, key=self._due, default=None)
            if card is not None:
                await self._serve(card)
            elif self._closing or not await self._woken():
                return

    async def _serve(self, card: QueuedCard) -> None:
        wait = self._due(card) - self._clock.now()
        if wait > 0:
            await self._clock.wait(self._wake, wait)
            return
        version, self._sending = card.version, card
        try:
            await self._sender.attempt(card)
        except Exception:  # noqa: BLE001 - one bad card must not end the conversation's queue
            _LOG.exception("a card for %s could not be sent", card.reference.conversation_id)
            card.stage = CardStage.GIVEN_UP
        finally:
            self._sending = None
            if version == card.version or card.stage is CardStage.GIVEN_UP:
                card.tried.set()

    async def _woken(self) -> bool:
        """Return True if there is something to do before the queue has been idle, and is not held, for long enough."""
        now = self._clock.now()
        self._quiet = {card: until for card, until in self._quiet.items() if until > now}
        await self._clock.wait(self._wake, max([IDLE, self._sender.held_until - now, *self._quiet_left(now)]))
        return self._wake.is_set()

    def _quiet_left(self, now: float) -> list[float]:
        return [until - now for until in self._quiet.values()]

    def _due(self, card: QueuedCard) -> float:
        due = max(card.due, self._sender.held_until)
        if card.stage is not CardStage.POSTED:
            return due
        settled_at = 0.0 if card.is_awaited else card.settled_at or 0.0
        paced = self._pace.next_edit(self._clock.now(), self._sender.last_edit, awaited=card.is_awaited)
        return max(due, settled_at, paced, self._quiet.get(card.id, 0.0))
