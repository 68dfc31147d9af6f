"""Monitoring of replicas by each other: each says that it lives, and takes over what a silent one left unfinished."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta

from bot.runtime.durable import Durable
from bot.runtime.replicas import Replicas
from clients.errors import Unavailable

_LOG = logging.getLogger("jhub_bot.replicas")


@contextlib.asynccontextmanager
async def watching(
    replicas: Replicas, durable: Durable, silence: timedelta, now: Callable[[], datetime]
) -> AsyncIterator[None]:
    """Look after the others while the block lasts. One that was silent for `silence` counts as dead."""
    await replicas.alive(now())
    task = asyncio.create_task(_watch(replicas, durable, silence, now), name="replicas")
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _watch(replicas: Replicas, durable: Durable, silence: timedelta, now: Callable[[], datetime]) -> None:
    while True:
        await asyncio.sleep(silence.total_seconds() / 4)
        try:
            await replicas.alive(now())
            for name in await replicas.silent(now(), silence):
                await durable.take_over(name)
                await replicas.taken_over(name, now())
        except Unavailable as error:
            _LOG.warning("replicas cannot be looked after: %s", error)
        except Exception:  # noqa: BLE001 - looking after others goes on whatever one of them is like
            _LOG.exception("a replica could not be taken over")
