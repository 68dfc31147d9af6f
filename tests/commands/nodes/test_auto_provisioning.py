"""Clusters whose nodes come from node auto-provisioning or AKS Automatic: true words before anything is tried."""

from dataclasses import replace

import pytest

from cards.views import Failure, Notice
from clients.errors import Unavailable
from commands.diagnostics.checks import autoscaler, user_pool
from commands.framework.errors import UserError
from commands.nodes import cluster_start, cluster_status
from commands.nodes import cluster_upgrade as upgrade
from commands.nodes import list as nodes
from tests.commands.nodes.estate import a_pool, done, planned, sits
from tests.world import node, words


@pytest.fixture(params=["provisions", "automatic"])
def azure(azure, request):
    azure.its = replace(azure.its, **{request.param: True})
    azure.listed = {"system": a_pool("system", 2, mode="System")}
    return azure


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("cluster stop", "does not stop such a cluster"),
        ("scale 3", "no pool for users has a size to set"),
        ("scale 0", "no pool for users has a size to set"),
        ("scale up", "no pool for users has a size to set"),
        ("autoscale users 1 5", "no cluster autoscaler beside it"),
        ("autoscale system 1 5", "no cluster autoscaler beside it"),
        ("pool create users2", "no cluster autoscaler beside it"),
    ],
)
async def test_what_azure_would_refuse_is_refused_before(do, azure, line, said):
    with pytest.raises(UserError, match=said):
        await planned(do, line)
    assert azure.done == []


async def test_a_pool_that_is_there_is_fixed_at_a_count_as_anywhere(do, azure):
    assert isinstance(await done(do, "scale 3 --pool system"), Notice)
    assert azure.done[0] == "scale system 3"


async def test_its_nodes_are_shown_by_what_made_them(do, azure, world):
    world.nodes = [
        node("aks-default-abc", "", provisioner="default", purpose="user", instance_type="Standard_D8s_v5"),
        node("aks-default-def", "", provisioner="default", purpose="user", ready=False),
    ]
    sits(world, "ada@example.org", 5, on="aks-default-abc")
    view = await nodes.run(nodes.Args(), do.reads)
    assert view.headline == "4 nodes in 2 pools, 1 of them without users"
    [row] = [row for row in view.sections[1].rows if row[0].text == "default"]
    assert [cell.text for cell in row] == ["default", "D8s_v5, E8s_v5", "1 of 2", "auto-provisioned", "1", "changing"]
    kind = "AKS Automatic" if azure.its.automatic else "node auto-provisioning"
    assert kind in words(await cluster_status.run(cluster_status.Args(), do.reads))


async def test_an_upgrade_says_that_nodes_follow_by_themselves(do, azure, world):
    world.nodes = [node("aks-default-abc", "", provisioner="default", purpose="user")]
    sits(world, "ada@example.org", 5, on="aks-default-abc")
    command, plan = await planned(do, "cluster upgrade 1.33")
    said = words(upgrade.preview(plan))
    assert "follow the control plane by themselves" in said
    assert "ada@example.org has a server on these nodes" in said
    assert "are replaced, and servers on them end" in command.effects.found(plan)[0].because
    assert "servers keep running" not in said
    view = await command.apply(plan, do)
    assert "follow by themselves" in view.text
    assert "Nodes are replaced from now on" in do.announced[0].text
    assert [one for one in azure.done if "finish" not in one] == [
        "upgrade control plane 1.33.4",
        "upgrade system 1.33.4",
    ]


class Asked:
    def __init__(self, azure):
        self.pools, self.cluster = list(azure.listed.values()), azure.its


def test_the_doctor_does_not_miss_a_pool_for_users(azure):
    for check in (user_pool, autoscaler):
        assert check.judge(Asked(azure)).tone.value == "good"


# After a start


async def test_pools_outside_their_range_are_named_after_a_start(do, azure):
    azure.its = replace(azure.its, power="Stopped", provisions=False, automatic=False)
    azure.listed["users"] = a_pool("users", 7, minimum=1, maximum=5)
    view = await done(do, "cluster start")
    assert "another number of nodes than their autoscaler’s range" in view.text
    assert view.sections[0].lines == ("users: 7 nodes, autoscaler 1–5",)


async def test_an_api_server_that_does_not_answer_after_a_start_may_have_moved(do, azure, world, monkeypatch):
    monkeypatch.setattr(cluster_start, "_PATIENCE", 0.01)
    azure.its = replace(azure.its, power="Stopped")
    world.nodes = Unavailable("Kubernetes", "cannot be reached")
    view = await done(do, "cluster start")
    assert isinstance(view, Failure)
    assert "another address" in view.cause
