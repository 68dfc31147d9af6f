"""Polling of an outside condition about once a second, for a bounded time, until somebody asks to stop."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from clients.errors import Unavailable
from commands.framework.command import Steps

T = TypeVar("T")

# How often to look, in seconds: what is waited for takes seconds to minutes.
PACE: Final = 1.0


async def until(look: Callable[[], Awaitable[T | None]], do: Steps, *, seconds: float) -> T | None:
    """Return what `look` finds once it finds something; None when time is up or somebody asked to stop.

    It looks at once, and once more at the end, so that a change at the last moment is not missed. A system that does
    not answer is asked again; only at the end is that raised, as Unavailable.
    """
    clock = asyncio.get_running_loop().time
    end = clock() + seconds
    while True:
        last = clock() >= end or do.stopping
        found = await _attempted(look, do, last=last)
        if found is not None or last:
            return found
        await _rest(do)


async def _attempted(look: Callable[[], Awaitable[T | None]], do: Steps, *, last: bool) -> T | None:
    try:
        return await look()
    except Unavailable as error:
        if last:
            raise
        do.tell(f"{error}. Trying again …")
        return None


async def _rest(do: Steps) -> None:
    stopped = asyncio.ensure_future(do.stopped())
    try:
        await asyncio.wait({stopped}, timeout=PACE)
    finally:
        stopped.cancel()
