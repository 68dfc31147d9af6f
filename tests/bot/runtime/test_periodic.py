"""Loops on a clock that the test drives: when they run, what wakes them, what a failure leads to, how they end."""

import asyncio
import logging

import pytest

from bot.runtime.periodic import FailureLog, Interval, background, repeat
from clients.errors import Unavailable

FAILURES = FailureLog(logging.getLogger("jhub_bot.test"), "it was not looked at", "looking has a bug")


class DrivenClock:
    """Stands still until told to advance."""

    def __init__(self):
        self.seconds = 0.0
        self._waiting = []

    def now(self):
        return self.seconds

    async def wait(self, event, seconds):
        over = asyncio.get_running_loop().create_future()
        one = (self.seconds + seconds, over)
        self._waiting.append(one)
        woken = asyncio.ensure_future(event.wait())
        try:
            await asyncio.wait({woken, over}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            woken.cancel()
            self._waiting.remove(one)

    async def advance(self, seconds):
        await settled()
        self.seconds += seconds
        for until, over in tuple(self._waiting):
            if until <= self.seconds + 1e-9 and not over.done():
                over.set_result(None)
        await settled()


async def settled():
    """Let everything that can happen now happen."""
    for _ in range(20):
        await asyncio.sleep(0)


class Work:
    """Notes when it ran; `trouble` is what it raises, `lasts` what it waits for."""

    def __init__(self, clock):
        self.clock = clock
        self.runs = []
        self.trouble = None
        self.lasts = None

    async def __call__(self):
        self.runs.append(self.clock.seconds)
        if self.lasts is not None:
            await self.lasts.wait()
        if self.trouble is not None:
            raise self.trouble


@pytest.fixture
def clock():
    return DrivenClock()


@pytest.fixture
def work(clock):
    return Work(clock)


def looping(work, interval, wakeup=None):
    return background(repeat(work, interval, FAILURES, wakeup=wakeup, clock=work.clock), name="loop")


async def test_it_runs_at_once_and_then_at_its_interval(clock, work):
    async with looping(work, Interval(10)):
        for _ in range(5):
            await clock.advance(5)
    assert work.runs == [0, 10, 20]


async def test_the_first_run_comes_after_its_own_time(clock, work):
    async with looping(work, Interval(10, first=3)):
        await clock.advance(2)
        assert work.runs == []
        await clock.advance(1)
        await clock.advance(10)
    assert work.runs == [3, 13]


async def test_the_interval_is_counted_from_the_end_of_a_run(clock, work):
    work.lasts = asyncio.Event()
    async with looping(work, Interval(10)):
        await clock.advance(25)
        assert work.runs == [0]
        work.lasts.set()
        await clock.advance(10)
    assert work.runs == [0, 35]


async def test_an_interval_may_change_from_run_to_run(clock, work):
    async with looping(work, Interval(lambda: 10 * len(work.runs))):
        for _ in range(6):
            await clock.advance(10)
    assert work.runs == [0, 10, 30, 60]


async def test_a_wake_up_begins_the_next_run_but_not_too_soon(clock, work):
    wakeup = asyncio.Event()
    async with looping(work, Interval(10, at_least=2), wakeup):
        await clock.advance(1)
        wakeup.set()
        await clock.advance(0.5)
        assert work.runs == [0]
        await clock.advance(0.5)
        assert work.runs == [0, 2]
        await clock.advance(5)
        wakeup.set()
        await settled()
        assert work.runs == [0, 2, 7]
        await clock.advance(2)
        await clock.advance(8)
    assert work.runs == [0, 2, 7, 17]


async def test_a_wake_up_during_a_run_is_not_lost(clock, work):
    wakeup, work.lasts = asyncio.Event(), asyncio.Event()
    async with looping(work, Interval(10), wakeup):
        await settled()
        wakeup.set()
        work.lasts.set()
        await settled()
        assert work.runs == [0, 0]
        await clock.advance(10)
    assert work.runs == [0, 0, 10]


async def test_a_wake_up_does_not_begin_the_first_run(clock, work):
    wakeup = asyncio.Event()
    async with looping(work, Interval(10, first=3), wakeup):
        wakeup.set()
        await clock.advance(2)
        assert work.runs == []


async def test_jitter_stays_within_its_part_of_the_interval():
    found = {Interval(10, jitter=0.1).next() for _ in range(1_000)}
    assert len(found) > 1
    assert all(9 <= one <= 11 for one in found)
    assert Interval(1, at_least=3, jitter=0.5).next() == 3


@pytest.mark.parametrize(
    ("trouble", "told", "traced"),
    [
        (Unavailable("Kubernetes", "is out"), "it was not looked at: Kubernetes is out", False),
        (ValueError("a bug"), "looking has a bug", True),
    ],
)
async def test_a_failure_is_logged_once_and_the_next_run_comes(clock, work, caplog, trouble, told, traced):
    work.trouble = trouble
    async with looping(work, Interval(10)):
        await clock.advance(5)
        (record,) = caplog.records
        assert record.getMessage() == told
        assert bool(record.exc_info) is traced
        work.trouble = None
        await clock.advance(5)
    assert work.runs == [0, 10]
    assert len(caplog.records) == 1


async def test_the_end_of_the_block_ends_a_run_that_lasts(clock, work, caplog):
    work.lasts = asyncio.Event()
    async with looping(work, Interval(10)):
        await settled()
    await clock.advance(100)
    assert work.runs == [0]
    assert caplog.records == []


async def test_an_error_in_the_block_ends_the_loop_and_goes_on(clock, work):
    async def block():
        async with looping(work, Interval(10)):
            await settled()
            raise LookupError

    with pytest.raises(LookupError):
        await block()
    await clock.advance(100)
    assert work.runs == [0]
