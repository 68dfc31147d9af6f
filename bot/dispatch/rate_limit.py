"""A limit on what one caller asks: enough for any person, too little for a script to be in everybody's way.

Each caller has a bucket of their own, so that nobody waits because somebody else does not stop. The counts are this
process's alone: with two replicas a caller has up to twice as much.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from bot.chat.platform import Click, Listener, Message, Person, TooMuch
from bot.instrumentation.outcomes import Outcome
from cards.views import PAGE, Notice, Tone, View

# Callers that are remembered, at most: one who asks again after being forgotten begins anew.
MOST: Final = 10_000
# What an act costs. Clients look for a card's present state by themselves, for each card that comes into view; a long
# answer is read page by page.
_COSTS: Final = MappingProxyType({"view": 0.1, PAGE: 0.2})


@dataclass
class _Bucket:
    """The acts that a caller has left, as of `at`. `told` is set once they know that it was too little."""

    left: float
    at: float
    told: bool = False


@dataclass(frozen=True)
class RateLimited:
    """An act too many: `wait` is after how many whole seconds the next counts, `told` whether that was said before."""

    wait: int
    told: bool

    @property
    def words(self) -> str:
        """The sentence for the caller."""
        return f"You sent a lot at once. Wait {self.wait} s: until then, the bot ignores what you type and press here."


class RateLimits:
    """Counts what callers do: `burst` acts at once, `per_minute` of them over time; 0 a minute is no limit at all.

    `now` is a clock in seconds that only goes forward.
    """

    def __init__(self, per_minute: int, burst: int, now: Callable[[], float], *, most: int = MOST) -> None:
        self._rate = per_minute / 60
        self._burst = float(burst)
        self._now = now
        self._most = most
        self._buckets: dict[tuple[str, str], _Bucket] = {}

    def __len__(self) -> int:
        return len(self._buckets)

    def excess(self, who: Person, cost: float = 1.0) -> RateLimited | None:
        """Take `cost` from what the caller has left, and return None; where that is not enough, take nothing."""
        if not self._rate:
            return None
        bucket = self._bucket((who.tenant_id, who.object_id))
        if bucket.left >= cost:
            bucket.left -= cost
            bucket.told = False
            return None
        excess = RateLimited(math.ceil((cost - bucket.left) / self._rate), bucket.told)
        bucket.told = True
        return excess

    def _bucket(self, caller: tuple[str, str]) -> _Bucket:
        now = self._now()
        bucket = self._buckets.pop(caller, None) or _Bucket(self._burst, now)
        bucket.left = min(self._burst, bucket.left + (now - bucket.at) * self._rate)
        bucket.at = now
        # At the end: the first ones are those who have been quiet for longest.
        self._buckets[caller] = bucket
        if len(self._buckets) > self._most:
            del self._buckets[next(iter(self._buckets))]
        return bucket


class RateLimitedListener:
    """A listener that is told of no more than callers may do."""

    def __init__(
        self,
        inner: Listener,
        limits: RateLimits,
        ended: Callable[[Outcome], None] = lambda _: None,
        costs: Mapping[str, float] = _COSTS,
    ) -> None:
        """`costs` are of clicks by verb, where they are not 1."""
        self._inner = inner
        self._limits = limits
        self._ended = ended
        self._costs = costs

    async def on_message(self, message: Message) -> None:
        """Pass it on; the first one too many is answered, those after it are not."""
        excess = self._limits.excess(message.sender)
        if excess is None:
            await self._inner.on_message(message)
            return
        message.taken.set()
        if not excess.told:
            await message.conversation.post(Notice("Too many requests", excess.words, Tone.WARNING))
            self._ended(Outcome.LIMITED)

    async def on_click(self, click: Click) -> View:
        """Pass it on. Raise TooMuch: every click has to be answered, and this leaves its card as it is."""
        excess = self._limits.excess(click.sender, self._costs.get(click.verb, 1.0))
        if excess is not None:
            if not excess.told:
                self._ended(Outcome.LIMITED)
            raise TooMuch(excess.words)
        return await self._inner.on_click(click)
