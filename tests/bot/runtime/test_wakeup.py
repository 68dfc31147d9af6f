"""Who waits for the bell wakes at a ring or when the time is up, and can be ended at any moment."""

import asyncio

import pytest

from bot.runtime.wakeup import Wakeup


async def test_a_ring_wakes_everybody_who_waits():
    bell = Wakeup()
    waiting = [asyncio.create_task(bell.wait(60)) for _ in range(3)]
    await asyncio.sleep(0)
    bell.ring()
    async with asyncio.timeout(10):
        await asyncio.gather(*waiting)


@pytest.mark.parametrize("seconds", [0.01, 0.0, -1.0])
async def test_without_a_ring_the_time_ends_it(seconds):
    async with asyncio.timeout(10):
        await Wakeup().wait(seconds)


@pytest.mark.parametrize("turns", range(4))
async def test_who_listens_for_ever_is_ended_though_it_rings_at_that_moment(turns):
    """A change that ended just as another one was decided waited for its own listener, and with it the whole queue."""
    bell = Wakeup()

    async def listen():
        while True:
            await bell.wait(60)

    listening = asyncio.create_task(listen())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    bell.ring()
    for _ in range(turns):
        await asyncio.sleep(0)
    listening.cancel()
    async with asyncio.timeout(10):
        await asyncio.gather(listening, return_exceptions=True)
    assert listening.cancelled()
