"""People under other names in a cluster with its controllers: whoever starts a server then finds the same disk."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from cards.views import Notice
from clients.helm import Releases
from clients.hub import HubReader, HubWriter
from clients.kube import KubeReader, KubeWriter, connect
from commands.framework import polling
from commands.framework.argument_types import UserName
from commands.spawner import stopping
from commands.users import hub_record, rehoming, rename
from sandbox.apiserver.objects.resource_kinds import PERSISTENT_VOLUME_CLAIM
from sandbox.server import Options, running
from tests.world import Doing, World

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(autouse=True)
def patient(hurried, monkeypatch):
    """Controllers take their time."""
    del hurried
    monkeypatch.setattr(rehoming, "PATIENCE", 60.0)
    monkeypatch.setattr(hub_record, "_PATIENCE", 60.0)
    monkeypatch.setattr(stopping, "PATIENCE", 60.0)
    monkeypatch.setattr(polling, "PACE", 0.05)


class Place(Doing):
    """An operation at work on a sandbox, with the bot's own clients."""

    def __init__(self, sandbox, api, hub):
        super().__init__(World())
        self.sandbox, self.hub = sandbox, hub
        self.kube, self.kube_writes = KubeReader(api, "jhub"), KubeWriter(api, "jhub")

    @property
    def reads(self):
        ready = self.sandbox.ready
        releases = Releases(ready["release"], self.kube.secrets)
        return replace(self.world.reads, kube=self.kube, hub=self.hub[0], releases=releases)

    @property
    def writes(self):
        return replace(super().writes, kube=self.kube_writes, hub=self.hub[1])

    async def renamed(self, old, new):
        plan = await rename.plan(rename.Args(UserName(old), UserName(new)), self.reads)
        return await rename.apply(plan, self)

    async def started(self, name, server=""):
        """Start a server as its user does, and return the volume that it mounts once it is ready."""
        users = self.sandbox.users
        made = users.start(users.find(name), server)
        async with asyncio.timeout(60):
            while not users.is_ready(made):
                await asyncio.sleep(0.02)
        (mounted,) = users.pod(made)["spec"]["volumes"]
        return (await self.kube.claim(mounted["persistentVolumeClaim"]["claimName"])).volume


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place():
    async with running(Options(users=60, speed=20.0)) as sandbox:
        api = await connect(Path(sandbox.ready["kubeconfig"]))

        async def token():
            return Path(sandbox.ready["hub_token_file"]).read_text("utf-8").strip()

        hub = tuple(kind(sandbox.ready["hub_url"], token) for kind in (HubReader, HubWriter))
        yield Place(sandbox, api, hub)
        for one in hub:
            await one.close()
        await api.close()


def somebody(place, fits):
    """A user with one home for each server, no administrator, of whom that holds."""
    claims = place.sandbox.store.list(PERSISTENT_VOLUME_CLAIM, "jhub")
    owners = [one["metadata"].get("annotations", {}).get("hub.jupyter.org/username") for one in claims]
    usual = [one for one in place.sandbox.users.all() if not one.admin and owners.count(one.name) == len(one.claims)]
    return next(one for one in usual if one.claims and not one.name.startswith("new.") and fits(one))


KINDS = {
    "a new name": lambda one: not one.old_scheme and not one.servers and len(one.claims) == 1,
    "an old name": lambda one: one.old_scheme and not one.servers and len(one.claims) == 1,
    "a named server": lambda one: len(one.claims) > 1,
    "a server that runs": lambda one: bool(one.servers),
}


@pytest.mark.parametrize("kind", KINDS)
async def test_the_next_server_mounts_the_disk_that_there_was(place, kind):
    user = somebody(place, KINDS[kind])
    disks = {server: (await place.kube.claim(claim)).volume for server, claim in user.claims.items()}
    new = f"new.{user.name}"
    assert isinstance(await place.renamed(user.name, new), Notice)
    assert place.sandbox.users.find(user.name) is None
    assert {server: await place.started(new, server) for server in disks} == disks
    assert {(await place.kube.volume(one)).reclaim_policy for one in disks.values()} == {"Delete"}


async def test_a_record_that_was_renamed_alone_waits_for_the_old_claim(place):
    """Why the bot does not do that: KubeSpawner remembers the claim (tests/contract/test_renaming.py)."""
    user = somebody(place, KINDS["a new name"])
    disk = (await place.kube.claim(user.claims[""])).volume
    await place.hub[1].rename_user(user.name, f"new.{user.name}")
    assert user.claims[""] in [one.name for one in await place.kube.claims()]
    assert await place.started(user.name) == disk
    assert "new" not in user.claims[""]
