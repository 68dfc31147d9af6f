"""Pools created and deleted, the cluster's power, its dashboard, and the list of nodes."""

import asyncio
from dataclasses import replace

import pytest

from cards.text import render
from cards.views import Chart, Failure, Notice, Table
from clients.errors import Rejected, Unavailable
from commands.framework.errors import UserError
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
from tests.commands.nodes.estate import LABEL, a_pool, done, planned, sits
from tests.world import pod, release, words


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


def row_of(said, pool):
    (table,) = (one for one in said.sections if isinstance(one, Table))
    return [cell.text for cell in next(row for row in table.rows if row[0].text == pool)]


async def test_nodes_that_kubernetes_does_not_tell_are_not_zero(do, world):
    world.nodes = world.pods = Unavailable("Kubernetes", "is gone")
    said = await nodes.run(nodes.Args(), do.reads)
    assert said.headline == "3 pools in Azure; their nodes are not known"
    assert row_of(said, "users")[2:] == ["not known", "autoscaler 1–5", "not known", "not known"]
    assert row_of(said, "core")[2:] == ["not known", "fixed at 1", "—", "not known"]
    assert not any(isinstance(one, Chart) for one in said.sections)
    assert "without users" not in words(said)


async def test_what_azure_says_of_a_pool_in_trouble_is_told_without_kubernetes(do, azure, world):
    azure.listed["users"] = replace(azure.listed["users"], power="Stopped")
    azure.listed["core"] = replace(azure.listed["core"], state="Failed")
    world.nodes = Unavailable("Kubernetes", "is gone")
    said = await nodes.run(nodes.Args(), do.reads)
    assert (row_of(said, "users")[-1], row_of(said, "core")[-1]) == ("stopped", "failed")


async def test_without_the_pods_no_node_is_said_to_be_without_users(do, world):
    world.pods = Unavailable("Kubernetes", "is gone")
    said = await nodes.run(nodes.Args(), do.reads)
    assert said.headline == "5 nodes in 3 pools; who is on them is not known"
    assert row_of(said, "users")[2:] == ["2 of 2", "autoscaler 1–5", "not known", "running"]
    (chart,) = (one for one in said.sections if isinstance(one, Chart))
    assert [(one.label, one.value) for one in chart.slices] == [
        ("for users; who is on them is not known", 2),
        ("for the hub and the system", 3),
    ]


async def test_without_anybody_s_answer_no_number_is_given(do, azure, world):
    world.nodes = Unavailable("Kubernetes", "is gone")
    azure.pools = gone
    said = await nodes.run(nodes.Args(), do.reads)
    assert (said.headline, said.sections) == ("The nodes are not known", ())


async def gone():
    raise Unavailable("Azure", "is gone")


def test_what_destroys_needs_somebody_else():
    for module in (scale_zero, cluster_stop, pool_delete):
        assert module.COMMAND.approvals == 1
    for module in (scale, scale_up, autoscale, pool_create, cluster_start, dashboard_disable):
        assert module.COMMAND.approvals == 0


async def test_whoever_deletes_the_only_pool_for_users_is_told_that_nobody_can_start_then(do, azure, world):
    world.releases = [release(values={"scheduling": {"userPods": {"nodeAffinity": {"matchNodePurpose": "require"}}}})]
    command, plan = await planned(do, "pool delete users")
    said = " ".join(render(command.preview(plan)).split())
    assert "another pool" not in said
    assert "Once it is gone, nobody can start a server: no pool has the label" in said
    azure.listed["users2"] = a_pool("users2", 0, minimum=0, maximum=3, labels=LABEL)
    command, plan = await planned(do, "pool delete users")
    assert plan.stranded == ""
    assert "users can start again on another pool" in " ".join(render(command.preview(plan)).split())
