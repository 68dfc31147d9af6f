"""What breaks the sandbox, and what mends it: seen as a cluster's own components would see and say it."""

import asyncio

import pytest
import pytest_asyncio

from sandbox.apiserver.objects import resource_kinds as r
from sandbox.faults import ending, hub, image, node, pool, quota, storage
from sandbox.kubelet.pods import ATTACHED
from sandbox.kubelet.programs import UNREADY
from sandbox.server import Options, running

SPACE = "jhub"
# One world for all: each test mends what it broke.
pytestmark = [pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def box():
    async with running(Options(users=40, speed=20)) as started:
        yield started


async def until(condition, within=240):
    async with asyncio.timeout(within):
        while not (found := condition()):
            await asyncio.sleep(0.05)
    return found


def events(box, reason, text=""):
    found = box.store.list(r.EVENT, SPACE)
    return [one for one in found if one["reason"] == reason and text in one["message"]]


def servers(box, *names):
    pods = box.store.list(r.POD, SPACE)
    return [pod for pod in pods if pod["metadata"].get("annotations", {}).get("hub.jupyter.org/username") in names]


def is_ready(pod):
    return any(c["type"] == "Ready" and c["status"] == "True" for c in pod.get("status", {}).get("conditions", ()))


async def test_an_image_whose_layers_are_gone_and_whole_again(box):
    names = image.begin(box.store, box.images, box.world.users)
    assert len(names) == 2
    await until(lambda: len({e["involvedObject"]["name"] for e in events(box, "Failed", "httpReadSeeker")}) == 2)
    assert sorted(image.heal(box.store, box.images, box.world.users)) == sorted(names)
    await until(lambda: not servers(box, *names))
    user = box.world.users.find(names[0])
    box.world.users.start(user)
    await until(lambda: is_ready(servers(box, names[0])[0]))


async def test_servers_that_are_slow_to_end(box):
    users = box.world.users
    user, server = next((u, s) for u in users.all() for s in u.servers.values() if users.is_ready(s))
    assert ending.begin_slow(users, 25.0) == []
    begun = box.clock.now()
    users.stop(server)
    await until(lambda: not users.find(user.name).servers)
    assert (box.clock.now() - begun).total_seconds() >= 25
    ending.heal(box.store, users)
    assert users.stop_seconds == 0
    users.start(user)
    await until(lambda: is_ready(servers(box, user.name)[0]))


async def test_a_silent_node_and_its_pods(box):
    name = node.begin(box.store)
    await until(lambda: events(box, "NodeNotReady"))
    taints = box.store.get(r.NODE, None, name)["spec"]["taints"]
    assert ("node.kubernetes.io/unreachable", "NoSchedule") in [(t["key"], t["effect"]) for t in taints]
    assert node.heal(box.store) == [name]
    await until(lambda: "unreachable" not in str(box.store.get(r.NODE, None, name)["spec"].get("taints")))
    assert node.heal(box.store) == []


async def test_a_node_under_pressure(box):
    name = node.begin_pressure(box.store, kind="DiskPressure")
    assert "kubelet has disk pressure" in str(box.store.get(r.NODE, None, name)["status"])
    assert node.heal(box.store) == [name]
    with pytest.raises(LookupError, match="no node nosuch"):
        node.begin(box.store, "nosuch")


async def test_a_full_pool_at_its_maximum_has_room_again(box):
    names = pool.begin_full(box.managed_cluster, box.world.users)
    await until(lambda: events(box, "NotTriggerScaleUp", "max node group size reached"))
    assert events(box, "FailedScheduling", "Too many pods")
    assert sorted(pool.heal(box.managed_cluster, box.world.users)) == sorted(names)


async def test_an_autoscaler_that_gets_no_machines(box):
    pool.begin_no_quota(box.managed_cluster, box.world.users)
    await until(lambda: events(box, "NotTriggerScaleUp", "in backoff after failed scale-up"))
    pool.heal(box.managed_cluster, box.world.users)


async def test_a_failed_pool(box):
    assert pool.begin_failed(box.managed_cluster) == "users"
    assert box.managed_cluster.pools["users"].state == "Failed"
    pool.heal(box.managed_cluster, box.world.users)
    assert box.managed_cluster.pools["users"].state == "Succeeded"


async def test_a_hub_that_crashes_is_down_until_it_is_mended(box):
    (name,) = hub.begin(box.store, SPACE)
    await until(lambda: events(box, "BackOff", "restarting failed container"))
    assert not is_ready(box.store.get(r.POD, SPACE, name))
    assert hub.heal(box.store, SPACE) == [name]
    await until(lambda: [p for p in box.store.list(r.POD, SPACE) if "hub-" in p["metadata"]["name"] and is_ready(p)])


async def test_a_proxy_that_does_not_get_ready(box):
    (name,) = hub.begin(box.store, SPACE, "proxy", UNREADY)
    await until(lambda: events(box, "Unhealthy", "Readiness probe failed"))
    assert not is_ready(box.store.get(r.POD, SPACE, name))
    assert hub.heal(box.store, SPACE) == [name]


async def test_no_disks_are_made_and_then_are_again(box):
    for user in box.world.users.all():
        # Nobody has a home yet: each needs a disk.
        if not user.servers:
            for claim in user.claims.values():
                box.store.remove(r.PERSISTENT_VOLUME_CLAIM, SPACE, claim)
            user.claims.clear()
    names = storage.begin(box.store, box.world.users)
    await until(lambda: events(box, "ProvisioningFailed", "quota"))
    storage.heal(box.store, SPACE, box.world.users)
    await until(lambda: not servers(box, *names))
    claim = box.world.users.find(names[0]).claims[""]
    box.world.users.start(box.world.users.find(names[0]))
    await until(lambda: box.store.get(r.PERSISTENT_VOLUME_CLAIM, SPACE, claim)["status"]["phase"] == "Bound")


async def test_a_disk_that_another_node_keeps(box):
    user = next(one for one in box.world.users.all() if not one.servers and one.claims)

    def attached(claim):
        claim["metadata"].setdefault("annotations", {})[ATTACHED] = "aks-users-31415926-vmss00000z"

    box.store.modify(r.PERSISTENT_VOLUME_CLAIM, SPACE, user.claims[""], attached)
    box.world.users.start(user)
    await until(lambda: events(box, "FailedAttachVolume", "Multi-Attach error"))
    storage.heal(box.store, SPACE, box.world.users)


async def test_snapshots_that_fail(box):
    storage.begin_snapshots(box.store)
    claim = next(c for c in box.store.list(r.PERSISTENT_VOLUME_CLAIM, SPACE) if c["status"]["phase"] == "Bound")
    (known,) = box.store.list(r.VOLUME_SNAPSHOT_CLASS)
    source = {"persistentVolumeClaimName": claim["metadata"]["name"]}
    spec = {"source": source, "volumeSnapshotClassName": known["metadata"]["name"]}
    box.store.create(r.VOLUME_SNAPSHOT, SPACE, {"metadata": {"name": "s"}, "spec": spec})
    await until(lambda: "quota" in str(box.store.get(r.VOLUME_SNAPSHOT, SPACE, "s").get("status")))
    storage.heal(box.store, SPACE, box.world.users)


async def test_a_quota_that_is_used_up(box):
    # A pod of an earlier test that is still ending counts, and the room that it leaves does too.
    await until(lambda: not [p for p in box.store.list(r.POD, SPACE) if "deletionTimestamp" in p["metadata"]])
    limit = quota.begin(box.store, SPACE)
    (name,) = [p["metadata"]["name"] for p in box.store.list(r.POD, SPACE) if p["metadata"]["name"].startswith("hub-")]
    box.store.delete(r.POD, SPACE, name, grace_seconds=0)
    # Somebody else is faster, and the hub's next pod is one too many.
    box.store.create(r.POD, SPACE, {"metadata": {"name": "x"}, "spec": {"containers": [{"name": "x", "image": "x"}]}})
    said = f"exceeded quota: compute, requested: pods=1, used: pods={limit}, limited: pods={limit}"
    await until(lambda: events(box, "FailedCreate", said))
    box.store.delete(r.POD, SPACE, "x", grace_seconds=0)
    quota.heal(box.store, SPACE)
    await until(lambda: [p for p in box.store.list(r.POD, SPACE) if "hub-" in p["metadata"]["name"] and is_ready(p)])
