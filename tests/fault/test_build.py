"""`kill -9` while an image is built: the bot takes the build up again, Azure runs it once, the tag comes."""

import asyncio
import random
from pathlib import Path

import aiohttp
import pytest

from bot.changes.model import State
from bot.cli.dev.sandbox_process import sandbox
from bot.cli.dev.teams_emulator import LocalTeams
from tests.fault.bot_process import BotProcess

pytestmark = [pytest.mark.fault, pytest.mark.timeout(300)]

SEED = 20261124
# The branches that the sandbox's registry has no image of yet.
REFS = ("main", "geo-course", "refs/pull/12/head")


async def test_a_build_is_begun_once_however_often_the_bot_is_killed(tmp_path):
    rng = random.Random(SEED)  # noqa: S311 - the moments follow from the seed
    async with sandbox(("--users", "0")) as world, LocalTeams(world.tenant).running() as teams:
        bot = BotProcess(world, teams, tmp_path, {})
        teams.bot_url = bot.url
        await bot.start()
        try:
            for ref in REFS:
                await _built(bot, ref, rng)
        finally:
            await bot.end()
        assert bot.kills == 2 * len(REFS)
        assert await _runs(world) == [200] * len(REFS) + [404]


async def _built(bot, ref, rng):
    await bot.say("operator", f"/jhub image build {ref}")
    change = await _until(bot, ref, lambda one: one.state is State.WAITING and one.card)
    pressed = {"type": "Action.Execute", "verb": "confirm", "data": {"id": change.id, "digest": change.digest}}
    await bot.press("operator", change.card, pressed)
    for _ in range(2):
        await asyncio.sleep(rng.uniform(0.0, 2.0))
        await bot.kill()
        await bot.start()
    ended = await _until(bot, ref, lambda one: one.state is State.ENDED)
    assert ended.outcome == "done", ended.final[:600]


async def _until(bot, ref, holds):
    async with asyncio.timeout(90):
        while True:
            async with bot.records() as changes:
                known = [*await changes.open(), *await changes.ended(50)]
            for change in known:
                if change.line.endswith(ref) and holds(change):
                    return change
            await asyncio.sleep(0.1)


async def _runs(world):
    """What Azure says of each run that there should be, and of one more."""
    ready = world.ready
    token = Path(str(ready["azure_token_file"])).read_text("utf-8")
    place = f"/subscriptions/{ready['subscription_id']}/resourceGroups/{ready['resource_group']}"
    url = f"{ready['azure_url']}{place}/providers/Microsoft.ContainerRegistry/registries/{ready['registry_name']}/runs"
    found = []
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session:
        for number in range(1, len(REFS) + 2):
            async with session.get(f"{url}/ca{number}?api-version=2025-03-01-preview") as answer:
                found.append(answer.status)
    return found
