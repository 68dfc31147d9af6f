"""`kill -9` while the hub is tested: the test goes on, ends as one, and nothing of its user stays."""

import asyncio
import os
import random

import pytest

from bot.cli.dev.sandbox_process import sandbox
from bot.cli.dev.teams_emulator import LocalTeams
from clients.kube import KubeReader, connect
from sandbox.scenario.release import TEST_USER
from tests.fault.bot_process import BotProcess

MANY = int(os.environ.get("CHAOS_TESTS", "8"))
SEED = 20261201
# From the question to the last card it takes about six seconds.
WITHIN = 6.0

pytestmark = [pytest.mark.fault, pytest.mark.timeout(300 + MANY * 60)]


async def test_a_test_that_is_cut_short_goes_on_and_leaves_nothing(tmp_path):
    rng = random.Random(SEED)  # noqa: S311 - the moments follow from the seed
    async with sandbox() as world, LocalTeams(world.tenant, people=world.people).running() as teams:
        bot = BotProcess(world, teams, tmp_path, {})
        teams.bot_url = bot.url
        await bot.start()
        try:
            for number in range(MANY):
                await bot.say("operator", "/jhub test")
                await asyncio.sleep(rng.uniform(0.0, WITHIN))
                await bot.kill()
                await bot.start()
                ended = await _ended(bot, number + 1)
                assert ended.outcome == "done", ended.final[:600]
                assert await _left(world) == []
        finally:
            await bot.end()


async def _ended(bot, count):
    """The last of so many tests, once it has ended. One that was not yet on record is asked for again."""
    async with asyncio.timeout(200):
        while True:
            async with bot.records() as changes:
                open_, ended = await changes.open(), [one for one in await changes.ended(100) if one.line == "test"]
            if len(ended) >= count:
                return ended[0]
            if not open_ and len(ended) < count:
                await bot.say("operator", "/jhub test")
            await asyncio.sleep(0.2)


async def _left(world):
    api = await connect(world.ready["kubeconfig"], None)
    try:
        kube = KubeReader(api, str(world.ready["namespace"]))
        return [one.name for one in (*await kube.pods(), *await kube.claims()) if one.user == TEST_USER]
    finally:
        await api.close()
