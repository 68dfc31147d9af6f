"""`kill -9` while nodes are taken away and brought back: the bot goes on waiting for what it asked Azure for, once."""

import asyncio
import os
import random
from pathlib import Path

import aiohttp
import pytest

from bot.changes.model import State
from bot.cli.dev.sandbox_process import sandbox
from bot.cli.dev.teams_emulator import LocalTeams
from tests.fault.bot_process import BotProcess, is_final

# Four kills each: before and after the yes, on the way down and on the way up.
ROUNDS = max(1, int(os.environ.get("FAULT_KILLS", "12")) // 20)
SEED = 20261125

pytestmark = [pytest.mark.fault, pytest.mark.timeout(300 + 120 * ROUNDS)]


async def test_killed_while_scaling_it_goes_on_and_asks_azure_once(tmp_path):
    rng = random.Random(SEED)  # noqa: S311 - moments, not secrets
    async with sandbox() as world, LocalTeams(world.tenant).running() as teams:
        bot = BotProcess(world, teams, tmp_path, {})
        teams.bot_url = bot.url
        await bot.start()
        try:
            before = await _users(world)
            for _ in range(ROUNDS):
                await _changed(bot, "scale 0", "approve", rng)
                held = await _users(world)
                assert (held["count"], held["enableAutoScaling"]) == (0, False)
                await _changed(bot, "scale up", "confirm", rng)
                assert _setting(await _users(world)) == _setting(before)
        finally:
            await bot.end()
        assert bot.kills == 2 * 2 * ROUNDS
        assert await _writes(world) == 2 * ROUNDS


async def _changed(bot, line, answer, rng):
    """Ask for it, kill the bot before and after it is agreed to, and see it end on its card."""
    before = await _ids(bot)
    await bot.say("operator", f"/jhub {line}")
    await _killed(bot, rng.uniform(0.0, 1.5))
    asked = await _until(bot, before, lambda change: change.state is State.WAITING and change.card)
    pressed = {"type": "Action.Execute", "verb": answer, "data": {"id": asked.id, "digest": asked.digest}}
    await bot.press("approver" if answer == "approve" else "operator", asked.card, pressed)
    await _killed(bot, rng.uniform(0.0, 6.0))
    ended = await _until(bot, before, lambda change: change.state is State.ENDED)
    assert ended.outcome == "done", ended.final
    async with asyncio.timeout(30):
        while not is_final(bot.teams.activities[ended.card]):
            await asyncio.sleep(0.1)


async def _killed(bot, after):
    await asyncio.sleep(after)
    await bot.kill()
    await bot.start()


async def _ids(bot):
    async with bot.records() as changes:
        return {change.id for change in [*await changes.open(), *await changes.ended(1000)]}


async def _until(bot, before, reached):
    async with asyncio.timeout(90):
        while True:
            async with bot.records() as changes:
                known = [*await changes.open(), *await changes.ended(10)]
            if found := [change for change in known if change.id not in before and reached(change)]:
                return found[0]
            await asyncio.sleep(0.1)


def _setting(pool):
    return {name: pool.get(name) for name in ("enableAutoScaling", "minCount", "maxCount", "tags", "nodeLabels")}


async def _users(world):
    return (await _asked(world, _path(world) + "/agentPools/users?api-version=2026-08-01"))["properties"]


async def _writes(world):
    """How many operations on pools were asked of Azure, by whatever process."""
    return (await _asked(world, "/_sandbox/operations"))["count"]


def _path(world):
    ready = world.ready
    group = f"/subscriptions/{ready['subscription_id']}/resourceGroups/{ready['resource_group']}"
    return f"{group}/providers/Microsoft.ContainerService/managedClusters/{ready['cluster']}"


async def _asked(world, path):
    token = Path(str(world.ready["azure_token_file"])).read_text("utf-8")
    headers = {"Authorization": f"Bearer {token}"}
    session, url = aiohttp.ClientSession(headers=headers), f"{world.ready['azure_url']}{path}"
    async with session, session.get(url) as response:
        response.raise_for_status()
        return await response.json()
