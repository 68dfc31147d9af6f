"""One conversation's queue: what is to be shown there, in which order, how often, and what a failure leads to.

The rules, in one place:
- A message is created again only if it surely was not created (429, 412, no connection, no token).
- An edit is repeated until it holds; only the newest state is sent, and edits keep two seconds between them. What
  people wait for, a question and a card's last state, keeps one: Teams takes about one a second in a conversation.
  Where much was written within the hour, edits keep more (`bot.teams.outbox.rate_limits`).
- A card that was perhaps created is never created again, unless somebody insists that it is rather there twice. Its
  last state is said as a new message once the service answers; if there is none to come, people are told that
  something may be missing.
- What only one person may see is never shown to others: where Teams does not take it, they are told just that.
- What does not work for half an hour is given up and logged.
"""

import asyncio
import logging
import random
from typing import Final

from bot.instrumentation.correlation import following
from bot.runtime.clock import Clock
from bot.teams.connector_client import Connector
from bot.teams.delivery_errors import ConversationGone, DeliveryUnknown, NotDelivered, Unacceptable
from bot.teams.outbox.card import CardStage, QueuedCard, take
from bot.teams.outbox.rate_limits import PACE, Pace
from bot.teams.outbox.rendering import Prepared, Removed, Wanted, edited, message
from cards.views import Notice, Tone

_LOG = logging.getLogger("jhub_bot.teams.outbox")


# A passing state waits this long for a newer one: what changes last is often followed by the end, and an edit for
# it would keep the end waiting for a whole pace.
SETTLE: Final = 0.4


GIVE_UP_AFTER: Final = 1_800.0


IDLE: Final = 60.0


_FIRST_DELAY: Final = 1.0


_MAX_DELAY: Final = 60.0


# After a message that was perhaps created: time for a `finish` to come, and for the service to recover.
_UNSURE_DELAY: Final = 5.0


_HINTS: Final = 5


HINT = Notice(
    "An answer may be missing here",
    "The connection to Teams was lost while a card was being sent. If you do not see an answer above, ask again.",
    Tone.WARNING,
)


# Says nothing of what was asked: that was between the two of them.
NOT_PRIVATELY = Notice(
    "A private answer was not possible here",
    "Teams did not accept an answer that only you can see. Mention me, and everybody here sees the answer; or write "
    "to me in our personal chat.",
    Tone.WARNING,
)


class ConversationQueue:
    """Sends what its cards want, one request at a time."""

    def __init__(self, connector: Connector, clock: Clock, pace: Pace, settle: float = SETTLE) -> None:
        self._settle = settle
        self._pace = pace
        self._connector = connector
        self._clock = clock
        self._random = random.SystemRandom()
        self._cards: list[QueuedCard] = []
        self._wake = asyncio.Event()
        self._held_until = 0.0
        self._last_edit = -PACE
        self.last_created: float | None = None
        self._quiet: dict[str, float] = {}
        self._sending: QueuedCard | None = None
        self._closing = False

    @property
    def unsent(self) -> int:
        """How many cards wait for something to be sent, or for Teams' answer to it."""
        return sum(card.has_work or card is self._sending for card in self._cards)

    def add(self, card: QueuedCard) -> None:
        """See to `card` until it has nothing to do."""
        if card not in self._cards:
            self._cards.append(card)
        if card.settled_at is None:
            card.settled_at = self._clock.now() + self._settle
        self._wake.set()

    def hold_edits(self, card_id: str, seconds: float) -> None:
        """Leave a card alone for a while, whatever was said before."""
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
            await self._attempt(card)
        except Exception:  # noqa: BLE001 - one bad card must not end the conversation's queue
            _LOG.exception("a card for %s could not be sent", card.reference.conversation_id)
            card.stage = CardStage.GIVEN_UP
        finally:
            self._sending = None
            if version == card.version or card.stage is CardStage.GIVEN_UP:
                card.tried.set()

    async def _woken(self) -> bool:
        """Whether there is something to do before the lane has been idle, and is not held, for long enough."""
        now = self._clock.now()
        self._quiet = {card: until for card, until in self._quiet.items() if until > now}
        await self._clock.wait(self._wake, max([IDLE, self._held_until - now, *self._quiet_left(now)]))
        return self._wake.is_set()

    def _quiet_left(self, now: float) -> list[float]:
        return [until - now for until in self._quiet.values()]

    def _due(self, card: QueuedCard) -> float:
        due = max(card.due, self._held_until)
        if card.stage is not CardStage.POSTED:
            return due
        settled_at = 0.0 if card.is_awaited else card.settled_at or 0.0
        paced = self._pace.next_edit(self._clock.now(), self._last_edit, awaited=card.is_awaited)
        return max(due, settled_at, paced, self._quiet.get(card.id, 0.0))

    # Attempts

    async def _attempt(self, card: QueuedCard) -> None:
        # The lane serves many: each attempt belongs to what the card shows.
        with following(card.correlation):
            match card.stage:
                case CardStage.NEW:
                    await self._create(card)
                case CardStage.POSTED:
                    await self._edit(card)
                case CardStage.UNSURE:
                    await self._mend(card)

    async def _create(self, card: QueuedCard) -> None:
        view = take(card)
        if isinstance(view, Removed):
            self._give_up(card, "it was taken back before it was there")
            return
        self._pace.wrote(self._clock.now())
        try:
            card.id = await self._connector.create(card.reference, message(card.reference, view, plain=card.plain))
        except NotDelivered as error:
            card.put_back(view)
            self._retry(card, str(error), error.retry_after)
        except DeliveryUnknown as error:
            if card.insistent or (isinstance(view, Prepared) and view.is_fleeting):
                card.put_back(view)
                self._retry(card, str(error), None)
                return
            _LOG.warning("a card for %s was perhaps created: %s", card.reference.conversation_id, error)
            self._unsure(card, hints=_HINTS)
        except (Unacceptable, ConversationGone) as error:
            self._refused(card, view, error)
        else:
            self.last_created = self._clock.now()
            self._worked(card)
            if not card.id:
                self._unsure(card, hints=0)

    async def _edit(self, card: QueuedCard) -> None:
        view = take(card)
        try:
            await self._change(card, view)
        except (NotDelivered, DeliveryUnknown) as error:
            card.put_back(view)
            self._retry(card, str(error), getattr(error, "retry_after", None))
        except (Unacceptable, ConversationGone) as error:
            self._refused(card, view, error)
        else:
            self._worked(card)
        finally:
            # From the answer on, not from the sending: what counts is when Teams sees the next one.
            self._last_edit = self._clock.now()
            self._pace.wrote(self._last_edit)

    async def _change(self, card: QueuedCard, view: Wanted) -> None:
        if not isinstance(view, Removed):
            activity = edited(card.reference.thread(card.id), card.id, view, plain=card.plain)
            await self._connector.update(card.reference, card.id, activity)
            return
        try:
            await self._connector.delete(card.reference, card.id)
        except ConversationGone as error:
            if not error.missing:
                raise

    async def _mend(self, card: QueuedCard) -> None:
        """Bring the last state of a card that was perhaps created, or say that it may be missing."""
        try:
            await self._connector.probe(card.reference)
            if card.final and card.wanted is not None:
                self._start_again(card)
                return
            card.hints_left -= 1
            self._pace.wrote(self._clock.now())
            await self._connector.create(card.reference, message(card.reference, HINT, plain=False))
        except (NotDelivered, DeliveryUnknown) as error:
            self._retry(card, str(error), getattr(error, "retry_after", None))
        except (Unacceptable, ConversationGone) as error:
            card.banished = isinstance(error, ConversationGone) and error.by_teams
            self._give_up(card, str(error))
        else:
            card.hints_left = 0

    # What an attempt leads to

    def _worked(self, card: QueuedCard) -> None:
        card.stage = CardStage.POSTED
        card.failures, card.failing_since, card.due = 0, None, 0.0

    def _unsure(self, card: QueuedCard, *, hints: int) -> None:
        card.stage, card.id, card.hints_left = CardStage.UNSURE, "", hints
        card.due = self._clock.now() + _UNSURE_DELAY

    def _start_again(self, card: QueuedCard) -> None:
        card.stage, card.id, card.due = CardStage.NEW, "", 0.0

    def _refused(self, card: QueuedCard, view: Wanted, error: Unacceptable | ConversationGone) -> None:
        """Mend what can be mended: say a card in words, say the last state anew if its message is not there."""
        if card.stage is CardStage.NEW and card.reference.prompt and (isinstance(error, Unacceptable) or error.missing):
            _LOG.warning("a card is sent without the message that it answers: %s", error)
            card.reference = card.reference.without_prompt
            card.put_back(view)
        elif isinstance(error, Unacceptable) and not card.plain and not isinstance(view, Removed):
            _LOG.error("a card was refused and is said in words: %s", error)
            card.plain = True
            card.put_back(view)
        elif isinstance(error, ConversationGone) and error.missing and card.stage is CardStage.POSTED:
            if card.final:
                card.put_back(view)
                self._start_again(card)
        else:
            # A message that is created nowhere has lost its conversation; one that is missing, only itself.
            lost = isinstance(error, ConversationGone) and error.by_teams
            card.banished = lost and (card.stage is CardStage.NEW or not getattr(error, "missing", False))
            if card.reference.targeted and card.stage is CardStage.NEW:
                # A card of its own: what the answer becomes later must not be shown to all.
                self.add(QueuedCard(card.reference.open, wanted=NOT_PRIVATELY))
            self._give_up(card, str(error))

    def _retry(self, card: QueuedCard, why: str, retry_after: float | None) -> None:
        now = self._clock.now()
        if isinstance(card.wanted, Prepared) and card.wanted.is_fleeting:
            self._give_up(card, why)
            return
        card.failing_since = now if card.failing_since is None else card.failing_since
        if now - card.failing_since > GIVE_UP_AFTER:
            self._give_up(card, why)
            return
        delay = min(_MAX_DELAY, _FIRST_DELAY * 2.0 ** min(card.failures, 10)) * self._random.uniform(0.5, 1.0)
        card.failures += 1
        card.due = now + max(delay, retry_after or 0.0)
        if retry_after is not None:
            self._held_until = max(self._held_until, now + retry_after)
        _LOG.info("%s: %s, again in %.1f s", card.reference.conversation_id, why, card.due - now)

    def _give_up(self, card: QueuedCard, why: str) -> None:
        card.stage, card.wanted = CardStage.GIVEN_UP, None
        _LOG.error(
            "a %s state for %s is given up: %s",
            "final" if card.final else "passing",
            card.reference.conversation_id,
            why,
        )
