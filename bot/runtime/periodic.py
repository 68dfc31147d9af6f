"""Background loops: work that is done again and again while a block lasts.

A loop is a task of this process and ends with its block: cancelled wherever it stands, and waited for. A run that fails
is logged, in one line where an outside system did not answer, with its traceback where it is a bug, and the next run
comes all the same. What replicas share out among them, or what has to survive a restart, is no loop but a durable
schedule (`bot.runtime.durable`).

Time passes by a `Clock`, so that a test can drive it.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Final, NoReturn

from bot.runtime.clock import Clock, SystemClock
from clients.errors import Unavailable

_SYSTEM_CLOCK: Final = SystemClock()


@dataclass(frozen=True)
class Interval:
    """Time between two runs, in seconds: from the end of one to the beginning of the next.

    `seconds` may be a function, which is called after each run. `first` is the time before the first run. A wake-up
    ends the wait, but never before `at_least`. `jitter` (0 to 1) is the part of `seconds` by which it varies at random,
    up or down, so that not everybody asks at once.
    """

    seconds: float | Callable[[], float]
    first: float = 0.0
    at_least: float = 0.0
    jitter: float = 0.0

    def next(self) -> float:
        """Return the time until the next run."""
        seconds = self.seconds if isinstance(self.seconds, int | float) else self.seconds()
        return max(self.at_least, seconds * jittered(self.jitter))


@dataclass(frozen=True)
class FailureLog:
    """Log of the runs that fail: `unavailable` is said of an outside system that does not answer, `bug` of all else."""

    log: logging.Logger
    unavailable: str
    bug: str

    async def run(self, work: Callable[[], Awaitable[object]]) -> None:
        """Do the work, and log what it raises. Raise nothing but CancelledError."""
        try:
            await work()
        except Unavailable as error:
            self.log.warning("%s: %s", self.unavailable, error)
        except Exception:
            self.log.exception("%s", self.bug)


def jittered(part: float) -> float:
    """Return a random factor between 1 - `part` and 1 + `part`."""
    return 1 + random.uniform(-part, part)  # noqa: S311 - spreads load, guards nothing


async def repeat(
    work: Callable[[], Awaitable[object]],
    interval: Interval,
    failures: FailureLog,
    *,
    wakeup: asyncio.Event | None = None,
    clock: Clock = _SYSTEM_CLOCK,
) -> NoReturn:
    """Do the work again and again until cancelled. `wakeup`, once set, has the next run come sooner."""
    never = asyncio.Event()
    woken = wakeup or never
    await _pause(clock, never, interval.first)
    while True:
        # Before the run, not after it: what happens meanwhile is worth another one.
        woken.clear()
        await failures.run(work)
        seconds = interval.next()
        await _pause(clock, never, interval.at_least)
        await _pause(clock, woken, seconds - interval.at_least)


async def _pause(clock: Clock, event: asyncio.Event, seconds: float) -> None:
    if seconds > 0:
        await clock.wait(event, seconds)


@contextlib.asynccontextmanager
async def background(work: Coroutine[object, object, object], *, name: str) -> AsyncIterator[None]:
    """Run `work` as a task while the block lasts; then cancel it and wait for its end."""
    task = asyncio.create_task(work, name=name)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
