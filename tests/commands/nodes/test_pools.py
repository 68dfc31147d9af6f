"""Pools held, given back, made and taken away: what is planned, what is refused, what each end says."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from cards.views import Failure, Notice
from clients.azure.aks import Cluster, Pool
from clients.azure.compute import Quota, Size, Usage
from clients.errors import Conflict, NotFound, Rejected, Unavailable
from clients.hub import HubServer, HubUser
from commands.framework import polling as waiting
from commands.framework.errors import UserError
from commands.framework.parser import parse
from commands.framework.plan_digest import digest
from commands.framework.registry import catalogue
from commands.nodes import (
    autoscale,
    cluster_start,
    cluster_status,
    cluster_stop,
    dashboard_disable,
    pool_create,
    pool_delete,
    scale,
    scale_up,
    scale_zero,
)
from commands.nodes import list as nodes
from tests.world import NOW, Doing, World, node, pod, words

LABEL = {"hub.jupyter.org/node-purpose": "user"}


def a_pool(name, count, **more):
    its = {"mode": "User", "size": "Standard_E8s_v5", "minimum": None, "maximum": None, "state": "Succeeded"}
    rest = {"power": "Running", "version": "1.32.7", "labels": {}, "taints": (), "tags": {}, "etag": "e"}
    return Pool(name=name, count=count, **its | rest | more)


class Azure:
    """A cluster that does at once what it is asked, unless `trouble` says otherwise."""

    def __init__(self):
        self.listed = {
            "core": a_pool("core", 1),
            "system": a_pool("system", 2, mode="System"),
            "users": a_pool("users", 2, minimum=1, maximum=5, labels=LABEL),
        }
        self.its = Cluster("jhub-aks", "Succeeded", "Running", "1.32.7", "westeurope", "Free", {}, "e")
        self.done = []
        self.trouble = {}

    async def pools(self):
        return list(self.listed.values())

    async def pool(self, name):
        if name not in self.listed:
            raise NotFound(name)
        return self.listed[name]

    async def cluster(self):
        return self.its

    def _do(self, what):
        if what in self.trouble:
            raise self.trouble[what]
        self.done.append(what)
        return f"token of {what}"

    async def scale(self, pool, count, tags):
        self.listed[pool.name] = replace(pool, count=count, minimum=None, maximum=None, tags=tags)
        return self._do(f"scale {pool.name} {count}")

    async def autoscale(self, pool, minimum, maximum, count, tags):
        self.listed[pool.name] = replace(pool, count=count, minimum=minimum, maximum=maximum, tags=tags)
        return self._do(f"autoscale {pool.name} {minimum} {maximum}")

    async def create_pool(self, name, *, size, minimum, maximum, labels, taints):
        self.listed[name] = a_pool(
            name, minimum, size=size, minimum=minimum, maximum=maximum, labels=labels, taints=taints
        )
        return self._do(f"create {name}")

    async def delete_pool(self, pool):
        del self.listed[pool.name]
        return self._do(f"delete {pool.name}")

    async def disable_addon(self, cluster, addon):
        self.its = replace(cluster, addons={addon: False})
        return self._do(f"disable {addon}")

    async def stop(self):
        self.its = replace(self.its, power="Stopped")
        return self._do("stop")

    async def start(self):
        self.its = replace(self.its, power="Running")
        return self._do("start")

    async def finish(self, token, *, within):
        assert within > 60
        self._do(f"finish {token.removeprefix('token of ')}")


class Estate(Doing):
    """What a command works with, Azure included; Kubernetes has the nodes that the pools should have."""

    def __init__(self, azure, world):
        super().__init__(world)
        self.azure = azure
        self.quotas = None

    @property
    def reads(self):
        return replace(self.world.reads, azure=self.azure, kube=Kube(self.world, self.azure), quotas=self.quotas)

    @property
    def writes(self):
        return replace(super().writes, azure=self.azure, hub=Hub(super().writes.hub))


class Hub:
    """A hub that stops a server once it is asked to, some moments later."""

    def __init__(self, inner):
        self.inner = inner

    async def stop_server(self, user, server=""):
        await self.inner.stop_server(user, server)
        return await self.inner.stop_server(user, server)


class Kube:
    def __init__(self, world, azure):
        self.world, self.azure = world, azure
        self.system = []

    async def pods(self, selector=""):
        return await self.world.reads.kube.pods(selector)

    async def nodes(self):
        return [
            node(f"aks-{pool.name}-{n}", pool.name) for pool in self.azure.listed.values() for n in range(pool.count)
        ]

    async def autoscaler_events(self, since):
        return await self.world.reads.kube.autoscaler_events(since)

    async def system_pods(self):
        return self.world.system


@pytest.fixture
def azure():
    return Azure()


@pytest.fixture
def world():
    made = World(users=[])
    made.system = []
    return made


@pytest.fixture
def do(azure, world, monkeypatch):
    monkeypatch.setattr(waiting, "PACE", 0.001)
    return Estate(azure, world)


def sits(world, user, minutes, on="aks-users-0"):
    """Somebody has a server on a node and was last active so many minutes ago."""
    seen = NOW - timedelta(minutes=minutes)
    world.users = [*world.users, HubUser(user, False, (HubServer("", True, "", NOW, seen),), seen)]
    name = f"jupyter-{user.partition('@')[0]}"
    world.pods = [*world.pods, pod(name, "singleuser-server", node=on, user=user)]


async def planned(do, line):
    parsed = parse(line, catalogue())
    return parsed.command, await parsed.command.plan(parsed.args, do.reads)


async def done(do, line):
    command, plan = await planned(do, line)
    command.preview(plan)
    return await command.apply(plan, do)


class Quotas:
    """What is in use and allowed of machines with 8 vCPUs; `trouble` instead of an answer."""

    def __init__(self, used, limit, *, offered=True, trouble=None):
        self.told = Quota(Size("f", 8, offered=offered), (Usage("Standard ESv5 Family vCPUs", used, limit),))
        self.trouble, self.asked = trouble, []

    async def quota(self, location, size):
        self.asked.append((location, size))
        if self.trouble:
            raise self.trouble
        return self.told


# The quota

ROOM = "The quota has room for"


@pytest.mark.parametrize(
    ("line", "fact", "warning"),
    [
        ("scale 7", "16 of 100 Standard ESv5 Family vCPUs in use; this needs 40 more", ""),
        ("scale 12", "this needs 80 more", ""),
        ("scale 13", "this needs 88 more", "The quota has room for 10 more nodes, not 11: Azure will refuse this."),
        ("autoscale users 1 500", "this may need 3,984 more", "room for 10 more nodes, not 498: the pool will"),
        ("pool create more --max 11", "this may need 88 more", "room for 10 more nodes, not 11"),
        ("pool create more --max 10", "this may need 80 more", ""),
    ],
)
async def test_a_plan_that_adds_nodes_says_what_the_quota_has_room_for(do, line, fact, warning):
    do.quotas = Quotas(16, 100)
    command, plan = await planned(do, line)
    said = words(command.preview(plan))
    assert fact in said
    assert warning in said
    assert (ROOM in said) == bool(warning)
    assert do.quotas.asked == [("westeurope", "Standard_E8s_v5")]


@pytest.mark.parametrize("line", ["scale 1", "scale 0", "autoscale users 0 2"])
async def test_a_plan_that_adds_none_does_not_ask(do, line):
    do.quotas = Quotas(16, 100)
    command, plan = await planned(do, line)
    assert "Quota" not in words(command.preview(plan))
    assert do.quotas.asked == []


@pytest.mark.parametrize(
    ("quotas", "said"),
    [
        (Quotas(0, 0, trouble=Unavailable("Azure", "refused: no permission")), "not known: Azure refused: no perm"),
        (Quotas(0, 0, trouble=NotFound("x")), "Azure does not list the VM size Standard_E8s_v5"),
        (Quotas(0, 900, offered=False), "This subscription may not use Standard_E8s_v5 in westeurope"),
    ],
)
async def test_what_cannot_be_told_or_had_is_said_and_bars_nobody(do, azure, quotas, said):
    do.quotas = quotas
    command, plan = await planned(do, "scale 4")
    assert said in words(command.preview(plan))
    await command.apply(plan, do)
    assert azure.listed["users"].count == 4


async def test_consent_is_not_bound_to_what_the_quota_was(do):
    digests = set()
    for used in (16, 99):
        do.quotas = Quotas(used, 100)
        command, plan = await planned(do, "scale 7")
        digests.add(digest(command.name, "ada", plan))
    assert len(digests) == 1


# Scaling


async def test_scale_to_nothing_keeps_the_range_and_scale_up_brings_it_back(do, azure):
    assert (await done(do, "scale 0")).title == "The pool users has no nodes"
    held = azure.listed["users"]
    assert (held.count, held.autoscaled, held.tags) == (0, False, {"jhub-bot-kept": "1-5"})
    assert "autoscaler 1–5" in words(await nodes.run(nodes.Args(), do.reads))
    back = await done(do, "scale up")
    assert isinstance(back, Notice)
    users = azure.listed["users"]
    assert (users.minimum, users.maximum, users.count, users.tags) == (1, 5, 1, {})


async def test_after_nothing_a_number_in_the_range_brings_the_autoscaler_back_too(do, azure):
    await done(do, "scale 0")
    await done(do, "scale 3")
    assert (azure.listed["users"].minimum, azure.listed["users"].count, azure.listed["users"].tags) == (1, 3, {})
    await done(do, "scale 0")
    await done(do, "scale 7")
    assert (azure.listed["users"].autoscaled, azure.listed["users"].count) == (False, 7)
    assert azure.listed["users"].tags == {"jhub-bot-kept": "1-5"}


async def test_a_pool_without_autoscaler_gets_its_count_back(do, azure):
    azure.listed["users"] = a_pool("users", 4, labels=LABEL)
    await done(do, "scale 0")
    assert azure.listed["users"].tags == {"jhub-bot-kept": "4"}
    await done(do, "scale up")
    assert (azure.listed["users"].count, azure.listed["users"].tags) == (4, {})


async def test_what_is_kept_is_the_first_setting_not_the_last(do, azure):
    await done(do, "scale 3")
    await done(do, "scale 0")
    assert azure.listed["users"].tags == {"jhub-bot-kept": "1-5"}


async def test_the_plan_names_who_would_lose_a_server(do, world):
    sits(world, "ada@example.org", 5)
    sits(world, "lin@example.org", 200)
    command, plan = await planned(do, "scale 0")
    said = words(command.preview(plan))
    assert "At work now: ada@example.org loses" in said
    assert "Stopped first, as they have been idle for an hour or more: lin@example.org" in said
    assert command.approvals == 1


async def test_idle_servers_are_stopped_first(do, world):
    sits(world, "ada@example.org", 5)
    sits(world, "lin@example.org", 200)
    await done(do, "scale 0")
    assert set(world.done) == {"stop_server lin@example.org"}
    assert do.announced == []


async def test_with_evict_it_is_announced_and_all_servers_are_stopped(do, world):
    sits(world, "ada@example.org", 5)
    sits(world, "lin@example.org", 200)
    await done(do, "scale 0 --evict --grace 1s")
    assert set(world.done) == {"stop_server ada@example.org", "stop_server lin@example.org"}
    [announced] = do.announced
    assert announced.title == "All servers on users stop in 1 s"
    assert announced.sections[0].lines == ("ada@example.org", "lin@example.org")


async def test_who_comes_and_goes_does_not_void_the_consent_a_changed_range_does(do, azure, world):
    _, before = await planned(do, "scale 0")
    sits(world, "ada@example.org", 5)
    azure.listed["users"] = replace(azure.listed["users"], count=3, etag="another")
    _, after = await planned(do, "scale 0")
    assert digest("scale 0", "x", before) == digest("scale 0", "x", after)
    azure.listed["users"] = replace(azure.listed["users"], maximum=9)
    _, changed = await planned(do, "scale 0")
    assert digest("scale 0", "x", before) != digest("scale 0", "x", changed)


async def test_a_range_changed_after_the_plan_is_a_conflict_and_nothing_is_written(do, azure):
    command, plan = await planned(do, "scale 0")
    azure.listed["users"] = replace(azure.listed["users"], maximum=9)
    with pytest.raises(Conflict):
        await command.apply(plan, do)
    assert azure.done == []


async def test_an_operation_that_fails_says_what_is_true_and_what_to_type(do, azure):
    azure.trouble["finish scale users 4"] = Rejected("Azure", "QuotaExceeded", "No quota is left.")
    ended = await done(do, "scale 4")
    assert isinstance(ended, Failure)
    assert "No quota is left." in ended.cause
    assert "scale up" in words(ended)


async def test_a_failed_return_is_repaired_by_typing_it_again(do, azure):
    azure.listed["users"] = replace(azure.listed["users"], count=0, state="Failed")
    _, plan = await planned(do, "scale up")
    assert (plan.target.minimum, plan.target.maximum) == (1, 5)


async def test_nothing_is_written_twice(do, azure):
    command, plan = await planned(do, "scale 0")
    await command.apply(plan, do)
    await command.apply(plan, do)
    assert azure.done.count("scale users 0") == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("scale -1", "whole number"),
        ("scale 1e3", "whole number"),
        ("scale 99999", "at most 1,000"),
        ("scale two", "whole number"),
        ("scale", "needs"),
        ("scale ٣", "whole number"),
        ("scale 3 --pool Users", "lower-case letters"),
        ("scale 3 --pool nope", "no pool “nope”"),
        ("scale --pool users 0", "needs an approval"),
        ("scale 00", "needs an approval"),
        ("scale 0 --pool system", "system pool"),
        ("scale 0 --grace 5m", "--evict"),
        ("scale 0 --evict --grace 9h", "4h"),
        ("scale up", "no earlier setting"),
        ("autoscale users 6 1", r"The minimum \(6\) is larger than the maximum \(1\)"),
        ("autoscale users 1", "most nodes"),
        ("autoscale users off 3", "no second number"),
        ("autoscale users 1 5", "already"),
        ("autoscale system 0 3", "system pool"),
        ("autoscale core off", "off already"),
        ("autoscale usrs 1 5", "no pool “usrs”"),
        ("pool create users", "already"),
        ("pool create Big-Pool", "lower-case letters"),
        ("pool create b --min 6 --max 2", "larger than the maximum"),
        ("pool create b --vm-size ;rm", "the name that Azure gives it"),
        ("pool delete system", "system pool"),
        ("pool delete nope", "no pool “nope”"),
    ],
)
async def test_what_makes_no_sense_is_refused_with_an_example_before_any_call(do, azure, line, said):
    with pytest.raises(UserError, match=said) as caught:
        await planned(do, line)
    assert caught.value.hints
    assert azure.done == []


async def test_a_pool_on_which_the_hub_runs_is_not_emptied(do, world):
    world.pods = [pod("hub-1", "hub", node="aks-core-0")]
    for line in ("scale 0 --pool core", "pool delete core"):
        with pytest.raises(UserError, match="The hub itself runs on core"):
            await planned(do, line)


async def test_without_azure_each_command_says_what_to_configure(world):
    for line in ("scale 3", "scale 0", "autoscale users 1 5", "pool create b", "cluster stop", "dashboard disable"):
        parsed = parse(line, catalogue())
        with pytest.raises(UserError, match=r"azure\.cluster"):
            await parsed.command.plan(parsed.args, world.reads)


async def test_which_pool_is_meant_must_be_clear(do, azure):
    azure.listed["more"] = a_pool("more", 1, labels=LABEL)
    with pytest.raises(UserError, match="name one"):
        await planned(do, "scale 3")
    azure.listed = {"core": a_pool("core", 1)}
    with pytest.raises(UserError, match="--pool"):
        await planned(do, "scale 3")


# Pools, power, dashboard


async def test_a_pool_is_made_for_users_and_taken_away_after_its_servers(do, azure, world):
    assert isinstance(await done(do, "pool create users2 --max 3"), Notice)
    made = azure.listed["users2"]
    assert (made.labels, made.taints) == (LABEL, ("hub.jupyter.org/dedicated=user:NoSchedule",))
    assert (made.minimum, made.maximum, made.size) == (0, 3, "Standard_E8s_v5")
    azure.listed["users2"] = replace(made, count=1)
    sits(world, "ada@example.org", 1, on="aks-users2-0")
    command, plan = await planned(do, "pool delete users2")
    assert command.approvals == 1
    await command.apply(plan, do)
    assert "users2" not in azure.listed
    assert world.done[:2] == ["cordon aks-users2-0", "stop_server ada@example.org"]


async def test_where_a_crash_lost_the_token_it_is_waited_for_by_looking(do, azure):
    command, plan = await planned(do, "pool create users2")
    azure.listed["users2"] = a_pool("users2", 0, state="Creating")
    creating = asyncio.create_task(command.apply(plan, do))
    await asyncio.sleep(0.05)
    assert not creating.done()
    azure.listed["users2"] = replace(azure.listed["users2"], state="Succeeded")
    assert isinstance(await creating, Notice)
    assert azure.done == []
    azure.listed["users2"] = replace(azure.listed["users2"], state="Failed")
    with pytest.raises(Rejected, match="activity log"):
        await command.apply(plan, do)


async def test_a_deletion_that_goes_on_already_is_waited_for(do, azure):
    azure.listed["users2"] = a_pool("users2", 0, state="Deleting", labels=LABEL)
    command, plan = await planned(do, "pool delete users2")
    deleting = asyncio.create_task(command.apply(plan, do))
    await asyncio.sleep(0.05)
    assert not deleting.done()
    del azure.listed["users2"]
    assert isinstance(await deleting, Notice)
    assert azure.done == []


async def test_a_pool_that_azure_failed_to_make_is_repaired_by_setting_its_range(do, azure):
    azure.listed["users2"] = a_pool("users2", 0, state="Failed", minimum=0, maximum=5, labels=LABEL)
    with pytest.raises(UserError) as caught:
        await planned(do, "pool create users2")
    assert "/jhub autoscale users2 0 5" in caught.value.hints
    _, plan = await planned(do, "autoscale users2 0 5")
    assert plan.target.maximum == 5


async def test_the_cluster_is_stopped_only_from_outside(do, azure):
    with pytest.raises(UserError, match="inside this cluster"):
        await cluster_stop.plan(cluster_stop.Args(), replace(do.reads, inside=True))
    assert isinstance(await done(do, "cluster stop"), Notice)
    assert azure.done == ["stop", "finish stop"]
    assert "stopped" in words(await cluster_status.run(cluster_status.Args(), do.reads))
    with pytest.raises(UserError, match="already stopped"):
        await planned(do, "cluster stop")
    assert isinstance(await done(do, "cluster start"), Notice)
    with pytest.raises(UserError, match="already running"):
        await cluster_start.plan(cluster_start.Args(), do.reads)


async def test_a_dashboard_is_turned_off_or_was_never_there(do, azure, world):
    assert "no longer has this add-on" in words(await done(do, "dashboard disable"))
    azure.its = replace(azure.its, addons={"kubeDashboard": True})
    assert "dashboard is disabled" in words(await done(do, "dashboard disable"))
    assert azure.its.addons == {"kubeDashboard": False}
    world.system = [pod("kubernetes-dashboard-1", "")]
    assert isinstance(await done(do, "dashboard disable"), Failure)


# Looking


async def test_nodes_tells_of_each_pool(do, world):
    sits(world, "ada@example.org", 5)
    said = await nodes.run(nodes.Args(), do.reads)
    assert said.headline == "5 nodes in 3 pools, 1 of them without users"
    assert "autoscaler 1–5" in words(said)


@pytest.mark.parametrize("what", ["azure", "pods"])
async def test_half_of_the_truth_is_told_with_what_is_missing(do, azure, world, what):
    if what == "pods":
        world.pods = Unavailable("Kubernetes", "is gone")
    else:
        azure.pools = gone
    said = await nodes.run(nodes.Args(), do.reads)
    assert any("is gone" in problem for problem in said.problems)
    assert said.sections or what == "azure"


async def gone():
    raise Unavailable("Azure", "is gone")


def test_what_destroys_needs_somebody_else():
    for module in (scale_zero, cluster_stop, pool_delete):
        assert module.COMMAND.approvals == 1
    for module in (scale, scale_up, autoscale, pool_create, cluster_start, dashboard_disable):
        assert module.COMMAND.approvals == 0
