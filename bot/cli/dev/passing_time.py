"""Time that passes at once: the clocks of the bot and of its sandbox are moved from one scheduled moment to the next.

Each moment is dealt with as it comes, so that what a schedule does is seen as it will be. What else takes hours, such
as idle servers, is not lived through: it happens when its own time comes round again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from typing import Final

from bot.runtime.wall_clock import move_ahead, now
from bot.wiring.hub import HubServices

Jump = Callable[[timedelta], Awaitable[None]]
# What a schedule begins takes minutes at most here, in seconds.
_AT_MOST: Final = 600.0
_LOOK_EVERY: Final = 0.05
# From announcing an occurrence over beginning it to its end.
_LOOKS: Final = 4


async def pass_time(length: timedelta, hubs: Iterable[HubServices], jump: Jump) -> None:
    """Move all clocks on by `length`, and return when what came due has ended. Raise Unavailable, TimeoutError.

    `jump` moves the sandbox's clock.
    """
    end, there = now() + length, tuple(hubs)
    while (moment := await _next(there, end)) is not None:
        await _jump_to(moment, jump)
        for hub in there:
            await _settled(hub)
    await _jump_to(end, jump)


async def _next(hubs: Iterable[HubServices], end: datetime) -> datetime | None:
    """Return the next moment up to `end` at which a schedule is announced or runs."""
    found = []
    for hub in hubs:
        notice = hub.context.schedules.timetable.notice
        times = [one.next for one in await hub.context.schedules.all() if one.next]
        found += [moment for time in times for moment in (time - notice, time) if now() < moment <= end]
    return min(found, default=None)


async def _jump_to(moment: datetime, jump: Jump) -> None:
    if (ahead := moment - now()) > timedelta(0):
        move_ahead(ahead)
        await jump(ahead)


async def _settled(hub: HubServices) -> None:
    async with asyncio.timeout(_AT_MOST):
        for _ in range(_LOOKS):
            await hub.scheduler.look()
            while hub.workflow.busy:  # noqa: ASYNC110 - several parts are busy in turn: there is no one event
                await asyncio.sleep(_LOOK_EVERY)
