"""Pods held against the nodes that the cluster has or can have."""

from dataclasses import replace

import pytest

from clients.azure.compute import Quota, Size
from clients.errors import NotFound, Unavailable
from clients.kube import Node, StorageClass
from commands.release.manifest_objects import objects
from commands.values.node_rooms import NOWHERE, NodeRoom, Rooms, requests_of, rooms_of
from commands.values.schema_errors import effective_values
from commands.values.server_admission import review_servers
from commands.values.server_changes import review_change
from commands.values.volume_classes import missing_classes
from commands.values.workloads import unplaceable
from tests.commands.nodes.estate import Azure, a_pool
from tests.commands.values.server_values import DEFAULTS
from tests.commands.values.spawned import HERE
from tests.world import World, node, release

GIB = 2**30
SMALL = NodeRoom("core, Standard_D4s_v5", for_users=False, has={"cpu": 3.8, "memory": 13 * GIB})
LARGE = NodeRoom("users, Standard_E8s_v5", for_users=True, has={"cpu": 7.8, "memory": 61 * GIB, "pods": 110})
ROOMS = Rooms((SMALL, LARGE), complete=True)
REQUIRED = {
    "affinity": {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [
                    {
                        "matchExpressions": [
                            {"key": "hub.jupyter.org/node-purpose", "operator": "In", "values": ["user"]}
                        ]
                    }
                ]
            }
        }
    }
}


def asking(more=None, **requests):
    return {"containers": [{"name": "notebook", "resources": {"requests": requests}}], **(more or {})}


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        (asking(cpu=4, memory="60Gi"), ""),
        (asking(), ""),
        (asking(cpu=100), "asks for 100 CPUs; the largest node has 7.8 CPUs (users, Standard_E8s_v5)"),
        (asking(REQUIRED, cpu=8), "asks for 8 CPUs; the largest node for users has 7.8 CPUs (users, Standard_E8s_v5)"),
        (
            asking({"nodeSelector": {"hub.jupyter.org/node-purpose": "user"}}, memory="900Gi"),
            "asks for 900 GiB of memory; the largest node for users has 61 GiB of memory (users, Standard_E8s_v5)",
        ),
        (asking(**{"nvidia.com/gpu": "1"}), "asks for 1 nvidia.com/gpu, and no node has any"),
    ],
)
def test_what_no_node_holds_is_told_with_the_largest_there_is(spec, why):
    assert ROOMS.too_large(spec) == why


def test_a_pod_that_fits_by_each_amount_but_by_no_node_is_told():
    rooms = Rooms(
        (NodeRoom("a", True, {"cpu": 64, "memory": GIB}), NodeRoom("b", True, {"cpu": 1, "memory": 64 * GIB}))
    )
    assert rooms.too_large(asking(cpu=32, memory="32Gi")) == (
        "asks for 32 CPUs and 32 GiB of memory, and no node has all of that"
    )


def test_what_is_not_known_holds_everything():
    assert NOWHERE.too_large(asking(cpu=100)) == ""
    unknown = NodeRoom("gpu, Standard_NC6", for_users=True, has={}, whole=False)
    assert Rooms((LARGE, unknown), complete=True).too_large(asking(cpu=100)) == ""


def test_a_scheduler_counts_containers_together_and_init_containers_one_by_one():
    spec = {
        "containers": [{"resources": {"requests": {"cpu": "500m"}}}, {"resources": {"limits": {"cpu": 2}}}, {}],
        "initContainers": [{"resources": {"requests": {"cpu": 2, "memory": "1Gi"}}}, "?"],
    }
    assert requests_of(spec) == {"cpu": 2.5, "memory": GIB}


def test_a_node_says_what_pods_may_have_of_it():
    made = Node.from_json({"metadata": {"name": "n"}, "status": {"allocatable": {"cpu": "7820m", "memory": "1Gi"}}})
    assert made.allocatable == {"cpu": 7.82, "memory": float(GIB)}


class Sizes:
    def __init__(self, size):
        self.size = size

    async def quota(self, *_):
        if isinstance(self.size, Exception):
            raise self.size
        return Quota(self.size, ())


def cluster(*, pools=(), size=None, nodes=None, **more):
    azure = Azure()
    azure.listed = {pool.name: pool for pool in pools}
    azure.its = replace(azure.its, **more)
    there = [node("n", "core", purpose="", allocatable={"cpu": 4.0})] if nodes is None else nodes
    return replace(World(nodes=there).reads, azure=azure, quotas=Sizes(size))


USERS = a_pool("users", 0, minimum=0, maximum=5, labels={"hub.jupyter.org/node-purpose": "user"})


async def test_a_pool_without_nodes_counts_by_its_machines():
    rooms = await rooms_of(cluster(pools=[a_pool("core", 1), USERS], size=Size("f", 8, offered=True, memory=64 * GIB)))
    assert rooms.complete
    assert [(one.name.partition(",")[0], one.for_users, dict(one.has)) for one in rooms.found] == [
        ("core", False, {"cpu": 4.0}),
        ("users", True, {"cpu": 8.0, "memory": 64.0 * GIB}),
    ]
    assert rooms.too_large(asking(REQUIRED, cpu=9)).startswith("asks for 9 CPUs; the largest node for users has 8 CPUs")
    assert rooms.too_large(asking(REQUIRED, **{"nvidia.com/gpu": 1})) == ""


@pytest.mark.parametrize("trouble", [NotFound("no such size"), Unavailable("Azure", "is away")])
async def test_a_machine_that_azure_does_not_tell_of_holds_everything(trouble):
    rooms = await rooms_of(cluster(pools=[USERS], size=trouble))
    assert rooms.too_large(asking(REQUIRED, cpu=900)) == ""


async def test_node_auto_provisioning_brings_what_is_asked():
    assert await rooms_of(cluster(provisions=True)) == NOWHERE
    assert await rooms_of(cluster(automatic=True)) == NOWHERE
    assert await rooms_of(cluster(nodes=Unavailable("Kubernetes", "is away"))) == NOWHERE


async def test_where_azure_is_not_asked_it_is_so_at_present_only():
    values = effective_values({"singleuser": {"cpu": {"guarantee": 100}}}, DEFAULTS)
    reads = World(nodes=[node("n", "users", purpose="user", allocatable={"cpu": 8.0})]).reads
    (one,) = (await review_servers(reads, values, HERE)).found
    assert one.line.startswith("No server would start at present. A server asks for 100 CPUs; the largest node")
    told = await review_change(reads, release(), values, ("jupyterhub", "4.4.0"))
    assert (len(told.lines), told.refused) == (1, ())


async def test_what_holds_for_all_servers_refuses_the_change_and_for_a_profile_warns():
    reads = World().reads
    all_of_them = effective_values({"singleuser": {"cpu": {"guarantee": 100}}}, DEFAULTS)
    told = await review_change(reads, release(), all_of_them, ("jupyterhub", "4.4.0"), ROOMS)
    assert told.refused[0].startswith("No server would start. A server asks for 100 CPUs;")
    assert told.refused[0].endswith("(/jhub pool create <name> --vm-size <size>).")
    profiles = [{"display_name": "small"}, {"display_name": "huge", "kubespawner_override": {"mem_guarantee": "900G"}}]
    some = effective_values({"singleuser": {"profileList": profiles}}, DEFAULTS)
    told = await review_change(reads, release(), some, ("jupyterhub", "4.4.0"), ROOMS)
    assert told.refused == ()
    assert told.lines[0].startswith("Servers of huge would not start. A server asks for 900 GiB of memory;")
    # What is so already is no news: it is said, and refuses nothing.
    live = release(values={"singleuser": {"cpu": {"guarantee": 100}}}, defaults=DEFAULTS)
    told = await review_change(reads, live, all_of_them, ("jupyterhub", "4.4.0"), ROOMS)
    assert told.refused == ()
    assert told.lines[0].startswith("As in the live revision: No server would start.")


def test_the_charts_own_pods_are_held_against_the_nodes_as_well():
    manifest = "\n---\n".join(
        f"kind: {kind}\nmetadata: {{name: {name}}}\nspec: {{template: {{spec: {{containers: "
        f"[{{resources: {{requests: {{cpu: {cpu}}}}}}}]}}}}}}"
        for kind, name, cpu in (
            ("Deployment", "hub", 100),
            ("Deployment", "proxy", 1),
            ("StatefulSet", "user-placeholder", 100),
            ("DaemonSet", "puller", 100),
        )
    )
    (told,) = unplaceable(objects(manifest), ROOMS)
    assert told.startswith("The pod of hub would find no node: it asks for 100 CPUs; the largest node has 7.8 CPUs")


CLASSES = [StorageClass("managed-csi", "disk.csi.azure.com", "Delete", is_default=True)]


@pytest.mark.parametrize(
    ("values", "classes", "paths"),
    [
        ({"dynamic": {"storageClass": "nosuch"}}, CLASSES, ["singleuser.storage.dynamic.storageClass"]),
        ({"dynamic": {"storageClass": "managed-csi"}}, CLASSES, []),
        ({"dynamic": {"storageClass": None}}, CLASSES, []),
        ({"dynamic": {}}, [replace(CLASSES[0], is_default=False)], ["singleuser.storage.dynamic.storageClass"]),
        ({"type": "static", "dynamic": {"storageClass": "nosuch"}}, CLASSES, []),
        ({"dynamic": {"storageClass": "nosuch"}}, [], []),
    ],
)
def test_a_storage_class_that_is_not_there_is_told(values, classes, paths):
    whole = {"singleuser": {"storage": {"type": "dynamic", **values}}}
    found = missing_classes(whole, classes)
    assert [one.path for one in found] == paths
    assert all("managed-csi" in one.why for one in found)


def test_the_class_of_the_hubs_database_counts_where_it_has_a_volume():
    for kind, many in (("sqlite-pvc", 1), ("postgres", 0)):
        values = {"hub": {"db": {"type": kind, "pvc": {"storageClassName": "nosuch"}}}}
        assert len(missing_classes(values, CLASSES)) == many
