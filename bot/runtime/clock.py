"""Time as senders and caches see it, so that a test can drive it by hand."""

import asyncio
import time
from contextlib import suppress
from typing import Protocol


class Clock(Protocol):
    """A clock that only goes forward."""

    def now(self) -> float:
        """Return the seconds since some moment in the past."""

    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        """Return once `event` is set or `seconds` have passed, whichever comes first."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        """Return the seconds of the monotonic clock."""
        return time.monotonic()

    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        """Wait in real time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, seconds)):
                await event.wait()
