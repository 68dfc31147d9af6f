"""Tells those who wait for a change of state that there may be one."""

import asyncio
import contextlib


class Wakeup:
    """Whoever waits hears the next ring. Other replicas' rings are not heard: nobody waits long without looking."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Wake everybody who waits."""
        self._rung.set()
        self._rung = asyncio.Event()

    async def wait(self, seconds: float) -> None:
        """Return at the next ring, or after so many seconds."""
        rung = self._rung
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, seconds)):
                await rung.wait()
