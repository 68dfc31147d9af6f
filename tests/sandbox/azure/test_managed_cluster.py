"""The sandbox's managed cluster: Azure's rules for pools, and nodes that come and go with them."""

import asyncio
from datetime import UTC, datetime

import pytest

from sandbox.apiserver.objects.resource_kinds import EVENT, NODE, POD
from sandbox.apiserver.storage.store import Store
from sandbox.azure.autoscaler import Autoscaler
from sandbox.azure.errors import ArmError
from sandbox.azure.managed_cluster import managed_cluster
from sandbox.clock import ManualClock
from sandbox.controllers import Controllers
from sandbox.jupyterhub.spawner import Named, Profile, pod
from sandbox.runtime.images import Images
from sandbox.scenario import bare_cluster as cluster

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
PROFILE = Profile("jhub", "jupyterhub", "example.org/notebook:1", "10Gi", "managed-csi", memory=str(20 * 2**30))


class World:
    def __init__(self):
        self.tasks = []
        self.clock = ManualClock(NOW)
        self.store = Store(self.clock)
        cluster.build(self.store, ("jhub",), cluster.pools(10), NOW)
        self.estate = managed_cluster(
            self.store, self.clock, lambda work: self.tasks.append(asyncio.ensure_future(work))
        )
        self.controllers = Controllers(self.store, self.clock, Images())
        self.autoscaler = Autoscaler(self.estate)

    async def live(self, seconds):
        for _ in range(seconds):
            await self.controllers.settle()
            await self.clock.advance(1)

    def nodes(self, pool):
        return [n for n in self.store.list(NODE) if n["metadata"]["labels"]["agentpool"] == pool]

    def put(self, name, if_match="", **changes):
        its = self.estate.pools.get(name)
        now = {} if its is None else {"vmSize": its.size, "count": its.count, "mode": its.mode}
        now |= {} if its is None else {"nodeLabels": its.labels, "nodeTaints": list(its.taints)}
        if its is not None and its.autoscaled:
            now |= {"enableAutoScaling": True, "minCount": its.minimum, "maxCount": its.maximum}
        properties = {key: value for key, value in (now | changes).items() if value is not None}
        return self.estate.put_pool(name, {"properties": properties}, if_match)


@pytest.fixture
async def world():
    made = World()
    yield made
    for task in made.tasks:
        task.cancel()
    await asyncio.gather(*made.tasks, return_exceptions=True)


MANUAL = {"enableAutoScaling": None, "minCount": None, "maxCount": None}


async def test_nodes_leave_with_their_pods_and_come_back_under_other_names(world):
    home = world.nodes("users")[0]["metadata"]["name"]
    named = Named("ada@example.org")
    made = pod(named, PROFILE)
    made["spec"]["nodeName"] = home
    world.store.create(POD, "jhub", made)
    operation = world.put("users", count=0, **MANUAL)
    await world.live(2)
    assert operation.status == "InProgress"
    assert world.estate.pools["users"].state == "Scaling"
    await world.live(8)
    assert (operation.status, world.nodes("users")) == ("Succeeded", [])
    assert world.store.find(POD, "jhub", named.pod) is None
    world.put("users", count=2, **MANUAL)
    await world.live(10)
    back = world.nodes("users")
    assert len(back) == 2
    assert all(one["spec"]["taints"][0]["value"] == "user" for one in back)


@pytest.mark.parametrize(
    ("pool", "changes", "said"),
    [
        ("users", {"minCount": 4, "maxCount": 2}, "greater than maxCount"),
        ("users", {"count": 4}, "while the cluster autoscaler is on"),
        ("users", {"minCount": None}, "must be set where enableAutoScaling"),
        ("users", {"enableAutoScaling": None}, "only where enableAutoScaling"),
        ("users", {"vmSize": "Standard_D4s_v5"}, "not allowed"),
        ("system", {"count": 0}, "from 1 to 1000"),
        ("core", {"count": 1001}, "from 0 to 1000"),
        ("core", {"count": "3"}, "from 0 to 1000"),
        ("core", {"mode": "Odd"}, "System or User"),
        ("core", {"enableAutoScaling": True, "minCount": 2, "maxCount": 3}, "outside minCount 2"),
        ("Users", {"vmSize": "Standard_D4s_v5"}, "lowercase"),
        ("toolonganame1", {"vmSize": "Standard_D4s_v5"}, "1 to 12"),
        ("new", {"vmSize": "Standard_Z1"}, "not allowed in your subscription"),
        ("new", {"vmSize": "Standard_D4s_v5", "nodeTaints": ["nonsense"]}, "key=value:effect"),
    ],
)
async def test_azures_rules(world, pool, changes, said):
    if pool == "core" and "enableAutoScaling" in changes:
        # Turned on, the range must hold the count; set outside it, the count would be moved.
        changes = changes | {"count": 1}
    with pytest.raises(ArmError, match=said) as caught:
        world.put(pool, **changes)
    assert caught.value.status == 400
    assert world.estate.running is None


async def test_one_operation_at_a_time(world):
    world.put("core", count=2)
    with pytest.raises(ArmError, match="in progress") as caught:
        world.put("users", count=0, **MANUAL)
    assert (caught.value.status, caught.value.code) == (409, "OperationNotAllowed")


async def test_an_old_or_unquoted_etag_is_refused(world):
    etag = world.estate.pools["core"].etag
    with pytest.raises(ArmError) as caught:
        world.put("core", '"old"', count=2)
    assert caught.value.status == 412
    with pytest.raises(ArmError) as caught:
        world.put("core", etag, count=2)
    assert caught.value.status == 400
    world.put("core", f'"{etag}"', count=2)
    assert world.estate.pools["core"].etag != etag


async def test_beyond_the_quota_an_operation_fails_after_its_time(world):
    operation = world.put("core", count=300)
    await world.live(10)
    assert operation.error[0] == "ErrCode_InsufficientVCPUQuota"
    assert (world.estate.pools["core"].state, world.estate.pools["core"].count) == ("Failed", 1)


async def test_the_last_system_pool_stays(world):
    with pytest.raises(ArmError, match="at least one system"):
        world.estate.delete_pool("system", "")


async def test_users_who_find_no_room_get_nodes_up_to_the_most(world):
    for number in range(16):
        world.store.create(POD, "jhub", pod(Named(f"u{number}@example.org"), PROFILE, claim_name=""))
    for one in world.store.list(POD, "jhub"):
        world.store.modify(POD, "jhub", one["metadata"]["name"], lambda new: new["spec"].update(volumes=[]))
    world.estate.pools["users"].maximum = 5
    await world.live(30)
    world.autoscaler.scan()
    await world.live(30)
    world.autoscaler.scan()
    assert world.estate.pools["users"].count == 5
    said = {event["reason"] for event in world.store.list(EVENT)}
    assert {"TriggeredScaleUp", "NotTriggerScaleUp"} <= said


async def test_nodes_that_nobody_uses_go_after_ten_minutes_down_to_the_fewest(world):
    world.autoscaler.scan()
    await world.clock.advance(540)
    world.autoscaler.scan()
    assert len(world.nodes("users")) == 3
    await world.clock.advance(120)
    world.autoscaler.scan()
    assert len(world.nodes("users")) == world.estate.pools["users"].minimum == 1


async def test_without_the_autoscaler_nothing_comes_or_goes(world):
    world.put("users", **MANUAL)
    await world.live(10)
    await world.clock.advance(3600)
    world.autoscaler.scan()
    assert len(world.nodes("users")) == 3
