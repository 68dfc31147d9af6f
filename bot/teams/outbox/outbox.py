"""Everything the bot writes in Teams: conversations as `bot.chat.platform` knows them, each with a queue of its own."""

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict
from typing import Final
from weakref import WeakValueDictionary

from bot.runtime.clock import Clock
from bot.teams.connector_client import Connector
from bot.teams.conversations.reference import ConversationReference
from bot.teams.delivery_errors import ConversationGone, DeliveryUnknown, NotDelivered, Unacceptable
from bot.teams.outbox.card import CardStage, QueuedCard
from bot.teams.outbox.queue import SETTLE, ConversationQueue
from bot.teams.outbox.rate_limits import Pace
from bot.teams.outbox.rendering import Removed, Wanted
from cards.views import View
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
        self._lanes: dict[str, tuple[ConversationQueue, asyncio.Task[None]]] = {}
        # Handles on one message must share its state, or an old state could be shown after a newer one.
        self._cards: WeakValueDictionary[tuple[str, str], QueuedCard] = WeakValueDictionary()

    def __len__(self) -> int:
        return len(self._lanes)

    @property
    def busy(self) -> bool:
        """Whether any state still has to be shown."""
        return any(lane.unsent for lane, _ in self._lanes.values())

    def conversation(self, reference: ConversationReference) -> "TeamsConversation":
        """A place to write."""
        return TeamsConversation(self, reference)

    def card(self, reference: ConversationReference, card_id: str) -> QueuedCard:
        """The state of a message that was posted before."""
        key = (reference.conversation_id, card_id)
        card = self._cards.get(key)
        if card is None:
            card = self._cards[key] = QueuedCard(reference, card_id)
        return card

    async def send(self, card: QueuedCard) -> None:
        """See to `card`, and return after the first attempt, or after a while: then it is tried further."""
        self.queue(card)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await card.tried.wait()
        if card.id:
            self._cards.setdefault((card.reference.conversation_id, card.id), card)

    async def put(self, reference: ConversationReference, wanted: Wanted, message_id: str = "") -> str:
        """Have a message there, a new one unless `message_id` names one, and return its id.

        The id is empty where Teams has not taken it yet: it is tried further. Raises Unavailable where it is given up.
        """
        card = self.card(reference, message_id) if message_id else QueuedCard(reference)
        card.want(wanted, final=isinstance(wanted, Removed))
        await self.send(card)
        if card.stage is CardStage.GIVEN_UP:
            raise Unavailable("Teams", "did not take a message")
        return card.id

    def queue(self, card: QueuedCard) -> None:
        """See to `card`, soon."""
        if self._closed:
            _LOG.error("a card for %s came after the end and is not shown", card.reference.conversation_id)
            card.tried.set()
            return
        self._lane(card.reference).add(card)

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
            self._lane(place).hold_edits(card_id, seconds)

    async def notice(self, reference: ConversationReference, message_id: str) -> None:
        """Let whoever wrote see that their message is worked on, unless it is answered within a moment.

        Where Teams refuses some in a row, no other is given: it does not have them there.
        """
        begun = self._clock.now()
        await self._clock.wait(asyncio.Event(), _MOMENT)
        lane, _ = self._lanes.get(reference.conversation_id, (None, None))
        answered = lane is not None and lane.last_created is not None and lane.last_created >= begun
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
        """Who is in a conversation. Raises what `Connector.members` raises."""
        return await self._connector.members(reference)

    async def begin(self, reference: ConversationReference, member: str) -> str:
        """The id of the chat with one person. Raises what `Connector.personal` raises."""
        return await self._connector.personal(reference, member)

    async def close(self, grace: float) -> None:
        """Send what waits, for `grace` seconds at most; what is left then is logged and lost."""
        until = time.monotonic() + grace
        # Whoever is told of a last state may say another one: look until nothing is left.
        while self._lanes and time.monotonic() < until:
            for lane, _ in self._lanes.values():
                lane.close()
            await asyncio.wait([task for _, task in self._lanes.values()], timeout=until - time.monotonic())
            await asyncio.sleep(0)
        self._closed = True
        left = tuple(self._lanes.values())
        for _, task in left:
            task.cancel()
        await asyncio.gather(*(task for _, task in left), return_exceptions=True)
        if lost := sum(lane.unsent for lane, _ in left):
            _LOG.error("%d states were not shown before the end", lost)

    def _lane(self, reference: ConversationReference) -> ConversationQueue:
        key = reference.conversation_id
        if key not in self._lanes or self._lanes[key][1].done():
            lane = ConversationQueue(self._connector, self._clock, self._pace(key), self._settle)
            task = asyncio.create_task(lane.run(), name=f"outbox {key}")
            self._lanes[key] = (lane, task)
            task.add_done_callback(lambda ended: self._drop(key, ended))
        return self._lanes[key][0]

    def _pace(self, key: str) -> Pace:
        """What was written there within the hour: a queue that was idle meanwhile must not forget it."""
        now = self._clock.now()
        self._paces = {one: pace for one, pace in self._paces.items() if not pace.is_over(now)}
        return self._paces.setdefault(key, Pace())

    def _drop(self, key: str, ended: asyncio.Task[None]) -> None:
        if key in self._lanes and self._lanes[key][1] is ended:
            del self._lanes[key]
        if not ended.cancelled() and (error := ended.exception()) is not None:
            _LOG.error("the queue of %s ended", key, exc_info=error)


class TeamsConversation:
    """Implements `bot.chat.Conversation`."""

    def __init__(self, outbox: Outbox, reference: ConversationReference) -> None:
        self._outbox = outbox
        self.reference = reference

    @property
    def id(self) -> str:
        """The conversation's id in Teams; in a channel, the thread's."""
        return self.reference.conversation_id

    @property
    def address(self) -> str:
        """The reference, as JSON: `ConversationReference.from_address` reads it."""
        return json.dumps(asdict(self.reference), sort_keys=True)

    @property
    def is_personal(self) -> bool:
        """Whether it is the chat of one person with the bot."""
        return self.reference.is_personal

    @property
    def is_private(self) -> bool:
        """Whether one person alone sees what is said here now."""
        return self.reference.is_personal or self.reference.targeted

    async def post(self, view: View) -> "TeamsCard":
        """Post a card. Returns after the first attempt, or after five seconds; it is tried further if it may."""
        card = QueuedCard(self.reference, wanted=view)
        await self._outbox.send(card)
        return TeamsCard(self._outbox, card)

    def card(self, card_id: str) -> "TeamsCard":
        """A handle on a card posted before."""
        return TeamsCard(self._outbox, self._outbox.card(self.reference, card_id))

    @property
    def own(self) -> "TeamsConversation":
        """The channel, for a thread in it; else the same place."""
        return TeamsConversation(self._outbox, self.reference.own)

    @property
    def open(self) -> "TeamsConversation":
        """The same place for everybody in it."""
        return TeamsConversation(self._outbox, self.reference.open)

    def below(self, card_id: str) -> "TeamsConversation":
        """The thread that the card began, in a channel; else the same place."""
        return TeamsConversation(self._outbox, self.reference.thread(card_id).without_prompt)


class TeamsCard:
    """Implements `bot.chat.Posted`."""

    def __init__(self, outbox: Outbox, card: QueuedCard) -> None:
        self._outbox = outbox
        self._card = card

    @property
    def id(self) -> str:
        """The message's id, empty while there is none."""
        return self._card.id

    @property
    def is_banished(self) -> bool:
        """Whether Teams has said that the bot may not write there any more."""
        return self._card.banished

    @property
    def is_lost(self) -> bool:
        """Whether it was given up."""
        return self._card.stage is CardStage.GIVEN_UP

    def update(self, view: View) -> None:
        """Show `view` soon; does nothing after `finish`."""
        self._card.want(view, final=False)
        self._outbox.queue(self._card)

    async def shows(self, view: View) -> bool:
        """Show `view` and whether Teams has said so; not after `finish`. Returns after five seconds at most."""
        self._card.insist()
        self._card.want(view, final=False)
        await self._outbox.send(self._card)
        return self._card.is_shown

    async def finish(self, view: View) -> None:
        """Show `view` as the last state. Returns once it is shown or, after one attempt or five seconds, kept."""
        self._card.want(view, final=True)
        await self._outbox.send(self._card)
