"""Scaled to nothing and back, again and again, while everything goes wrong: the autoscaler ends as it began.

Azure throttles, breaks, is gone for a moment, fails an operation after minutes, is busy with another one; the bot is
killed at any point, in the middle of a step too, and goes on with what is on record. Whoever reads a failure types the
same again, as its card says.
"""

import asyncio
import json
import os
import random
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.changes.serialization import dump, load, returned
from cards.views import Notice
from clients.errors import Conflict, Rejected, Unavailable
from commands.framework import polling as waiting
from commands.framework.errors import UserError
from commands.nodes import scale_up, scale_zero
from commands.nodes.scaling import apply
from sandbox.apiserver.objects.resource_kinds import NODE
from tests.clients.azures import azure_of
from tests.world import Doing, World, node

pytestmark = pytest.mark.fault

RUNS = int(os.environ.get("FAULT_SCALES", "100"))
SEED = 20261124
OUTAGES = ("throttled", "broken", "absent")


class Killed(BaseException):
    """The process is gone."""


@dataclass
class Life(Doing):
    """One life of the process: what is on record is not done again. `ends` is at which moment it is killed."""

    record: dict = field(default_factory=dict)
    ends: int = 0
    moments: int = 0
    known: object = None
    aks: object = None
    chance: object = None

    @property
    def reads(self):
        return self.known

    @property
    def writes(self):
        return replace(super().writes, azure=self.aks)

    def _moment(self):
        self.moments += 1
        if self.moments == self.ends:
            raise Killed

    async def step(self, title, action, *args, **kwargs):
        self.titles.append(title)
        name, kind = f"{len(self.titles)} {title}", returned(action)
        self._moment()
        if name not in self.record:
            result = json.dumps(dump(kind, await self._begun(action(*args, **kwargs))))
            # Killed here, the step is done and nobody knows.
            self._moment()
            self.record[name] = result
        return load(kind, json.loads(self.record[name]))

    async def _begun(self, work):
        running = asyncio.ensure_future(work)
        self.moments += 1
        if self.moments != self.ends:
            return await running
        await asyncio.wait({running}, timeout=self.chance.uniform(0, 0.05))
        running.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await running
        raise Killed


class Nodes:
    """Kubernetes, as far as nodes go, without a server in between."""

    def __init__(self, azure):
        self.azure = azure

    async def nodes(self):
        listed = self.azure.store.list(NODE)
        return [node(one["metadata"]["name"], one["metadata"]["labels"]["agentpool"]) for one in listed]

    async def pods(self, selector=""):
        del selector
        return []


async def test_the_autoscaler_ends_as_it_began(aiohttp_server, monkeypatch):
    monkeypatch.setattr(waiting, "PACE", 0.01)
    monkeypatch.setattr("clients.azure.aks_operations._LOOK_AGAIN", 0.01)
    seen = {"runs": 0, "kills": 0, "outages": 0, "failed operations": 0, "busy": 0, "typed again": 0}
    for number in range(RUNS):
        chance = random.Random(SEED + number)  # noqa: S311 - which faults, not a secret
        azure = await azure_of(aiohttp_server, speed=300.0)
        users = azure.estate.pools["users"]
        users.minimum, users.maximum = sorted((chance.randint(0, 3), chance.randint(3, 9)))
        before = settings(users)
        troubling = asyncio.create_task(trouble(azure, chance, seen))
        try:
            async with asyncio.timeout(60):
                await until_done(azure, scale_zero, chance, seen)
                assert (users.count, users.autoscaled) == (0, False), number
                await until_done(azure, scale_up, chance, seen)
        finally:
            troubling.cancel()
            await asyncio.gather(troubling, return_exceptions=True)
            await azure.close()
        assert settings(users) == before, number
        assert len(azure.estate.nodes.of(users)) == users.count == max(users.minimum, 0), number
        seen["runs"] += 1
    build = Path(__file__).parents[2] / "build"
    build.mkdir(exist_ok=True)
    (build / "scales.json").write_text(json.dumps(seen))
    assert min(seen.values()) > 0 or RUNS < 20


def settings(pool):
    return pool.autoscaled, pool.minimum, pool.maximum, dict(pool.labels), pool.taints, dict(pool.tags)


async def trouble(azure, chance, seen):
    """An outage, a failing operation or somebody else's work, now and then."""
    while True:
        await asyncio.sleep(chance.uniform(0.0, 0.08))
        match chance.randrange(5):
            case 0 | 1:
                seen["outages"] += 1
                azure.arm.fault = chance.choice(OUTAGES)
                await asyncio.sleep(chance.uniform(0.0, 0.03))
                azure.arm.fault = ""
            case 2 if azure.estate.fail_next is None:
                seen["failed operations"] += 1
                azure.estate.fail_next = ("AllocationFailed", "Allocation failed. No capacity.")
            case 3 if azure.estate.running is None:
                seen["busy"] += 1
                core = azure.estate.pools["core"]
                azure.estate._change(core, replace(core))


async def until_done(azure, command, chance, seen):
    """Type it until its card says done, as somebody would who reads the cards."""
    aks = azure.client(timeout=2.0)
    for _ in range(200):
        world = World(users=[])
        reads = replace(world.reads, azure=aks, kube=Nodes(azure), now=world.reads.now + timedelta(hours=1))
        try:
            plan = await command.plan(command.Args(), reads)
        except (UserError, Unavailable) as error:
            if "already" in str(error) or "no earlier setting" in str(error):
                return
            await asyncio.sleep(0.01)
            continue
        if isinstance(await lives(plan, world, reads, aks, chance, seen), Notice):
            return
        seen["typed again"] += 1
        await asyncio.sleep(0.01)
    raise AssertionError("it never came to an end")


async def lives(plan, world, reads, aks, chance, seen):
    """Carry a change to its end, through as many lives as it takes."""
    record = {}
    while True:
        ends = chance.choice((0, 0, *range(1, 9)))
        life = Life(world, record=record, ends=ends, known=reads, aks=aks, chance=chance)
        try:
            return await apply(plan, life)
        except Killed:
            seen["kills"] += 1
        except (Unavailable, Rejected, Conflict):
            return None
