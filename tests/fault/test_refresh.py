"""`kill -9` while nodes pull an image, and while people are written to: no puller stays, nobody is forgotten."""

import asyncio
import random
from collections import Counter

import pytest

from bot.changes.model import State
from bot.cli.dev.card_actions import action
from bot.cli.dev.sandbox_process import sandbox
from bot.cli.dev.teams_emulator import LocalTeams
from clients.kube import KubeReader, connect
from commands.images.puller_spec import OURS
from tests.fault.bot_process import BotProcess

pytestmark = [pytest.mark.fault, pytest.mark.timeout(300)]

SEED = 20261125
NEXT = "7c1d2e9"


async def test_what_is_cut_short_is_ended_by_the_next_process(tmp_path):
    rng = random.Random(SEED)  # noqa: S311 - the moments follow from the seed
    async with sandbox() as world, LocalTeams(world.tenant, people=world.people).running() as teams:
        bot = BotProcess(world, teams, tmp_path, {})
        teams.bot_url = bot.url
        await bot.start()
        try:
            await _asked(bot, f"prepull {NEXT}", rng, within=4.0, kills=2)
            assert await _pullers(world) == []
            await _asked(bot, f"deploy {NEXT}", rng, within=0.0, kills=0)
            await _asked(bot, "servers refresh", rng, within=0.6, kills=2)
        finally:
            await bot.end()
        messages = [one for one in teams.activities.values() if one["conversation"]["id"].startswith("a:")]
        asked = Counter(one["conversation"]["id"] for one in messages if action(one, "type"))
        servers = {"user-id-0", "user-id-3", "user-id-5"}
        assert {chat.removeprefix("a:") for chat in asked} == servers
        assert asked.total() <= len(servers) + 2


async def _asked(bot, line, rng, *, within, kills):
    await bot.say("operator", f"/jhub {line}")
    waiting = await _until(bot, line, lambda one: one.state is not State.PLANNING and one.card)
    if waiting.state is State.WAITING:
        pressed = {"type": "Action.Execute", "verb": "confirm", "data": {"id": waiting.id, "digest": waiting.digest}}
        await bot.press("operator", waiting.card, pressed)
    for _ in range(kills):
        await asyncio.sleep(rng.uniform(0.0, within))
        await bot.kill()
        await bot.start()
    ended = await _until(bot, line, lambda one: one.state is State.ENDED)
    assert ended.outcome == "done", ended.final[:600]


async def _until(bot, line, holds):
    async with asyncio.timeout(120):
        while True:
            async with bot.records() as changes:
                known = [*await changes.open(), *await changes.ended(50)]
            for change in known:
                if change.line == line and holds(change):
                    return change
            await asyncio.sleep(0.1)


async def _pullers(world):
    api = await connect(world.ready["kubeconfig"], None)
    try:
        return await KubeReader(api, "jhub").daemon_sets(OURS)
    finally:
        await api.close()
