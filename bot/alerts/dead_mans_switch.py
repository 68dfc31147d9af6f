"""Heartbeats to a dead man's switch outside, sent for as long as this replica finishes rounds of watching."""

import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Final, Protocol

from bot.alerts.engine import Engine
from bot.runtime.periodic import FailureLog, Interval, background, repeat

_UNHEARD: Final = "the outside does not hear that the bot watches"
_FAILURES: Final = FailureLog(logging.getLogger("jhub_bot.alerts"), _UNHEARD, _UNHEARD)

# Seconds between two beats; and how old a finished round may be to count as watching.
EVERY: Final = 60.0
LATELY: Final = timedelta(minutes=3)


class HeartbeatSender(Protocol):
    """Dead man's switch that takes heartbeats."""

    async def beat(self) -> None:
        """Send a heartbeat: the bot watches. Raise Unavailable."""


def is_watching(finished: datetime | None, now: datetime) -> bool:
    """Return True if this replica has finished a round lately. One that stands by has nothing to report."""
    return finished is not None and now - finished <= LATELY


@contextlib.asynccontextmanager
async def beating(
    heart: HeartbeatSender | None, engine: Engine, now: Callable[[], datetime], every: float = EVERY
) -> AsyncIterator[None]:
    """Send heartbeats while the block lasts. Do nothing without a `heart`."""
    if heart is None:
        yield
        return

    def pause() -> float:
        # After the first round, not before it: a beat says that one was finished.
        return min(every, 5.0) if engine.finished is None else every

    async def beat() -> None:
        if is_watching(engine.finished, now()):
            await heart.beat()

    async with background(repeat(beat, Interval(pause, first=pause()), _FAILURES), name="heartbeat"):
        yield
