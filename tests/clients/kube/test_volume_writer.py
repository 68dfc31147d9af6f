"""A volume goes from one claim to another: the client against the sandbox's API server and its controllers."""

from datetime import UTC, datetime

import pytest

from clients.errors import NotFound
from clients.kube import KubeReader, KubeWriter, connect
from sandbox.apiserver.objects import resource_kinds as r
from sandbox.apiserver.router import make_app
from sandbox.apiserver.storage.store import Store
from sandbox.clock import ManualClock
from sandbox.controllers import Controllers
from sandbox.runtime.images import Images
from sandbox.scenario import bare_cluster as cluster
from sandbox.scenario.private_files import write_kubeconfig

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
KEEP = {"policy": "Retain", "labels": {"held": "true"}, "annotations": {"was": "Delete"}}


class Place:
    """A cluster with one bound claim, and clients of it."""

    def __init__(self, store, clock, controllers, api):
        self.store, self.clock, self.controllers = store, clock, controllers
        self.reader, self.writer = KubeReader(api, "jhub"), KubeWriter(api, "jhub")

    async def live(self, seconds=40):
        for _ in range(seconds):
            await self.controllers.settle()
            await self.clock.advance(1)

    async def claimed(self, name, volume=""):
        more = {"labels": {}, "annotations": {}}
        await self.writer.create_claim(
            name=name, storage_class="azurefile-csi", size=2**30, access_modes=["ReadWriteOnce"], volume=volume, **more
        )
        await self.live()
        return await self.reader.claim(name)

    def volumes(self):
        return self.store.list(r.PERSISTENT_VOLUME)


@pytest.fixture
async def place(aiohttp_server, tmp_path):
    clock = ManualClock(NOW)
    store = Store(clock)
    cluster.build(store, ("jhub",), cluster.pools(1), NOW)
    server = await aiohttp_server(make_app(store))
    write_kubeconfig(tmp_path / "kubeconfig", str(server.make_url("")).rstrip("/"), "jhub")
    api = await connect(tmp_path / "kubeconfig")
    yield Place(store, clock, Controllers(store, clock, Images()), api)
    await api.close()


async def test_a_volume_goes_from_one_claim_to_another(place):
    old = await place.claimed("old")
    volume = await place.reader.volume(old.volume)
    assert (volume.phase, volume.claim, volume.claim_uid, volume.reclaim_policy) == ("Bound", "old", old.uid, "Delete")
    assert await place.writer.mark_volume(volume.name, volume.uid, **KEEP)
    # It asks for a volume that another claim has, and waits.
    waiting = await place.claimed("new", volume.name)
    assert (waiting.phase, waiting.volume) == ("Pending", volume.name)
    await place.writer.delete_claim("old", old.uid)
    await place.live()
    assert (await place.reader.volume(volume.name)).phase == "Released"
    assert (await place.reader.claim("new")).phase == "Pending"
    assert await place.writer.keep_volume(volume.name, volume.uid, "new")
    await place.live()
    now, claim = await place.reader.volume(volume.name), await place.reader.claim("new")
    assert (now.phase, now.claim, now.claim_uid, claim.phase) == ("Bound", "new", claim.uid, "Bound")
    assert (now.labels, now.annotations["was"], now.reclaim_policy) == ({"held": "true"}, "Delete", "Retain")
    assert len(place.volumes()) == 1


async def test_marks_are_taken_off_and_the_policy_comes_back(place):
    claim = await place.claimed("old")
    volume = await place.reader.volume(claim.volume)
    await place.writer.mark_volume(volume.name, volume.uid, **KEEP)
    assert [one.name for one in await place.reader.volumes("held=true")] == [volume.name]
    nothing = {"labels": {"held": None}, "annotations": {"was": None}}
    await place.writer.mark_volume(volume.name, volume.uid, policy="Delete", **nothing)
    assert await place.reader.volume(volume.name) == volume
    assert await place.reader.volumes("held=true") == []


async def test_a_volume_that_is_kept_for_a_claim_is_no_other_claims(place):
    old = await place.claimed("old")
    volume = await place.reader.volume(old.volume)
    await place.writer.mark_volume(volume.name, volume.uid, **KEEP)
    await place.writer.delete_claim("old", old.uid)
    await place.live()
    await place.writer.keep_volume(volume.name, volume.uid, "new")
    await place.live()
    assert (await place.reader.volume(volume.name)).phase == "Available"
    assert (await place.claimed("somebodys")).volume != volume.name
    assert (await place.claimed("new", volume.name)).phase == "Bound"


async def test_a_claim_for_a_volume_of_no_class_gets_none(place):
    about = {"size": 2**30, "access_modes": ["ReadWriteOnce"], "labels": {}, "annotations": {}}
    for name, volume, wanted in (("static", "pv-1", ""), ("usual", "", None)):
        await place.writer.create_claim(name=name, storage_class="", volume=volume, **about)
        spec = place.store.get(r.PERSISTENT_VOLUME_CLAIM, "jhub", name)["spec"]
        assert (spec.get("storageClassName") == "") is (wanted == "")


async def test_another_volume_of_that_name_is_left_alone(place):
    volume = await place.reader.volume((await place.claimed("old")).volume)
    assert not await place.writer.mark_volume(volume.name, "another-uid", **KEEP)
    assert not await place.writer.keep_volume(volume.name, "another-uid", "new")
    assert not await place.writer.mark_volume("gone", volume.uid, **KEEP)
    assert await place.reader.volume(volume.name) == volume
    with pytest.raises(NotFound):
        await place.writer.keep_volume("../x", volume.uid, "new")
