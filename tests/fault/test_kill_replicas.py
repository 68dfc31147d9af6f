"""Two replicas on one PostgreSQL, one or the other killed at random moments: nothing is lost, nothing is done twice.

The operations are those of one bot alone (`test_kill.py`). REPLICA_KILLS says how often (100 by `make fault`).
"""

import asyncio
import contextlib
import json
import os
import random
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import psycopg
import pytest

from bot.cli.dev.sandbox_process import sandbox
from bot.cli.dev.teams_emulator import LocalTeams
from tests.fault.bot_process import BotProcess
from tests.fault.test_kill import ENDINGS, Told, _check_cluster, _counted, _live, _people, stories

KILLS = int(os.environ.get("REPLICA_KILLS", "6"))
SEED = 20261124
FIGURES = Path(__file__).parents[2] / "build" / "replicas.json"

pytestmark = [pytest.mark.fault, pytest.mark.timeout(900 + KILLS * 30)]


@dataclass
class Pair:
    """Two replicas as their callers see them: one bot, that either of them is."""

    bots: list[BotProcess]
    rng: random.Random

    @property
    def teams(self):
        return self.bots[0].teams

    @property
    def kills(self):
        return sum(bot.kills for bot in self.bots)

    def records(self):
        return self.bots[0].records()

    def cards_of(self, change):
        return self.bots[0].cards_of(change)

    async def _somebody(self):
        """Send what comes next to one of those that answer, as a service in front of them does."""
        while True:
            for bot in self.rng.sample(self.bots, 2):
                if await bot.answers():
                    self.teams.bot_url = bot.url
                    return bot
            await asyncio.sleep(0.05)

    async def say(self, who, text):
        await self.send(self.teams.message(self.bots[0].world.person(who), text))

    async def send(self, activity):
        """Deliver it until one of them has taken it."""
        async with asyncio.timeout(60):
            while True:
                await self._somebody()
                with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                    if await self.teams.deliver(activity) in (200, 202):
                        return
                await asyncio.sleep(0.1)

    async def press(self, who, card, action):
        async with asyncio.timeout(60):
            while True:
                await self._somebody()
                with contextlib.suppress(aiohttp.ClientError, RuntimeError, TimeoutError):
                    return await self.teams.click(self.bots[0].world.person(who), card, action)
                await asyncio.sleep(0.1)


@dataclass
class Killer:
    """Kills one of the two some time after it is told to, and starts it again before or after it is given up."""

    pair: Pair
    rng: random.Random
    left: int
    task: asyncio.Task | None = None

    def aim(self):
        if self.left > 0 and (self.task is None or self.task.done()):
            self.left -= 1
            self.task = asyncio.create_task(self._shoot(self.rng.uniform(0.0, 3.0), self.rng.choice((0.0, 6.0))))

    async def _shoot(self, after, down):
        await asyncio.sleep(after)
        bot = self.rng.choice(self.pair.bots)
        await bot.kill()
        await asyncio.sleep(down)
        await bot.start()

    async def settled(self):
        if self.task is not None:
            await self.task


@contextlib.asynccontextmanager
async def paired(folder, url, rng, *arguments):
    """Two replicas in a world of their own."""
    url_file = folder / "store-url"
    url_file.write_text(url, encoding="utf-8")
    settings = {"store": {"url_file": str(url_file), "silence": "4s"}, "approvals": {"expiry": "15s"}}
    async with sandbox(arguments) as world, LocalTeams(world.tenant).running() as teams:
        pair = Pair([BotProcess(world, teams, folder, settings, replica=f"bot-{number}") for number in (0, 1)], rng)
        await asyncio.gather(*(bot.start() for bot in pair.bots))
        try:
            yield world, pair
        finally:
            await asyncio.gather(*(bot.end() for bot in pair.bots))


async def test_whichever_replica_is_killed_every_operation_ends_once(tmp_path, postgres_url):
    rng = random.Random(SEED)  # noqa: S311 - moments, not secrets
    async with paired(tmp_path, postgres_url, rng, "--users", "600", "--speed", "4") as (world, pair):
        killer, told = Killer(pair, rng, KILLS), Told()
        for story in stories(*await _people(world), rng, told):
            await _live(pair, killer, story, told)
            if killer.left == 0:
                break
        async with pair.records() as changes:
            assert await changes.open() == []
        told.problems += _twice(postgres_url)
        await _check_cluster(world, told)
    FIGURES.parent.mkdir(exist_ok=True)
    seen = {"kills": pair.kills, "operations": len(told.endings), "endings": _counted(told.endings)}
    FIGURES.write_text(json.dumps(seen | {"problems": told.problems}, indent=2), encoding="utf-8")
    assert pair.kills == KILLS
    assert told.problems == []
    assert set(told.endings) <= ENDINGS
    assert told.endings.count("done") >= len(told.endings) // 4
    logs = "".join((tmp_path / f"bot-{number}.log").read_text("utf-8") for number in (0, 1))
    assert "Traceback" not in logs, logs[-3000:]


def _twice(url):
    """What the trail has begun or ended more than once."""
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        rows = connection.execute(
            "select operation, event, count(*) from trail where event in ('intent', 'ended') and operation <> ''"
            " group by operation, event having count(*) <> 1"
        ).fetchall()
    return [f"{operation}: {count} times {event}" for operation, event, count in rows]


def _posts(teams, words):
    return [card for card, activity in teams.activities.items() if words in json.dumps(activity)]


async def test_an_alert_whose_teller_is_killed_is_told_once_and_so_is_its_end(tmp_path, postgres_url):
    """Whoever holds the lease dies right after the alert was told; the other one ends it, a lease's length later."""
    rng = random.Random(SEED)  # noqa: S311 - see above
    async with paired(tmp_path, postgres_url, rng) as (_, pair):
        await pair.say("operator", "/jhub alerts here on")
        await _until(lambda: _posts(pair.teams, "Alerts are sent here"))
        await pair.say("operator", "/jhub alerts test")
        told = await _until(lambda: _posts(pair.teams, "This is only a test"), within=60)
        holder = _holder(postgres_url)
        await next(bot for bot in pair.bots if bot.replica == holder).kill()

        def replies():
            # The alert's own card says so as well, by an edit.
            return [card for card in _posts(pair.teams, "Resolved: ") if card not in told]

        over = await _until(replies, within=180)
        assert _holder(postgres_url) != holder
        await asyncio.sleep(12)
        assert replies() == over
        assert len(told) == len(over) == 1
        assert set(_posts(pair.teams, "This is only a test")) == {*told, *over}


def _holder(url):
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        return connection.execute("select holder from leases where name = 'alerts'").fetchone()[0]


async def _until(found, within=30):
    async with asyncio.timeout(within):
        while not (seen := found()):
            await asyncio.sleep(0.1)
    return seen
