"""`kill -9` of the bot while helm works for it: helm goes on, the bot finds it again, each change is one revision."""

import asyncio
import random
from pathlib import Path

import pytest

from bot.changes.model import State
from bot.cli.dev.sandbox_process import sandbox
from bot.cli.dev.teams_emulator import LocalTeams
from clients.helm import Releases
from clients.kube import KubeReader, connect
from tests.fault.bot_process import BotProcess

pytestmark = [pytest.mark.fault, pytest.mark.timeout(300)]

SEED = 20261125
LINES = ("deploy 7c1d2e9", "rollback")


async def test_each_change_of_the_release_is_made_once_however_often_the_bot_is_killed(tmp_path):
    rng = random.Random(SEED)  # noqa: S311 - the moments follow from the seed
    async with sandbox(("--users", "0")) as world, LocalTeams(world.tenant).running() as teams:
        bot = BotProcess(world, teams, tmp_path, {})
        teams.bot_url = bot.url
        try:
            await bot.start()
            made = [await _done(bot, line, rng) for line in LINES]
        finally:
            await bot.end()
        assert bot.kills == 2 * len(LINES)
        history = await _history(world)
    first = len(history) - len(LINES)
    assert [one.status for one in history].count("deployed") == 1
    assert [one.by_bot.operation for one in reversed(history[: len(LINES)])] == made
    assert [one.by_bot for one in history[len(LINES) :]] == [None] * first


async def _done(bot, line, rng):
    """Ask for it, agree, kill the bot twice meanwhile; the operation's id once it has ended well."""
    await bot.say("operator", f"/jhub {line}")
    change = await _until(bot, line, lambda one: one.state is State.WAITING and one.card)
    pressed = {"type": "Action.Execute", "verb": "confirm", "data": {"id": change.id, "digest": change.digest}}
    await bot.press("operator", change.card, pressed)
    for _ in range(2):
        await asyncio.sleep(rng.uniform(0.2, 2.5))
        await bot.kill()
        await bot.start()
    ended = await _until(bot, line, lambda one: one.state is State.ENDED)
    assert ended.outcome == "done", ended.final[:600]
    return ended.id


async def _until(bot, line, holds):
    async with asyncio.timeout(90):
        while True:
            async with bot.records() as changes:
                known = [*await changes.open(), *await changes.ended(50)]
            for change in known:
                if change.line.endswith(line) and holds(change):
                    return change
            await asyncio.sleep(0.1)


async def _history(world):
    api = await connect(Path(str(world.ready["kubeconfig"])))
    try:
        kube = KubeReader(api, str(world.ready["namespace"]))
        return await Releases(str(world.ready["release"]), kube.secrets).history()
    finally:
        await api.close()
