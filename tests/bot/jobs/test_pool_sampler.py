"""The look at the pools: nodes by Kubernetes, size and hold by Azure; half a look is none."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from bot.jobs.pool_sampler import Costs, sample, sampling
from bot.jobs.pool_samples import Samples
from bot.jobs.usage_records import UsageRecords
from bot.runtime.leases import Lease
from clients.errors import Unavailable
from clients.hub import HubServer, HubUser
from commands.ports.usage import UNKNOWN_PROFILE
from tests.commands.nodes.estate import a_pool
from tests.world import NOW, World, home, node, server

BEFORE = NOW - timedelta(days=30)


@dataclass
class Pools:
    listed: list = field(default_factory=lambda: [a_pool("core", 1), a_pool("users", 1)])
    trouble: Exception | None = None

    async def pools(self):
        if self.trouble:
            raise self.trouble
        return self.listed


@pytest.fixture
def costs(database):
    return costs_of(database)


def costs_of(database, replica="bot-0"):
    usage = UsageRecords(database, ZoneInfo("UTC"), timedelta(days=400))
    return Costs(Samples(database), usage, Lease(database, "sampler", replica), "EUR", {})


@pytest.fixture
def samples(costs):
    return costs.samples


def reads(world, azure, minutes=0):
    return replace(world.reads, azure=azure, now=NOW + timedelta(minutes=minutes))


async def hours(samples):
    return {one.pool: (one.size, one.hours * 12) for one in (await samples.seen(BEFORE)).pools}


async def test_a_pool_has_the_nodes_that_kubernetes_has(costs, samples):
    world = World(nodes=[node(f"n{number}", "users") for number in range(3)])
    assert await sample(costs, reads(world, Pools()))
    assert await hours(samples) == {"core": ("Standard_E8s_v5", 0), "users": ("Standard_E8s_v5", 3)}


async def test_in_the_same_five_minutes_nobody_is_asked_again(costs):
    world = World()
    await sample(costs, reads(world, Pools()))
    world.nodes = Unavailable("Kubernetes", "must not be asked")
    assert not await sample(costs, reads(world, Pools(), 4))
    with pytest.raises(Unavailable):
        await sample(costs, reads(world, Pools(), 5))


async def test_what_scaling_down_spares_is_seen_in_the_pools_tag(costs, samples):
    world, azure = World(nodes=[node("a", "users"), node("b", "users")]), Pools()
    await sample(costs, reads(world, azure))
    azure.listed = [a_pool("users", 0, tags={"jhub-bot-kept": "1-5"})]
    world.nodes = []
    for minutes in range(5, 65, 5):
        await sample(costs, reads(world, azure, minutes))
    (users,) = [one for one in (await samples.seen(BEFORE)).pools if one.pool == "users"]
    assert users.spared == Decimal(2)


async def test_where_azure_does_not_answer_half_a_look_is_none(costs, samples):
    with pytest.raises(Unavailable):
        await sample(costs, reads(World(), Pools(trouble=Unavailable("Azure", "does not answer"))))
    assert (await samples.seen(BEFORE)).first is None


async def test_without_azure_kubernetes_alone_is_counted(costs, samples):
    await sample(costs, reads(World(), None))
    assert await hours(samples) == {"core": ("Standard_E8s_v5", 1), "users": ("Standard_E8s_v5", 1)}


async def test_the_first_look_is_there_for_who_asks_first_and_a_failing_one_holds_nobody_up(database, caplog):
    async with asyncio.timeout(240):
        for trouble, told in ((Unavailable("Kubernetes", "is out"), "is out"), (ValueError("a bug"), "a bug")):
            costs = costs_of(database)
            async with sampling(costs, lambda _, trouble=trouble: reads(World(nodes=trouble), None)):
                assert (await costs.seen(BEFORE)).first is None
                assert told in caplog.text
        costs = costs_of(database)
        async with sampling(costs, lambda _: reads(World(), None)):
            assert (await costs.seen(BEFORE)).hours * 12 == 1


async def test_nobody_outside_is_asked_for_the_bot_to_start(costs):
    asked = []
    async with sampling(costs, lambda _: asked.append("the cluster")):
        await asyncio.sleep(0)
    assert asked == []


async def people(costs):
    found = (await costs.used(NOW.date(), NOW.date())).servers
    return {one.user: (one.profile, one.size, one.hours * 12) for one in found}


def at_work(*servers, users=None, **more):
    """A world with these servers on one node for users."""
    its = node("aks-users-31415926-vmss000001", "users", purpose="user", allocatable={"cpu": 8.0})
    return World(pods=list(servers), nodes=[its], users=users or [], **more)


def with_profile(name, profile, server=""):
    return HubUser(name, admin=False, servers=(HubServer(server, True, "", NOW, NOW, profile),), last_activity=NOW)


async def test_servers_are_counted_with_the_profile_that_the_hub_tells(costs):
    world = at_work(server("ada"), server("ben"), users=[with_profile("ada", "large"), with_profile("ben", "")])
    costs.looked.set()
    for minutes in (0, 5):
        await sample(costs, reads(world, None, minutes))
    assert await people(costs) == {"ada": ("large", "Standard_E8s_v5", 2), "ben": ("", "Standard_E8s_v5", 2)}


async def test_the_hub_is_asked_for_new_servers_only(costs):
    world = at_work(server("ada"), users=[with_profile("ada", "large")])
    costs.looked.set()
    await sample(costs, reads(world, None))
    world.users = Unavailable("the hub", "must not be asked")
    await sample(costs, reads(world, None, 5))
    assert await people(costs) == {"ada": ("large", "Standard_E8s_v5", 2)}


async def test_a_hub_that_is_out_leaves_profiles_unknown_and_is_asked_again(costs):
    world = at_work(server("ada"), users=Unavailable("the hub", "is out"))
    costs.looked.set()
    await sample(costs, reads(world, None))
    assert await people(costs) == {"ada": (UNKNOWN_PROFILE, "Standard_E8s_v5", 1)}
    world.users = [with_profile("ada", "large")]
    await sample(costs, reads(world, None, 5))
    assert ("large", 1) in {(one.profile, one.hours * 12) for one in (await costs.used(NOW.date(), NOW.date())).servers}


async def test_a_named_server_has_its_own_profile(costs):
    users = [with_profile("ada", "large", "thesis")]
    world = at_work(server("ada", server="thesis"), users=users)
    costs.looked.set()
    await sample(costs, reads(world, None))
    assert (await people(costs))["ada"][0] == "large"


async def test_homes_are_listed_once_a_day_and_again_where_that_failed(costs):
    world = at_work(server("ada"), claims=Unavailable("Kubernetes", "is slow"))
    costs.looked.set()
    await sample(costs, reads(world, None))
    assert (await costs.used(NOW.date(), NOW.date())).home_days == 0
    world.claims = [home("ada", size=10 * 2**30)]
    await sample(costs, reads(world, None, 5))
    world.claims = Unavailable("Kubernetes", "must not be asked")
    await sample(costs, reads(world, None, 10))
    found = await costs.used(NOW.date(), NOW.date())
    assert [(one.user, one.gib, one.days) for one in found.homes] == [("ada", 10, 1)]
    assert found.hours * 12 == 3


async def test_where_pods_cannot_be_seen_half_a_look_is_none(costs):
    world = at_work()
    world.pods = Unavailable("Kubernetes", "is out")
    costs.looked.set()
    with pytest.raises(Unavailable):
        await sample(costs, reads(world, None))
    assert (await costs.used(NOW.date(), NOW.date())).began is None
    assert not await costs.samples.has(NOW)


async def test_one_replica_samples_until_its_lease_ends(database):
    one, other = costs_of(database), costs_of(database, "bot-1")
    world = at_work(server("ada"))
    assert await sample(one, reads(world, None))
    assert not await sample(other, reads(world, None, 1))
    # The first one is gone: from then on the other one samples.
    assert await sample(other, reads(world, None, 5))
    assert not await sample(one, reads(world, None, 6))
    one.looked.set()
    assert await people(one) == {"ada": (UNKNOWN_PROFILE, "Standard_E8s_v5", 2)}
