import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.clock import ManualClock, RealClock

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


async def test_sleepers_wake_in_order_each_at_its_own_time():
    clock = ManualClock(START)
    woken = []

    async def sleeper(name, *seconds):
        for one in seconds:
            await clock.sleep(one)
            woken.append((name, (clock.now() - START).total_seconds()))

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(sleeper("late", 5))
        tasks.create_task(sleeper("twice", 2, 1))
        await clock.advance(4)
        assert woken == [("twice", 2), ("twice", 3)]
        await clock.advance(1)
    assert woken[-1] == ("late", 5)
    assert clock.now() == START + timedelta(seconds=5)


async def test_a_cancelled_sleeper_disturbs_nobody():
    clock = ManualClock(START)
    gone = asyncio.create_task(clock.sleep(1))
    await clock.advance(0)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    await clock.advance(10)
    assert clock.now() == START + timedelta(seconds=10)


async def test_a_fast_clock_runs_ahead_from_where_it_was_started():
    clock = RealClock(speed=1000, start=START)
    async with asyncio.timeout(50):
        await clock.sleep(60)
    assert clock.now() >= START + timedelta(seconds=60)


async def test_a_sleeper_profits_from_a_speed_given_while_it_sleeps():
    clock = RealClock(start=START)
    sleeper = asyncio.create_task(clock.sleep(3600))
    await asyncio.sleep(0)
    clock.speed = 1_000_000
    async with asyncio.timeout(240):
        await sleeper
    assert clock.now() >= START + timedelta(hours=1)


async def test_a_jump_moves_the_time_but_shortens_no_sleep():
    clock = RealClock(start=START)
    sleeper = asyncio.create_task(clock.sleep(30))
    await asyncio.sleep(0)
    clock.jump(86_400)
    assert clock.now() >= START + timedelta(days=1)
    await asyncio.sleep(0.05)
    assert not sleeper.done()
    clock.jump(-86_400)
    assert clock.now() < START + timedelta(days=1)
    sleeper.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sleeper


async def test_time_that_is_skipped_wakes_those_who_slept_until_then():
    clock = RealClock(start=START)
    soon, later = asyncio.create_task(clock.sleep(3_000)), asyncio.create_task(clock.sleep(100_000))
    await asyncio.sleep(0)
    clock.skip(3_600)
    assert clock.now() >= START + timedelta(hours=1)
    async with asyncio.timeout(240):
        await soon
    assert not later.done()
    clock.skip(-3_600)
    assert clock.now() >= START + timedelta(hours=1)
    clock.skip(100_000)
    async with asyncio.timeout(240):
        await later
