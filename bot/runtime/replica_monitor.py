"""Monitoring of replicas by each other: each says that it lives, and takes over what a silent one left unfinished."""

import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Final

from bot.runtime.durable import Durable
from bot.runtime.periodic import FailureLog, Interval, background, repeat
from bot.runtime.replicas import Replicas

_LOG = logging.getLogger("jhub_bot.replicas")
_FAILURES: Final = FailureLog(_LOG, "replicas cannot be looked after", "a replica could not be taken over")


@contextlib.asynccontextmanager
async def watching(
    replicas: Replicas, durable: Durable, silence: timedelta, now: Callable[[], datetime]
) -> AsyncIterator[None]:
    """Look after the others while the block lasts. One that was silent for `silence` counts as dead."""

    async def look() -> None:
        await replicas.alive(now())
        for name in await replicas.silent(now(), silence):
            await durable.take_over(name)
            await replicas.taken_over(name, now())

    await replicas.alive(now())
    pause = silence.total_seconds() / 4
    async with background(repeat(look, Interval(pause, first=pause), _FAILURES), name="replicas"):
        yield
