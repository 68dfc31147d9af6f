"""Upgrades of the cluster by its client, against the sandbox's Azure over HTTP."""

import json

import pytest
from aiohttp import web

from clients.azure.cluster_upgrades import Maintenance, Offer
from clients.errors import Conflict, Rejected, Unavailable
from sandbox.apiserver.objects.resource_kinds import POD, POD_DISRUPTION_BUDGET
from tests.clients.azures import azure_of


@pytest.fixture
async def azure(aiohttp_server):
    made = await azure_of(aiohttp_server)
    yield made
    await made.close()


async def test_what_may_be_upgraded_to_is_read_with_images_plans_and_windows(azure):
    aks = azure.client()
    plane, pool = await aks.upgrades(), await aks.pool_upgrades("users")
    assert plane.version == "1.35.4"
    assert plane.offers == (Offer("1.35.6"), Offer("1.36.1"), Offer("1.36.3"))
    assert (pool.offers, pool.image) == ((), "AKSUbuntu-2204gen2containerd-202611.16.0")
    assert (await aks.pool("users")).image == "AKSUbuntu-2204gen2containerd-202610.19.0"
    assert (await aks.pool("users")).surge == "10%"
    versions = {one.version: one for one in await aks.kubernetes_versions("westeurope")}
    assert versions["1.33"].plans == ("AKSLongTermSupport",)
    assert versions["1.38"].preview
    [window] = await aks.maintenance()
    assert window == Maintenance("aksManagedNodeOSUpgradeSchedule", 1, "week", "Sunday", "", "02:00", "+01:00", hours=4)


async def test_the_control_plane_goes_first_then_a_pool_with_its_nodes(azure):
    aks = azure.client()
    await aks.finish(await aks.upgrade_control_plane(await aks.cluster(), "1.36.3"), within=20)
    assert (await aks.cluster()).version == "1.36.3"
    assert {one.version for one in await aks.pools()} == {"1.35.4"}
    await aks.finish(await aks.upgrade_pool(await aks.pool("users"), "1.36.3"), within=20)
    users = await aks.pool("users")
    assert (users.version, users.count, users.image) == ("1.36.3", 3, "AKSUbuntu-2204gen2containerd-202611.16.0")
    nodes = azure.estate.nodes.of(azure.estate.pool("users"))
    assert [node["status"]["nodeInfo"]["kubeletVersion"] for node in nodes] == ["v1.36.3"] * 3


async def test_the_image_that_was_read_is_not_asked_for_again(azure):
    bodies = []

    async def listen(request):
        if request.method == "PUT":
            bodies.append(await request.text())

    azure.before = listen
    aks = azure.client()
    await aks.finish(await aks.upgrade_control_plane(await aks.cluster(), "1.35.6"), within=20)
    await aks.finish(await aks.upgrade_pool(await aks.pool("users"), "1.35.6"), within=20)
    await aks.finish(await aks.autoscale(await aks.pool("users"), 1, 7, 3, {}), within=20)
    assert len(bodies) == 3
    assert "nodeImageVersion" not in "".join(bodies)


async def test_a_token_goes_on_with_an_upgrade_after_a_restart(azure):
    first, second = azure.client(), azure.client()
    token = await first.upgrade_image(await first.pool("users"))
    await first.close()
    assert json.loads(token)["kind"] == "image"
    await second.finish(token, within=20)
    assert (await second.pool("users")).image == "AKSUbuntu-2204gen2containerd-202611.16.0"
    assert [method for method, path in azure.asked if path.endswith("upgradeNodeImageVersion")] == ["POST"]


async def test_a_step_over_a_minor_version_and_a_pool_ahead_are_refused_in_azures_words(azure):
    aks = azure.client()
    with pytest.raises(Rejected, match=r"1\.37\.0 is not allowed. Available upgrades"):
        await aks.upgrade_control_plane(await aks.cluster(), "1.37.0")
    with pytest.raises(Rejected, match="incompatible"):
        await aks.upgrade_pool(await aks.pool("users"), "1.36.1")
    stale = await aks.cluster()
    azure.estate.etag = "another"
    with pytest.raises(Conflict):
        await aks.upgrade_control_plane(stale, "1.36.1")


async def test_the_cause_beside_a_general_code_is_found(azure):
    aks = azure.client()
    azure.store.deprecated = [("prioritylevelconfigurations", "v1beta3", "flowcontrol.apiserver.k8s.io", "1.36")]
    with pytest.raises(Rejected, match="no longer has") as refused:
        await aks.upgrade_control_plane(await aks.cluster(), "1.36.1")
    assert refused.value.code == "ValidationError"


async def test_no_list_where_one_is_due_is_no_empty_list(azure):
    async def answer(request):
        return web.json_response({"nothing": 1}) if "maintenanceConfigurations" in request.path else None

    azure.before = answer
    with pytest.raises(Unavailable):
        await azure.client().maintenance()


async def test_a_surge_beyond_the_quota_fails_at_its_end_and_leaves_the_pool_as_it_was(azure):
    aks = azure.client()
    azure.estate.limits["cores"] = azure.estate.vcpus()["cores"]
    token = await aks.upgrade_image(await aks.pool("users"))
    with pytest.raises(Rejected, match="quota is used up"):
        await aks.finish(token, within=20)
    users = await aks.pool("users")
    assert (users.state, users.count, users.image) == ("Failed", 3, "AKSUbuntu-2204gen2containerd-202610.19.0")
    azure.estate.limits.clear()
    await aks.finish(await aks.upgrade_image(await aks.pool("users")), within=20)
    assert (await aks.pool("users")).state == "Succeeded"


async def test_a_pod_that_may_not_go_ends_it_by_its_name(azure):
    aks = azure.client()
    azure.estate.pool("users").drain_minutes = 0
    node = str(azure.estate.nodes.of(azure.estate.pool("users"))[0]["metadata"]["name"])
    labels = {"app": "held"}
    spec = {"nodeName": node, "containers": [{"name": "a", "image": "b"}]}
    azure.store.create(POD, "jhub", {"metadata": {"name": "held-1", "labels": labels}, "spec": spec})
    ready = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
    azure.store.modify(POD, "jhub", "held-1", lambda pod: pod.update(status=ready))
    budget = {"minAvailable": 1, "selector": {"matchLabels": labels}}
    azure.store.create(POD_DISRUPTION_BUDGET, "jhub", {"metadata": {"name": "held"}, "spec": budget})
    token = await aks.upgrade_image(await aks.pool("users"))
    with pytest.raises(Rejected, match=f"Drain node {node} failed when evicting pod held-1"):
        await aks.finish(token, within=20)
    assert len(azure.estate.nodes.of(azure.estate.pool("users"))) == 3


@pytest.mark.parametrize("kind", ["provisions", "automatic"])
async def test_a_cluster_with_auto_provisioning_is_not_stopped_and_has_no_autoscaler(azure, kind):
    aks = azure.client()
    setattr(azure.estate, kind, True)
    cluster = await aks.cluster()
    assert (cluster.provisions, cluster.automatic) == (kind == "provisions", kind == "automatic")
    with pytest.raises(Rejected, match="auto-provisioning"):
        await aks.stop()
    with pytest.raises(Rejected, match="auto-provisioning"):
        await aks.autoscale(await aks.pool("users"), 1, 6, 3, {})
