"""Cards in a conversation's queue: the newest content of each, and what has become of it."""

import asyncio
from enum import Enum, auto

from bot.instrumentation.correlation import current
from bot.teams.conversations.reference import ConversationReference
from bot.teams.outbox.rendering import Wanted
from cards.views import Plan, Request


class CardStage(Enum):
    """Stage of a card's delivery."""

    NEW = auto()
    POSTED = auto()
    UNSURE = auto()
    GIVEN_UP = auto()


class QueuedCard:
    """Delivery of a card into the conversation: the newest state that is not shown yet, and how often that failed."""

    def __init__(self, reference: ConversationReference, card_id: str = "", wanted: Wanted | None = None) -> None:
        self.reference = reference
        self.id = card_id
        self.stage = CardStage.POSTED if card_id else CardStage.NEW
        self.wanted = wanted
        self.final = False
        self.plain = False
        self.hints_left = 0
        self.due = 0.0
        self.settled_at: float | None = None
        self.failures = 0
        self.failing_since: float | None = None
        self.version = 0
        self.correlation = current()
        # Set once the platform has said that the bot may not write in the conversation any more.
        self.banished = False
        # Rather there twice than not at all: created again if it is not sure that it was.
        self.insistent = False
        self.tried = asyncio.Event()

    def want(self, view: Wanted, *, final: bool) -> None:
        """Request `view`. After a final state only another final one counts."""
        if self.stage is CardStage.GIVEN_UP or (self.final and not final):
            return
        self.wanted, self.final = view, final
        self.correlation = current()
        self.version += 1
        self.tried.clear()

    def insist(self) -> None:
        """Have it there, even if that were twice; what was perhaps created is created again."""
        self.insistent = True
        if self.stage is CardStage.UNSURE:
            self.stage, self.id, self.hints_left = CardStage.NEW, "", 0

    @property
    def is_shown(self) -> bool:
        """True if Teams has taken all that was asked for, and the last answer was a good one."""
        return self.stage is CardStage.POSTED and self.wanted is None and not self.failures

    @property
    def has_work(self) -> bool:
        """True if something can be done for it."""
        match self.stage:
            case CardStage.GIVEN_UP:
                return False
            case CardStage.UNSURE:
                return (self.final and self.wanted is not None) or (not self.wanted and self.hints_left > 0)
        return self.wanted is not None

    @property
    def is_awaited(self) -> bool:
        """True if somebody waits for what is to be shown: a question, or the end."""
        return self.final or isinstance(self.wanted, Plan | Request)

    def put_back(self, view: Wanted) -> None:
        """Request `view` again, which was not shown; a newer state goes before it."""
        if self.wanted is None:
            self.wanted = view


def take(card: QueuedCard) -> Wanted:
    """Return the state to send. What is asked for from here on comes after it."""
    view, card.wanted, card.settled_at = card.wanted, None, None
    if view is None:
        raise ValueError("nothing to send")
    return view
