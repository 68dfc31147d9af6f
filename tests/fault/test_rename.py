"""`kill -9` while people get other names: one of both names works whole each time, and no home is lost or unbound.

RENAME_KILLS says how often it is killed (a few by default, 50 for the figure), RENAMES how many renames follow one
another in one process while its memory is measured (20 by default, 200 for the figure).
"""

import asyncio
import json
import os
import random
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.changes.model import State
from bot.cli.dev.sandbox_process import sandbox
from bot.cli.dev.teams_emulator import LocalTeams
from clients.hub import HubReader
from clients.kube import KubeReader, connect
from commands.kubernetes.claim_names import new_name
from commands.storage.volume_record import HELD, RECORD
from tests.fault.bot_process import BotProcess

KILLS = int(os.environ.get("RENAME_KILLS", "4"))
RENAMES = int(os.environ.get("RENAMES", "20"))
SEED = 20261201
FIGURES = Path(__file__).parents[2] / "build" / "rename.json"
_ENDS_WITHIN = 240.0

pytestmark = [pytest.mark.fault, pytest.mark.timeout(600 + KILLS * 60 + RENAMES * 20)]


@dataclass(frozen=True)
class Whole:
    """What there is by one name: its volumes by server, the claims that they are bound to, the hub's record."""

    volumes: dict
    claims: frozenset
    is_known: bool


@dataclass
class World:
    """The cluster and the hub, looked at."""

    kube: KubeReader
    hub: HubReader

    async def of(self, name):
        claims = [one for one in await self.kube.claims() if one.user == name]
        volumes = {one.name: one for one in await self.kube.volumes()}
        for claim in claims:
            volume = volumes.get(claim.volume)
            if claim.volume:
                assert claim.phase == "Bound", f"{claim.name} is {claim.phase}"
                assert volume is not None, f"{claim.name} has lost {claim.volume}"
                assert (volume.claim, volume.claim_uid) == (claim.name, claim.uid), f"{volume.name} is not bound"
        users = {one.name for one in await self.hub.users()}
        bound = {(claim.server, claim.volume) for claim in claims if claim.volume}
        return Whole(bound, frozenset(claim.name for claim in claims), name in users)

    async def policies(self):
        return {one.name: one.reclaim_policy for one in await self.kube.volumes()}

    async def held(self):
        return [one.name for one in await self.kube.volumes() if HELD in one.labels or RECORD in one.annotations]


async def test_killed_while_people_get_other_names_one_name_works_whole(tmp_path):
    rng = random.Random(SEED)  # noqa: S311 - moments, not secrets
    async with sandbox(("--users", "120", "--speed", "4")) as world, LocalTeams(world.tenant).running() as teams:
        bot = BotProcess(world, teams, tmp_path, {})
        teams.bot_url = bot.url
        await bot.start()
        cluster = await _looking(world)
        try:
            policies, ends = await cluster.policies(), []
            names = [one for one in await _people(cluster) if await _is_usual(cluster, one)]
            rng.shuffle(names)
            while bot.kills < KILLS:
                old = names.pop()
                new = f"new.{old}"
                before = await cluster.of(old)
                killing = asyncio.create_task(_killed(bot, rng.uniform(0.0, 2.5)))
                ended = await _renamed(bot, old, new)
                await killing
                ends.append(ended.outcome)
                await _check(cluster, old, new, before, ended)
            assert await cluster.policies() == policies
            assert await cluster.held() == []
        finally:
            await bot.end()
            await cluster.kube._api.close()
            await cluster.hub.close()
        FIGURES.parent.mkdir(exist_ok=True)
        counts = {one: ends.count(one) for one in sorted(set(ends))}
        FIGURES.write_text(json.dumps({"kills": bot.kills, "endings": counts, "lost": 0, "unbound": 0}), "utf-8")
        assert "Traceback" not in (tmp_path / "bot-0.log").read_text("utf-8")


async def test_many_renames_one_after_another_need_no_more_memory(tmp_path):
    options = ("--users", str(RENAMES + 60), "--speed", "8")
    async with sandbox(options) as world, LocalTeams(world.tenant).running() as teams:
        bot = BotProcess(world, teams, tmp_path, {})
        teams.bot_url = bot.url
        await bot.start()
        cluster = await _looking(world)
        try:
            names = [one for one in await _people(cluster) if await _is_usual(cluster, one)][:RENAMES]
            sizes = []
            for number, old in enumerate(names):
                ended = await _renamed(bot, old, f"new.{old}")
                assert ended.outcome == "done", ended.final
                if number % max(1, len(names) // 10) == 0:
                    sizes.append(round(bot.megabytes(), 1))
            sizes.append(round(bot.megabytes(), 1))
        finally:
            await bot.end()
            await cluster.kube._api.close()
            await cluster.hub.close()
        FIGURES.with_name("rename-memory.json").write_text(json.dumps({"renames": len(names), "MB": sizes}), "utf-8")
        # Past the first tenth everything that is loaded once has been.
        assert sizes[-1] < sizes[1] * 1.1 + 5, sizes


async def _looking(world):
    async def token():
        return Path(str(world.ready["hub_token_file"])).read_text("utf-8").strip()

    api = await connect(Path(str(world.ready["kubeconfig"])))
    return World(KubeReader(api, str(world.ready["namespace"])), HubReader(str(world.ready["hub_url"]), token))


async def _people(cluster):
    admins = {one.name for one in await cluster.hub.users() if one.admin}
    owners = dict.fromkeys(one.user for one in await cluster.kube.claims() if one.user and one.volume)
    inhabitants = ("alex.", "megan.", "adele.", "isaiah.", "patti.", "lynne.")
    return [one for one in owners if one not in admins and not one.startswith(inhabitants)]


async def _is_usual(cluster, name):
    """Whether the person is a user of the hub whose claims are all there."""
    try:
        its = await cluster.of(name)
    except AssertionError:
        return False
    return its.is_known and len({server for server, _ in its.volumes}) == len(its.volumes)


async def _killed(bot, after):
    await asyncio.sleep(after)
    await bot.kill()
    await bot.start()


async def _renamed(bot, old, new):
    """Ask for the new name, have it approved as often as that is asked for, and return the change once it ended."""
    async with bot.records() as changes:
        before = {one.id for one in [*await changes.open(), *await changes.ended(10_000)]}
    await bot.say("operator", f'/jhub user rename "{old}" "{new}"')
    answered = set()
    async with asyncio.timeout(_ENDS_WITHIN):
        while True:
            async with bot.records() as changes:
                known = [*await changes.open(), *await changes.ended(50)]
            mine = [one for one in known if one.id not in before and one.outcome != "voided"]
            for change in mine:
                if change.state is State.WAITING and change.card and change.id not in answered:
                    answered.add(change.id)
                    data = {"id": change.id, "digest": change.digest}
                    pressed = {"type": "Action.Execute", "data": data}
                    await bot.press("approver", change.card, pressed | {"verb": "view"})
                    await bot.press("approver", change.card, pressed | {"verb": "approve"})
            if mine and mine[0].state is State.ENDED:
                return mine[0]
            await asyncio.sleep(0.05)


async def _check(cluster, old, new, before, ended):
    """One of both names has everything that the old one had, the other nothing."""
    was, now = await cluster.of(old), await cluster.of(new)
    told = f"{old} → {new} ended {ended.outcome}: {ended.final[:800]}"
    if now.is_known:
        assert ended.outcome == "done", told
        assert now.volumes == before.volumes, told
        assert now.claims == {new_name(new, server) for server, _ in before.volumes}, told
        assert (was.volumes, was.is_known) == (set(), False), told
    else:
        assert was.is_known, told
        assert (was.volumes, was.claims) == (before.volumes, before.claims), told
        assert now.volumes == set(), told
