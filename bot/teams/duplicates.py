"""Filter of what Teams delivers twice: a message whose acknowledgement it missed, an invoke it asks again."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Final, Generic, TypeVar

from bot.runtime.clock import Clock

KEEP: Final = 600.0
MOST: Final = 10_000

AnswerT = TypeVar("AnswerT")
# The kind of activity, the conversation, the activity.
Key = tuple[str, str, str]


class DuplicateFilter(Generic[AnswerT]):
    """Memory of deliveries by conversation and activity id, for ten minutes and 10,000 of them at most."""

    def __init__(self, clock: Clock, *, keep: float = KEEP, most: int = MOST) -> None:
        self._clock = clock
        self._keep = keep
        self._most = most
        self._seen: dict[Key, float] = {}
        self._answers: dict[Key, asyncio.Task[AnswerT]] = {}

    def __len__(self) -> int:
        return len(self._seen)

    def is_new(self, key: Key) -> bool:
        """Return True if this is the first delivery under `key`; from now on it is not."""
        self._forget_old()
        if key in self._seen:
            return False
        self._seen[key] = self._clock.now() + self._keep
        return True

    def forget(self, key: Key) -> None:
        """Have the next delivery under `key` be new."""
        self._seen.pop(key, None)
        self._answers.pop(key, None)

    async def once(self, key: Key, answer: Callable[[], Coroutine[object, object, AnswerT]]) -> AnswerT:
        """Return the answer to the delivery under `key`: made the first time, the same one ever after."""
        if self.is_new(key):
            self._answers[key] = asyncio.create_task(answer())
        # A caller that goes away must not take the answer from those who ask again.
        return await asyncio.shield(self._answers[key])

    def _forget_old(self) -> None:
        while self._seen:
            key, until = next(iter(self._seen.items()))
            if until > self._clock.now() and len(self._seen) < self._most:
                return
            del self._seen[key]
            self._answers.pop(key, None)
