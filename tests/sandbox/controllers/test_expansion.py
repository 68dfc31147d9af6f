"""Claims that ask for more: what is refused, how far the disk grows by itself, and what waits for a node."""

import copy

import pytest

from sandbox.apiserver.objects import resource_kinds as r
from sandbox.apiserver.objects.errors import ApiError
from sandbox.controllers.expansion import RESIZE_ERROR, RESIZE_OFFLINE

from .test_volumes_and_services import claim, mounting

DISKS, FILES = "disk.csi.azure.com", "file.csi.azure.com"


def storage_class(cluster, name="disk", driver=DISKS, *, expands=True, **annotations):
    body = {
        "metadata": {"name": name, "annotations": annotations},
        "provisioner": driver,
        "volumeBindingMode": "Immediate",
        "allowVolumeExpansion": expands,
    }
    cluster.store.create(r.STORAGE_CLASS, None, body)


async def bound(cluster, **more):
    storage_class(cluster, **more)
    claim(cluster, "home")
    await cluster.after(5)


async def running(cluster, **more):
    cluster.node("n1")
    await bound(cluster, **more)
    cluster.pod("ada", volumes=mounting("home"))
    await cluster.after(20)


def grow(cluster, size="20Gi", name="home"):
    wanted = copy.deepcopy(cluster.get(r.PERSISTENT_VOLUME_CLAIM, name))
    wanted["spec"]["resources"]["requests"]["storage"] = size
    cluster.store.replace(r.PERSISTENT_VOLUME_CLAIM, wanted)


def status(cluster):
    return cluster.get(r.PERSISTENT_VOLUME_CLAIM, "home")["status"]


def conditions(cluster):
    return [one["type"] for one in status(cluster).get("conditions") or ()]


def disk(cluster):
    name = cluster.get(r.PERSISTENT_VOLUME_CLAIM, "home")["spec"]["volumeName"]
    return cluster.store.get(r.PERSISTENT_VOLUME, None, name)["spec"]["capacity"]["storage"]


def quota(cluster, hard):
    cluster.make(r.RESOURCE_QUOTA, "storage", {"hard": hard})


async def test_without_a_pod_the_disk_grows_and_the_file_system_waits(cluster):
    await bound(cluster)
    grow(cluster)
    await cluster.after(0)
    assert conditions(cluster) == ["Resizing"]
    await cluster.after(3)
    assert (disk(cluster), status(cluster)["capacity"]["storage"]) == ("20Gi", "10Gi")
    (waits,) = status(cluster)["conditions"]
    assert waits["type"] == "FileSystemResizePending"
    assert waits["message"].startswith("Waiting for user to (re-)start a pod")
    await cluster.after(3600)
    assert status(cluster)["capacity"]["storage"] == "10Gi"


async def test_the_next_pod_finishes_it(cluster):
    await bound(cluster)
    grow(cluster)
    await cluster.after(5)
    cluster.node("n1")
    cluster.pod("ada", volumes=mounting("home"))
    await cluster.after(20)
    assert status(cluster)["capacity"]["storage"] == "20Gi"
    assert conditions(cluster) == []
    assert cluster.events("home", "FileSystemResizeSuccessful")
    assert cluster.events("ada", "FileSystemResizeSuccessful")


async def test_a_running_pod_gets_the_space_without_a_restart(cluster):
    await running(cluster)
    grow(cluster)
    await cluster.after(10)
    assert status(cluster)["capacity"]["storage"] == "20Gi"
    reasons = [one["reason"] for one in cluster.events("home")]
    assert {"ExternalExpanding", "Resizing", "FileSystemResizeRequired"} <= set(reasons)


async def test_a_file_share_has_it_at_once(cluster):
    await bound(cluster, driver=FILES)
    grow(cluster)
    await cluster.after(5)
    assert status(cluster)["capacity"]["storage"] == "20Gi"
    assert not cluster.events("home", "FileSystemResizeRequired")


async def test_a_failure_is_said_and_tried_again_until_it_works(cluster):
    await bound(cluster, **{RESIZE_ERROR: "rpc error: no quota"})
    grow(cluster)
    await cluster.after(30)
    (failed,) = cluster.events("home", "VolumeResizeFailed")
    assert failed["message"].endswith(f'by resizer "{DISKS}" failed: rpc error: no quota')
    assert failed["count"] > 1
    cluster.store.modify(r.STORAGE_CLASS, None, "disk", lambda new: new["metadata"].pop("annotations"))
    await cluster.after(30)
    assert disk(cluster) == "20Gi"


async def test_where_a_disk_has_to_be_detached_it_grows_after_its_pod(cluster):
    await running(cluster, **{RESIZE_OFFLINE: "true"})
    grow(cluster)
    await cluster.after(15)
    assert "FailedPrecondition" in cluster.events("home", "VolumeResizeFailed")[0]["message"]
    cluster.delete(r.POD, "ada")
    await cluster.after(30)
    assert disk(cluster) == "20Gi"


@pytest.mark.parametrize("size", ["5Gi", "1Mi"])
async def test_shrinking_is_refused_in_kubernetes_words(cluster, size):
    await bound(cluster)
    with pytest.raises(ApiError) as refused:
        grow(cluster, size)
    assert (refused.value.status, refused.value.reason) == (422, "Invalid")
    assert "spec.resources.requests.storage: Forbidden: field can not be less than status.capacity" in str(
        refused.value
    )


async def test_what_failed_to_grow_may_ask_for_less_but_never_for_less_than_it_has(cluster):
    await bound(cluster, **{RESIZE_ERROR: "no quota"})
    grow(cluster, "500Gi")
    await cluster.after(5)
    grow(cluster, "20Gi")
    with pytest.raises(ApiError, match=r"less than status\.capacity"):
        grow(cluster, "10Gi")


async def test_a_class_that_does_not_expand_is_refused(cluster):
    await bound(cluster, expands=False)
    with pytest.raises(ApiError, match="only dynamically provisioned pvc can be resized") as refused:
        grow(cluster)
    assert (refused.value.status, refused.value.reason) == (403, "Forbidden")


async def test_a_claim_without_a_disk_is_refused(cluster):
    storage_class(cluster, name="other")
    claim(cluster, "home", "nope")
    await cluster.after(1)
    with pytest.raises(ApiError, match="spec is immutable after creation"):
        grow(cluster)


async def test_a_quota_counts_what_is_more(cluster):
    await bound(cluster)
    quota(cluster, {"requests.storage": "25Gi", "persistentvolumeclaims": "1"})
    await cluster.after(1)
    used = cluster.get(r.RESOURCE_QUOTA, "storage")["status"]["used"]
    assert used == {"requests.storage": "10Gi", "persistentvolumeclaims": "1"}
    grow(cluster, "25Gi")
    with pytest.raises(ApiError, match=r"exceeded quota: storage, requested: requests\.storage=1Gi") as refused:
        grow(cluster, "26Gi")
    assert "used: requests.storage=25Gi, limited: requests.storage=25Gi" in str(refused.value)


async def test_a_quota_refuses_a_claim_that_it_has_no_room_for(cluster):
    await bound(cluster)
    quota(cluster, {"disk.storageclass.storage.k8s.io/requests.storage": "15Gi"})
    with pytest.raises(ApiError, match="exceeded quota: storage"):
        claim(cluster, "second")
