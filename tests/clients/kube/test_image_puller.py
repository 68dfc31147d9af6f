"""A puller in the sandbox's cluster: onto the users' nodes alone, once however often it is asked for, and gone."""

import pytest

from clients.errors import Unavailable
from clients.kube import KubeReader, KubeWriter, Puller
from sandbox.apiserver.objects import resource_kinds as r
from tests.clients.kube.test_writer import kube, writer  # noqa: F401 - the cluster that is written to there

LABELS = {"jhub-bot/operation": "op-1", "component": "image-puller"}
TOLERATION = {"key": "hub.jupyter.org/dedicated", "operator": "Equal", "value": "user", "effect": "NoSchedule"}


def puller(image="example.org/notebook:1", **more):
    return Puller("jhub-bot-prepull-1", LABELS, image, "example.org/pause:1", tolerations=(TOLERATION,), **more)


@pytest.fixture
def cluster(kube):  # noqa: F811 - the fixture of that name
    return kube


@pytest.fixture
def reader(cluster):
    return KubeReader(cluster.api, "jhub")


async def test_it_comes_onto_the_users_nodes_and_counts_as_ready_once_they_have_the_image(
    cluster,
    reader,
    writer: KubeWriter,  # noqa: F811
):
    made = await writer.create_puller(puller())
    assert (made.images, made.is_observed) == (("example.org/notebook:1", "example.org/pause:1"), False)
    await cluster.live(120)
    (seen,) = await reader.daemon_sets("jhub-bot/operation=op-1")
    users = {node.name for node in await reader.nodes() if node.purpose == "user"}
    assert (seen.is_observed, seen.wanted, seen.ready) == (True, len(users), len(users))
    pods = await reader.pods("jhub-bot/operation=op-1")
    assert {pod.node for pod in pods} == users
    assert all(pod.is_ready and pod.component == "image-puller" for pod in pods)
    assert await reader.daemon_sets("jhub-bot/operation=op-2") == []


async def test_asked_for_again_it_is_the_same_and_another_image_is_another_thing(cluster, writer):  # noqa: F811
    made = await writer.create_puller(puller())
    assert (await writer.create_puller(puller())).uid == made.uid
    with pytest.raises(Unavailable, match="already has a daemon set jhub-bot-prepull-1 for"):
        await writer.create_puller(puller("example.org/notebook:2"))
    assert cluster.all(r.DAEMON_SET).count("jhub-bot-prepull-1") == 1


async def test_it_goes_with_its_pods_and_no_other_of_its_name_does(cluster, reader, writer):  # noqa: F811
    made = await writer.create_puller(puller())
    await cluster.live(5)
    assert not await writer.delete_daemon_set(made.name, "another")
    assert await writer.delete_daemon_set(made.name, made.uid)
    assert not await writer.delete_daemon_set(made.name, made.uid)
    await cluster.live(5)
    assert await reader.pods("jhub-bot/operation=op-1") == []


def test_without_labelled_nodes_it_goes_wherever_it_is_let():
    spec = puller(users_only=False, node_selector={"disk": "fast"}).manifest()["spec"]["template"]["spec"]
    assert "affinity" not in spec
    assert spec["nodeSelector"] == {"disk": "fast"}
