"""Attempts to deliver a card: one request to the connector, and what its failure leads to.

The rules, in one place:
- A message is created again only if it surely was not created (429, 412, no connection, no token).
- An edit is repeated until it holds; only the newest state is sent.
- A card that was perhaps created is never created again, unless somebody insists that it is rather there twice. Its
  last state is said as a new message once the service answers; if there is none to come, people are told that
  something may be missing.
- What only one person may see is never shown to others: where Teams does not take it, they are told just that.
- What does not work for half an hour is given up and logged.
"""

import logging
import random
from collections.abc import Callable
from typing import Final

from bot.instrumentation.correlation import following
from bot.runtime.clock import Clock
from bot.teams.connector_client import Connector
from bot.teams.delivery_errors import ConversationGone, DeliveryUnknown, NotDelivered, Unacceptable
from bot.teams.outbox.card import CardStage, QueuedCard, take
from bot.teams.outbox.pacing import PACE, Pace
from bot.teams.outbox.rendering import Prepared, Removed, Wanted, edited, message
from cards.views import Notice, Tone

_LOG = logging.getLogger("jhub_bot.teams.outbox")

GIVE_UP_AFTER: Final = 1_800.0
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


class CardSender:
    """Sender of one conversation's cards. `add` puts a further card into the conversation's queue.

    `last_created` and `last_edit` are moments of the clock; nothing is to be sent before `held_until`.
    """

    def __init__(self, connector: Connector, clock: Clock, pace: Pace, add: Callable[[QueuedCard], None]) -> None:
        self._connector = connector
        self._clock = clock
        self._pace = pace
        self._add = add
        self._random = random.SystemRandom()
        self.held_until = 0.0
        self.last_edit = -PACE
        self.last_created: float | None = None

    async def attempt(self, card: QueuedCard) -> None:
        """Send what the card has to show next, and note on it what came of that."""
        # A queue serves many: each attempt belongs to what the card shows.
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
            self.last_edit = self._clock.now()
            self._pace.wrote(self.last_edit)

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
        """Send the last state of a card that was perhaps created, or say that it may be missing."""
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
        """Recover what can be: say a card in plain text, say the last state anew if its message is not there."""
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
                self._add(QueuedCard(card.reference.open, wanted=NOT_PRIVATELY))
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
            self.held_until = max(self.held_until, now + retry_after)
        _LOG.info("%s: %s, again in %.1f s", card.reference.conversation_id, why, card.due - now)

    def _give_up(self, card: QueuedCard, why: str) -> None:
        card.stage, card.wanted = CardStage.GIVEN_UP, None
        _LOG.error(
            "a %s state for %s is given up: %s",
            "final" if card.final else "passing",
            card.reference.conversation_id,
            why,
        )
