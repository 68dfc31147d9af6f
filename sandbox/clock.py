"""The sandbox's time: at any speed, jumped ahead while the past happens, or moved by hand in tests."""

import asyncio
import heapq
import time
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Protocol


class Clock(Protocol):
    """The sandbox's time, which is UTC."""

    def now(self) -> datetime:
        """Return the time in the sandbox."""

    async def sleep(self, seconds: float) -> None:
        """Wait until so many of the sandbox's seconds have passed."""


class RealClock:
    """A clock that runs `speed` times as fast as real time, from `start` on (now by default)."""

    def __init__(self, speed: float = 1.0, start: datetime | None = None) -> None:
        self._speed = speed
        self._start = start or datetime.now(UTC)
        self._lived = 0.0
        self._since = time.monotonic()
        self._changed = asyncio.Event()

    def now(self) -> datetime:
        """Return the time in the sandbox."""
        return self._start + timedelta(seconds=self._elapsed())

    @property
    def speed(self) -> float:
        """The number of seconds that pass per real second, above 0. It can be set at any time; else ValueError."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        if speed <= 0:
            raise ValueError("time passes, at whatever speed")
        self._lived, self._since = self._elapsed(), time.monotonic()
        self._speed = speed
        self._wake()

    def jump(self, seconds: float) -> None:
        """Move the time by so many seconds, forth or back. Who sleeps still sleeps for as long."""
        self._start += timedelta(seconds=seconds)

    def skip(self, seconds: float) -> None:
        """Let so many seconds pass at once. Who sleeps until then wakes now, once: what recurs is not made up for."""
        self._lived += max(0.0, seconds)
        self._wake()

    async def sleep(self, seconds: float) -> None:
        """Wait until so many of the sandbox's seconds have passed, jumps not counted."""
        until = self._elapsed() + seconds
        while (left := until - self._elapsed()) > 0:
            changed = self._changed
            try:
                async with asyncio.timeout(left / self._speed):
                    await changed.wait()
            except TimeoutError:
                continue

    def _wake(self) -> None:
        """Have who sleeps look at the time again."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def _elapsed(self) -> float:
        return self._lived + (time.monotonic() - self._since) * self._speed


class ManualClock:
    """A clock that stands still until it is advanced."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._order = count()
        self._sleepers: list[tuple[datetime, int, asyncio.Event]] = []

    def now(self) -> datetime:
        """Return the time in the sandbox."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock has been advanced by so many seconds."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken = asyncio.Event()
        heapq.heappush(self._sleepers, (self._now + timedelta(seconds=seconds), next(self._order), woken))
        await woken.wait()

    async def advance(self, seconds: float) -> None:
        """Move on, waking those who sleep in order, each at its own time, and let them run."""
        until = self._now + timedelta(seconds=seconds)
        await self._let_run()
        while self._sleepers and self._sleepers[0][0] <= until:
            self._now, _, woken = heapq.heappop(self._sleepers)
            woken.set()
            await self._let_run()
        self._now = until
        await self._let_run()

    async def _let_run(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)
