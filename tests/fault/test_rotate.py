"""`kill -9` while the client secret is rotated: people can log in all the time, and no secret is left or seen.

FAULT_ROTATIONS says how often; the seed is fixed, the moments follow from it.
"""

import asyncio
import base64
import json
import os
import random
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest

from bot.cli.dev.sandbox_process import sandbox
from bot.cli.dev.teams_emulator import LocalTeams
from clients.entra.login_page import Login
from clients.helm import Releases
from clients.kube import KubeReader, connect
from commands.login.settings import client_secret, login_settings
from tests.fault.bot_process import BotProcess
from tests.fault.test_kill import Killer, Story, Told, _check_cards, _check_trail, _lived_through

ROTATIONS = int(os.environ.get("FAULT_ROTATIONS", "5"))
SEED = 20261124
FIGURES = Path(__file__).parents[2] / "build" / "rotations.json"

pytestmark = [pytest.mark.fault, pytest.mark.timeout(300 + ROTATIONS * 60)]


@dataclass
class Watch:
    """Looks all the time whether the live secret is one that Entra takes, and how many secrets the bot has made."""

    world: object
    releases: Releases
    http: aiohttp.ClientSession
    looks: int = 0
    most: int = 0
    seen: set = field(default_factory=set)
    problems: list = field(default_factory=list)

    async def run(self):
        while True:
            await self.look()
            await asyncio.sleep(0.1)

    async def look(self):
        live = await self.releases.deployed()
        if live is None:
            # Helm writes down that one revision is replaced before it writes down that the next one is live.
            return
        its = login_settings(live)
        secret = client_secret(live, its.secret_path)
        login = Login("", authority=str(self.world.ready["login_url"]))
        if not await login.accepts(its.tenant, its.client_id, secret):
            # Between the two questions it may have been replaced and removed.
            newer = await self.releases.deployed()
            if newer is not None and newer.revision == live.revision:
                self.problems.append(f"revision {live.revision} is live with a secret that Entra does not take")
        self.seen |= {client_secret(one, its.secret_path) for one in await self.releases.history(50)}
        self.most = max(self.most, len(await self.ours()))
        self.looks += 1

    async def ours(self):
        token = Path(str(self.world.ready["graph_token_file"])).read_text(encoding="utf-8")
        url = f"{self.world.ready['graph_url']}/v1.0/applications"
        async with self.http.get(url, headers={"Authorization": f"Bearer {token}"}) as response:
            (app,) = (await response.json())["value"]
        return [one for one in app["passwordCredentials"] if one["displayName"].startswith("jhub-bot ")]


async def test_killed_while_it_rotates_the_login_works_all_the_time(tmp_path):
    rng = random.Random(SEED)  # noqa: S311 - moments, not secrets
    async with (
        sandbox(("--users", "20", "--speed", "4")) as world,
        LocalTeams(world.tenant).running() as teams,
        aiohttp.ClientSession() as http,
    ):
        bot = BotProcess(world, teams, tmp_path, {"approvals": {"expiry": "30s"}})
        teams.bot_url = bot.url
        await bot.start()
        api = await connect(Path(str(world.ready["kubeconfig"])))
        watch = Watch(world, Releases("jupyterhub", KubeReader(api, "jhub").secrets), http)
        watching = asyncio.create_task(watch.run())
        killer, told = Killer(bot, rng, ROTATIONS * 2), Told()
        try:
            for _ in range(ROTATIONS):
                await _rotate(bot, killer, told, rng)
            await _check_trail(bot, told)
        finally:
            watching.cancel()
            await bot.end()
            await asyncio.gather(watching, return_exceptions=True)
        await watch.look()
        left = await watch.ours()
        await api.close()
    FIGURES.parent.mkdir(exist_ok=True)
    seen = {"kills": bot.kills, "endings": told.endings, "looks": watch.looks, "most secrets": watch.most}
    FIGURES.write_text(json.dumps(seen, indent=2), encoding="utf-8")
    assert watching.cancelled(), watching
    assert told.problems + watch.problems == []
    assert bot.kills >= ROTATIONS
    assert told.endings == ["done"] * ROTATIONS
    assert len(left) == 1, "the one that the hub uses"
    assert watch.most <= 2, "beside that never more than one that is half made"
    _nowhere(watch.seen - {""}, teams, tmp_path)


async def _rotate(bot, killer, told, rng):
    """One rotation: a kill soon after it is approved, and another one some seconds later, where it lasts so long."""
    async with bot.records() as changes:
        before = {change.id for change in [*await changes.open(), *await changes.ended(1000)]}
    await bot.say("operator", "/jhub auth rotate")
    later = asyncio.create_task(_shoot_later(killer, rng.uniform(4.0, 9.0)))
    story = Story("auth rotate", "approve", frozenset({"done"}))
    ended = await _lived_through(bot, story, before, killer)
    await later
    await killer.settled()
    told.endings.append(ended.outcome)
    if ended.outcome != "done":
        told.problems.append(f"ended {ended.outcome}: {ended.final[:600]}")
    await _check_cards(bot, ended, told)


async def _shoot_later(killer, seconds):
    await asyncio.sleep(seconds)
    killer.aim()


def _nowhere(secrets, teams, folder):
    """None of the secrets in a message, a log or a record, in base64 neither."""
    assert len(secrets) > ROTATIONS
    said = json.dumps(list(teams.activities.values()), ensure_ascii=False).encode()
    kept = b"\n".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
    assert b"auth rotate" in kept
    for secret in secrets:
        packed = [base64.b64encode(b"\0" * shift + secret.encode())[4 if shift else 0 : -4] for shift in range(3)]
        for trace in (secret.encode(), *packed):
            assert trace not in said
            assert trace not in kept
    assert "Traceback" not in (folder / "bot-0.log").read_text("utf-8")
