"""Process-local wake-up for tasks that poll the store."""

import asyncio
import contextlib


class Wakeup:
    """A bell for those who wait. Other replicas' rings are not heard, so nobody waits long without looking."""

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
