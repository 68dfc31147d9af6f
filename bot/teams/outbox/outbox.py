"""The outbox, by which everything leaves that the bot writes in Teams: a queue for each conversation."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Mapping
from typing import Final
from weakref import WeakValueDictionary

from bot.runtime.clock import Clock
from bot.teams.connector_client import Connector
from bot.teams.conversations.reference import ConversationReference
from bot.teams.delivery_errors import ConversationGone, DeliveryUnknown, NotDelivered, Unacceptable
from bot.teams.outbox.card import CardStage, QueuedCard
from bot.teams.outbox.pacing import Pace
from bot.teams.outbox.queue import SETTLE, ConversationQueue
from bot.teams.outbox.rendering import Removed, Wanted
from clients.errors import Unavailable

_LOG = logging.getLogger("jhub_bot.teams.outbox")

# How long a caller waits, in seconds, for a state to be shown; after that it is kept and shown later.
PATIENCE: Final = 5.0
# While a click is being answered its card is left alone, and for this long after: the client puts the answer on
# the card when it gets it, and would undo an edit that overtook it.
_AFTER_CLICK: Final = 1.0
_WHILE_CLICKED: Final = 30.0
# What is answered sooner needs no sign before. Teams takes two reactions a second of a bot.
_MOMENT: Final = 0.6
_MOST_UNNOTICED: Final = 3
_EYES: Final = "1f440_eyes"


class Outbox:
    """The queues of all conversations; one that was idle for a minute is dropped.

    `settle` is how long, in seconds, a passing state waits for a newer one.
    """

    def __init__(self, connector: Connector, clock: Clock, settle: float = SETTLE) -> None:
        self._settle = settle
        self._connector = connector
        self._clock = clock
        self._closed = False
        self._unnoticed = 0
        self._paces: dict[str, Pace] = {}
        self._queues: dict[str, tuple[ConversationQueue, asyncio.Task[None]]] = {}
        # Handles on one message must share its state, or an old state could be shown after a newer one.
        self._cards: WeakValueDictionary[tuple[str, str], QueuedCard] = WeakValueDictionary()

    def __len__(self) -> int:
        return len(self._queues)

    @property
    def busy(self) -> bool:
        """True while any state still has to be shown."""
        return any(queue.unsent for queue, _ in self._queues.values())

    def card(self, reference: ConversationReference, card_id: str) -> QueuedCard:
        """Return the state of a message that was posted before."""
        key = (reference.conversation_id, card_id)
        card = self._cards.get(key)
        if card is None:
            card = self._cards[key] = QueuedCard(reference, card_id)
        return card

    async def send(self, card: QueuedCard) -> None:
        """Queue `card`, and return after the first attempt, or after a while: then it is tried further."""
        self.queue(card)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await card.tried.wait()
        if card.id:
            self._cards.setdefault((card.reference.conversation_id, card.id), card)

    async def put(self, reference: ConversationReference, wanted: Wanted, message_id: str = "") -> str:
        """Have a message there, a new one unless `message_id` names one, and return its id.

        The id is empty where Teams has not taken it yet: it is tried further. Raise Unavailable where it is given up.
        """
        card = self.card(reference, message_id) if message_id else QueuedCard(reference)
        card.want(wanted, final=isinstance(wanted, Removed))
        await self.send(card)
        if card.stage is CardStage.GIVEN_UP:
            raise Unavailable("Teams", "did not take a message")
        return card.id

    def queue(self, card: QueuedCard) -> None:
        """Put `card` into the queue of its conversation."""
        if self._closed:
            _LOG.error("a card for %s came after the end and is not shown", card.reference.conversation_id)
            card.tried.set()
            return
        self._queue_of(card.reference).add(card)

    @contextlib.asynccontextmanager
    async def clicked(self, reference: ConversationReference, card_id: str) -> AsyncIterator[None]:
        """Leave a card alone while the block runs, and until its result has reached the client."""
        self._hold(reference, card_id, _WHILE_CLICKED)
        try:
            yield
        finally:
            self._hold(reference, card_id, _AFTER_CLICK)

    def _hold(self, reference: ConversationReference, card_id: str, seconds: float) -> None:
        # Whoever posted it as the beginning of a thread edits it in the channel's queue.
        for place in {reference.conversation_id: reference, reference.own.conversation_id: reference.own}.values():
            self._queue_of(place).hold_edits(card_id, seconds)

    async def notice(self, reference: ConversationReference, message_id: str) -> None:
        """Let whoever wrote see that their message is worked on, unless it is answered within a moment.

        Where Teams refuses some in a row, no other is given: it does not have them there.
        """
        begun = self._clock.now()
        await self._clock.wait(asyncio.Event(), _MOMENT)
        queue, _ = self._queues.get(reference.conversation_id, (None, None))
        answered = queue is not None and queue.last_created is not None and queue.last_created >= begun
        if answered or self._unnoticed >= _MOST_UNNOTICED or self._closed:
            return
        try:
            await self._connector.react(reference, message_id, _EYES)
        except (ConversationGone, Unacceptable) as error:
            # The message may have been deleted meanwhile; more than once in a row that is not the reason.
            self._unnoticed += 1
            _LOG.info("a message may not be reacted to: %s", error)
        except (NotDelivered, DeliveryUnknown) as error:
            _LOG.info("a message is not reacted to: %s", error)
        else:
            self._unnoticed = 0

    async def members(self, reference: ConversationReference) -> list[Mapping[str, object]]:
        """Return the members of a conversation. Raise what `Connector.members` raises."""
        return await self._connector.members(reference)

    async def begin(self, reference: ConversationReference, member: str) -> str:
        """Return the id of the chat with one person. Raise what `Connector.personal` raises."""
        return await self._connector.personal(reference, member)

    async def close(self, grace: float) -> None:
        """Send what waits, for `grace` seconds at most; what is left then is logged and lost."""
        until = time.monotonic() + grace
        # Whoever is told of a last state may say another one: look until nothing is left.
        while self._queues and time.monotonic() < until:
            for queue, _ in self._queues.values():
                queue.close()
            await asyncio.wait([task for _, task in self._queues.values()], timeout=until - time.monotonic())
            await asyncio.sleep(0)
        self._closed = True
        left = tuple(self._queues.values())
        for _, task in left:
            task.cancel()
        await asyncio.gather(*(task for _, task in left), return_exceptions=True)
        if lost := sum(queue.unsent for queue, _ in left):
            _LOG.error("%d states were not shown before the end", lost)

    def _queue_of(self, reference: ConversationReference) -> ConversationQueue:
        key = reference.conversation_id
        if key not in self._queues or self._queues[key][1].done():
            queue = ConversationQueue(self._connector, self._clock, self._pace(key), self._settle)
            task = asyncio.create_task(queue.run(), name=f"outbox {key}")
            self._queues[key] = (queue, task)
            task.add_done_callback(lambda ended: self._drop(key, ended))
        return self._queues[key][0]

    def _pace(self, key: str) -> Pace:
        """Return the record of the last hour's writing there: a queue that was idle meanwhile must not forget it."""
        now = self._clock.now()
        self._paces = {one: pace for one, pace in self._paces.items() if not pace.is_over(now)}
        return self._paces.setdefault(key, Pace())

    def _drop(self, key: str, ended: asyncio.Task[None]) -> None:
        if key in self._queues and self._queues[key][1] is ended:
            del self._queues[key]
        if not ended.cancelled() and (error := ended.exception()) is not None:
            _LOG.error("the queue of %s ended", key, exc_info=error)
