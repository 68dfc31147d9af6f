"""The heart beats while rounds are finished, and no longer."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from bot.alerts.dead_mans_switch import beating
from clients.errors import Unavailable
from tests.bot.people import Clock


@dataclass
class Heart:
    beats: int = 0
    trouble: bool = False

    async def beat(self):
        self.beats += 1
        if self.trouble:
            raise Unavailable("the heartbeat's address", "cannot be reached")


@dataclass
class Engine:
    finished: object = None


async def beats(heart, engine, clock, until=0):
    """Return the number of beats: in a moment, or for as long as it takes to be that many."""
    async with beating(heart, engine, clock, every=0.001):
        await asyncio.sleep(0.05)
        while heart.beats < until:
            await asyncio.sleep(0.001)
    return heart.beats


async def test_nobody_watches_without_a_finished_round():
    clock = Clock()
    assert await beats(Heart(), Engine(), clock) == 0
    assert await beats(Heart(), Engine(clock()), clock, until=2) > 1
    assert await beats(Heart(), Engine(clock() - timedelta(minutes=4)), clock) == 0


async def test_a_switch_that_does_not_answer_is_asked_again(caplog):
    clock = Clock()
    assert await beats(Heart(trouble=True), Engine(clock()), clock, until=2) > 1
    assert "does not hear that the bot watches" in caplog.text


async def test_without_an_address_nothing_beats():
    async with beating(None, Engine(), Clock()):
        pass


async def test_only_who_holds_the_lease_has_finished_a_round(watch):
    other = watch.another("bot-1")
    await watch.engine.look()
    await other.look()
    assert (watch.engine.finished, other.finished) == (watch.clock(), None)
