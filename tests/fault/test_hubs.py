"""`kill -9` of a bot that has two hubs: each hub's work is gone on with in that hub, by records of its own."""

import asyncio
import random

import pytest

from bot.changes.model import State
from bot.cli.dev.sandbox_process import beside, sandbox
from bot.cli.dev.teams_emulator import LocalTeams
from tests.fault.bot_process import BotProcess

pytestmark = [pytest.mark.fault, pytest.mark.timeout(300)]

SEED = 20261125
USERS = ("--users", "6", "--speed", "4")


async def test_what_is_cut_short_goes_on_in_the_hub_that_it_is_of(tmp_path, postgres_url):
    rng = random.Random(SEED)  # noqa: S311 - the moments follow from the seed
    url_file = tmp_path / "store-url"
    url_file.write_text(postgres_url, encoding="utf-8")
    async with (
        sandbox(USERS) as world,
        beside(["test"], USERS) as hubs,
        LocalTeams(world.tenant).running() as teams,
    ):
        bot = BotProcess(world, teams, tmp_path, {"store": {"url_file": str(url_file)}, "hubs": hubs})
        teams.bot_url = bot.url
        await bot.start()
        try:
            asked = {}
            for hub in ("main", "test"):
                await bot.say("operator", f"/jhub --hub {hub} deploy 7c1d2e9")
                asked[hub] = await _until(bot, hub, lambda one: one.state is State.WAITING and one.card)
            # Waiting for a yes is gone on with, too.
            await _killed(bot)
            for hub, change in asked.items():
                data = {"id": change.id, "digest": change.digest, "hub": hub}
                await bot.press("operator", change.card, {"type": "Action.Execute", "verb": "confirm", "data": data})
                await asyncio.sleep(rng.uniform(0.0, 3.0))
                await _killed(bot)
            for hub, change in asked.items():
                ended = await _until(bot, hub, lambda one: one.state is State.ENDED)
                assert (ended.id, ended.outcome) == (change.id, "done"), ended.final[:600]
                async with bot.records(hub) as changes:
                    assert [one.id for one in await changes.ended(10)] == [change.id]
        finally:
            await bot.end()


async def _killed(bot):
    await bot.kill()
    await bot.start()


async def _until(bot, hub, holds):
    async with asyncio.timeout(120):
        while True:
            async with bot.records(hub) as changes:
                known = [*await changes.open(), *await changes.ended(50)]
            if found := next(filter(holds, known), None):
                return found
            await asyncio.sleep(0.1)
