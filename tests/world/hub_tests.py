"""Tests of the hub: a synthetic user's account and server, and the records of earlier tests."""

import contextlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from clients.errors import NotFound
from clients.hub import HubServer, HubUser, SpawnEvent
from clients.jupyter import CellResult, KernelSpecs
from tests.world.constants import IMAGE, NOW
from tests.world.kubernetes import find
from tests.world.kubernetes_objects import home, server

if TYPE_CHECKING:
    from tests.world.world import World

READY, FAILED = SpawnEvent("Server ready", 100, ready=True), SpawnEvent("Spawn failed", 100, failed=True)


def answered(code: str) -> CellResult:
    """What a kernel in order gives for the cells of a test."""
    if code == "1 + 1":
        return CellResult("2")
    if "write_text" in code:
        return CellResult(repr(code.split("write_text('")[1].split("'", maxsplit=1)[0]))
    return CellResult()


@dataclass
class HubTests:
    """The records of tests, read and written."""

    world: "World"

    @property
    def rules(self):
        return self.world.test_rules

    async def left(self):
        return [one for one in await self.world.answer("tests") if not one.removed]

    async def recent(self, limit=10):
        return sorted(await self.world.answer("tests"), key=lambda one: one.began, reverse=True)[:limit]

    async def passed_elsewhere(self, tag):
        last = self.world.tested_elsewhere.get(tag)
        return last if last and last.passed else None

    async def begin(self, record):
        if not any(one.operation == record.operation for one in self.world.tests):
            self.world.tests = [*self.world.tests, record]

    async def end(self, record):
        self._change([record.operation], lambda one: one if one.ended else record)

    async def remove(self, operations):
        self._change(operations, lambda one: replace(one, removed=True))

    def _change(self, operations, change):
        self.world.tests = [change(one) if one.operation in operations else one for one in self.world.tests]


@dataclass
class Accounts:
    """The hub's API for a synthetic user. A start makes a pod and a claim, as KubeSpawner does."""

    world: "World"

    async def create(self, user):
        self._done("create", user)
        if isinstance(self.world.creates, Exception):
            raise self.world.creates
        if any(one.name == user for one in self.world.users):
            return False
        self.world.users = [*self.world.users, HubUser(user, admin=False, servers=(), last_activity=None)]
        return True

    async def delete(self, user):
        self._done("delete", user)
        self.world.users = [one for one in self.world.users if one.name != user]
        if self.world.hub_deletes_claims:
            self.world.claims = [one for one in self.world.claims if one.user != user]
        return True

    async def start(self, user, options):
        self._done(f"start {dict(options)}" if options else "start", user)
        if isinstance(self.world.starts, Exception):
            raise self.world.starts
        if not find(user, self.world.users).servers:
            self._run(user, options)
        return False

    def _run(self, user, options):
        one = server(user, labels={"hub.jupyter.org/servername": ""}, **self.world.test_pod)
        if (image := options.get("image")) and self.world.hub_takes_images:
            one = replace(one, images=(image,))
        self.world.pods = [*self.world.pods, one]
        if not any(claim.user == user for claim in self.world.claims):
            self.world.claims = [*self.world.claims, home(user)]
        self._serve(user, HubServer("", ready=False, pending="spawn", started=NOW, last_activity=None))

    async def progress(self, user, seconds):
        assert seconds
        for event in self.world.spawning:
            if isinstance(event, Exception):
                raise event
            if event.ready:
                self._serve(user, HubServer("", ready=True, pending="", started=NOW, last_activity=NOW))
            if event.failed:
                self.world.pods = [one for one in self.world.pods if one.user != user]
                self._serve(user)
            yield event

    def _serve(self, user, *servers):
        self.world.users = [replace(one, servers=servers) if one.name == user else one for one in self.world.users]

    def _done(self, what, user):
        self.world.done.append(f"{what} {user}")


@dataclass
class Servers:
    """Users' servers."""

    world: "World"

    @contextlib.asynccontextmanager
    async def of(self, user):
        if isinstance(self.world.enters, Exception):
            raise self.world.enters
        if not any(one.ready for one in find(user, self.world.users).servers):
            raise NotFound("No server runs")
        yield self

    async def kernel_specs(self):
        return await self.world.answer("kernels")

    @contextlib.asynccontextmanager
    async def kernel(self, name):
        self.world.done.append(f"kernel {name}")
        yield self

    async def execute(self, code):
        return self.world.cells(code)


KERNELS = KernelSpecs("python3", {"python3": "python"})
LIVE_IMAGE = f"{IMAGE}:3f9a41c"
