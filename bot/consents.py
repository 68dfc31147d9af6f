"""Plans that wait for their requester's yes. Each ends exactly once: claimed, dismissed or expired."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.chat import Message, Posted
from cards.views import Plan
from commands.spec import AnyChange


@dataclass
class Pending:
    """One plan that was shown. `digest` is what the person saw; `args` make the plan again before acting."""

    id: str
    message: Message
    change: AnyChange
    args: Any
    digest: str
    preview: Plan
    expires: datetime
    _card: Posted | None = None
    _shown: asyncio.Event = field(default_factory=asyncio.Event)

    def shown_on(self, card: Posted) -> None:
        """Remember the card: a fast click may come before this is known."""
        self._card = card
        self._shown.set()

    async def card(self) -> Posted:
        """The card that shows the plan, once it is posted."""
        await self._shown.wait()
        assert self._card is not None  # noqa: S101 - set before the event is
        return self._card


class ClaimRefused(Exception):  # noqa: N818 - named after the answer
    """The click has no effect. The message says why, to the one who clicked."""


@dataclass
class Consents:
    """What waits, in memory: after a restart the old cards say that they are over.

    Every method is one step of the event loop, so of two clicks at once only one finds the plan waiting.
    """

    _waiting: dict[str, Pending] = field(default_factory=dict)
    _ended: dict[str, str] = field(default_factory=dict)

    def add(self, pending: Pending) -> None:
        """Let a plan wait."""
        self._waiting[pending.id] = pending

    def find(self, consent: str) -> Pending | None:
        """The plan, if it still waits."""
        return self._waiting.get(consent)

    def claim(self, consent: str, digest: str, object_id: str, now: datetime) -> Pending:
        """Take the plan out for good. Raises ClaimRefused unless all of it is right, at this moment."""
        pending = self._waiting.get(consent)
        if pending is None:
            raise ClaimRefused(
                self._ended.get(consent, "The bot no longer knows this question. Type the command again.")
            )
        if object_id != pending.message.sender.object_id:
            raise ClaimRefused(f"Only {pending.message.sender.name}, who asked, can answer this.")
        if digest != pending.digest:
            raise ClaimRefused("This card is not the one that was shown. Type the command again.")
        if now >= pending.expires:
            raise ClaimRefused("This question has expired. Nothing was done. Type the command again.")
        self.end(pending, "This was answered already.")
        return pending

    def expire(self, consent: str) -> Pending | None:
        """Take the plan out because its time is over; None when it was answered before."""
        pending = self._waiting.get(consent)
        if pending is not None:
            self.end(pending, "This question has expired. Nothing was done. Type the command again.")
        return pending

    def end(self, pending: Pending, why: str) -> None:
        """Remember why a plan no longer waits, for late clicks."""
        self._waiting.pop(pending.id, None)
        self._ended[pending.id] = why
        while len(self._ended) > 1_000:  # noqa: PLR2004 - late clicks come within hours, not after a thousand plans
            del self._ended[next(iter(self._ended))]

    def __len__(self) -> int:
        return len(self._waiting)
