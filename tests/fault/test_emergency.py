"""`kill -9` during the delay of an emergency: whoever comes back waits all of it again, and then goes on."""

import asyncio
import time

import pytest

from bot.changes.model import State
from bot.cli.dev.sandbox_process import sandbox
from bot.cli.dev.teams_emulator import LocalTeams
from tests.fault.bot_process import BotProcess

pytestmark = [pytest.mark.fault, pytest.mark.timeout(300)]

DELAY = 6.0


async def _the_one(bot):
    async with bot.records() as changes:
        known = [*await changes.open(), *await changes.ended(5)]
    return known[0] if known else None


async def _until(bot, holds):
    async with asyncio.timeout(120):
        while not ((known := await _the_one(bot)) and holds(known)):
            await asyncio.sleep(0.05)
    return known


async def test_killed_during_the_delay_it_waits_all_of_it_again(tmp_path):
    async with sandbox(("--users", "0")) as world, LocalTeams(world.tenant, people=world.people).running() as teams:
        bot = BotProcess(world, teams, tmp_path, {"approvals": {"emergency_delay": f"{DELAY:.0f}s"}})
        teams.bot_url = bot.url
        try:
            await bot.start()
            await bot.say("admin", '/jhub scale 0 --emergency "costs"')
            await _until(bot, lambda one: one.state is State.WAITING and one.card)
            # Nearly over: what is left of it would be no delay at all.
            await asyncio.sleep(DELAY - 2)
            await bot.kill()
            assert (await _the_one(bot)).state is State.WAITING
            began = time.monotonic()
            await bot.start()
            await _until(bot, lambda one: one.state is not State.WAITING)
            waited = time.monotonic() - began
            ended = await _until(bot, lambda one: one.state is State.ENDED)
        finally:
            await bot.end()
    assert waited >= DELAY
    assert ended.outcome == "done", ended.final[:600]
