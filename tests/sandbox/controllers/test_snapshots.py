"""Snapshots: taken of a bound claim, kept beyond it, made into a claim again, removed with or without their data."""

import pytest

from sandbox.apiserver.objects import resource_kinds as r
from sandbox.controllers.snapshots import content_name, held_by, held_by_content

from .test_volumes_and_services import claim, mounting, storage_class

PROTECTION = "snapshot.storage.kubernetes.io/pvc-as-source-protection"
DEFAULT = {"snapshot.storage.kubernetes.io/is-default-class": "true"}
DISKS, FILES = "disk.csi.azure.com", "file.csi.azure.com"


@pytest.fixture
async def home(cluster):
    """A cluster with a bound claim `home` and a snapshot class for its disk."""
    storage_class(cluster, mode="Immediate")
    snapshot_class(cluster)
    claim(cluster, "home")
    await cluster.after(5)
    assert cluster.get(r.PERSISTENT_VOLUME_CLAIM, "home")["status"]["phase"] == "Bound"
    return cluster


def snapshot_class(cluster, name="snapshots", driver=DISKS, policy="Delete", **metadata):
    body = {"metadata": {"name": name, **metadata}, "driver": driver, "deletionPolicy": policy}
    cluster.store.create(r.VOLUME_SNAPSHOT_CLASS, None, body)


def snapshot(cluster, name="s1", of="home", its_class="snapshots"):
    spec = {"source": {"persistentVolumeClaimName": of}} | ({"volumeSnapshotClassName": its_class} if its_class else {})
    cluster.make(r.VOLUME_SNAPSHOT, name, spec)


def restored(cluster, name, snapshot="s1"):
    source = {"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": snapshot}
    request = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Gi"}}}
    cluster.make(r.PERSISTENT_VOLUME_CLAIM, name, {**request, "storageClassName": "disk", "dataSource": source})


def status(cluster, name="s1"):
    return cluster.get(r.VOLUME_SNAPSHOT, name).get("status") or {}


def content_of(cluster, name="s1"):
    return cluster.store.find(r.VOLUME_SNAPSHOT_CONTENT, None, content_name(cluster.get(r.VOLUME_SNAPSHOT, name)))


def contents(cluster):
    return cluster.store.list(r.VOLUME_SNAPSHOT_CONTENT)


def volume_of(cluster, name):
    bound = cluster.get(r.PERSISTENT_VOLUME_CLAIM, name)
    return cluster.store.get(r.PERSISTENT_VOLUME, None, bound["spec"]["volumeName"])


def finalizers(cluster, kind, name):
    return cluster.get(kind, name)["metadata"].get("finalizers") or []


# Taking


async def test_a_snapshot_is_begun_at_once_and_ready_some_time_later(home):
    snapshot(home)
    await home.after(0)
    begun = status(home)
    content = content_of(home)
    assert begun["readyToUse"] is False
    assert begun["creationTime"] == "2026-03-01T08:00:05Z"
    assert begun["boundVolumeSnapshotContentName"] == content["metadata"]["name"]
    assert "restoreSize" not in begun
    await home.after(1)
    assert status(home)["readyToUse"] is False
    await home.after(2)
    ready = status(home)
    assert (ready["readyToUse"], ready["restoreSize"]) == (True, "10Gi")
    assert ready["creationTime"] == begun["creationTime"]
    assert ready["boundVolumeSnapshotContentName"] == begun["boundVolumeSnapshotContentName"]
    assert [event["type"] for event in home.events("s1")] == ["Normal"] * 2
    assert {event["reason"] for event in home.events("s1")} == {"CreatingSnapshot", "SnapshotReady"}


async def test_the_content_says_of_what_it_is_and_for_whom(home):
    snapshot(home)
    await home.after(5)
    volume, content = volume_of(home, "home"), content_of(home)
    spec = content["spec"]
    assert (spec["driver"], spec["volumeSnapshotClassName"], spec["deletionPolicy"]) == (DISKS, "snapshots", "Delete")
    assert spec["source"]["volumeHandle"] == volume["spec"]["csi"]["volumeHandle"]
    uid = home.get(r.VOLUME_SNAPSHOT, "s1")["metadata"]["uid"]
    assert spec["volumeSnapshotRef"] == {"kind": "VolumeSnapshot", "namespace": "jhub", "name": "s1", "uid": uid}
    assert held_by_content(content) == held_by(volume) == volume["metadata"]["name"]


async def test_a_ready_snapshot_is_left_in_peace(home):
    snapshot(home)
    await home.after(5)
    before = home.store.revision
    await home.after(3600)
    assert status(home)["readyToUse"] is True
    written = [c.obj["metadata"]["name"] for c in home.store.changes_since(before) if c.kind is not r.EVENT]
    assert written == []


async def test_the_claim_is_kept_until_its_snapshot_is_taken(home):
    snapshot(home)
    await home.after(0)
    assert PROTECTION in finalizers(home, r.PERSISTENT_VOLUME_CLAIM, "home")
    home.delete(r.PERSISTENT_VOLUME_CLAIM, "home")
    await home.after(1)
    assert home.get(r.PERSISTENT_VOLUME_CLAIM, "home")["metadata"]["deletionTimestamp"]
    await home.after(3)
    assert status(home)["readyToUse"] is True
    assert home.find(r.PERSISTENT_VOLUME_CLAIM, "home") is None


async def test_the_claim_is_kept_until_each_of_its_snapshots_is_taken(home):
    snapshot(home, "s1")
    await home.after(1)
    snapshot(home, "s2")
    await home.after(0)
    home.delete(r.PERSISTENT_VOLUME_CLAIM, "home")
    await home.after(1.5)
    assert (status(home, "s1")["readyToUse"], status(home, "s2")["readyToUse"]) == (True, False)
    assert home.find(r.PERSISTENT_VOLUME_CLAIM, "home") is not None
    await home.after(30)
    assert status(home, "s2")["readyToUse"] is True
    assert home.find(r.PERSISTENT_VOLUME_CLAIM, "home") is None


# What is in the way


async def test_a_snapshot_of_a_claim_that_is_missing_says_so_and_is_taken_once_there_is_one(cluster):
    storage_class(cluster, mode="Immediate")
    snapshot_class(cluster)
    snapshot(cluster)
    await cluster.after(60)
    failed = status(cluster)
    assert failed["readyToUse"] is False
    assert failed["error"]["message"].endswith('persistentvolumeclaims "home" not found')
    assert failed["error"]["time"] == "2026-03-01T08:00:00Z"
    [event] = cluster.events("s1")
    assert (event["type"], event["reason"]) == ("Warning", "SnapshotContentCreationFailed")
    assert contents(cluster) == []
    claim(cluster, "home")
    await cluster.after(30)
    ready = status(cluster)
    assert ready["readyToUse"] is True
    assert "error" not in ready


async def test_a_snapshot_of_a_claim_that_is_not_bound_waits_for_that(cluster):
    cluster.node("n1")
    storage_class(cluster)
    snapshot_class(cluster)
    claim(cluster, "home")
    snapshot(cluster)
    await cluster.after(5)
    assert "PVC home is not yet bound to a PV" in status(cluster)["error"]["message"]
    cluster.pod("ada", volumes=mounting("home"))
    await cluster.after(60)
    assert status(cluster)["readyToUse"] is True


@pytest.mark.parametrize(
    ("its_class", "words"),
    [
        ("files", f"snapshot class files is not for the driver {DISKS}"),
        ("nope", 'volumesnapshotclass.snapshot.storage.k8s.io "nope" not found'),
        ("", "cannot find default snapshot class"),
    ],
)
async def test_a_class_that_does_not_fit_takes_no_snapshot(home, its_class, words):
    snapshot_class(home, "files", FILES, annotations=DEFAULT)
    snapshot(home, its_class=its_class)
    await home.after(60)
    failed = status(home)
    assert failed["readyToUse"] is False
    assert failed["error"]["message"] == f"Failed to get input parameters to create snapshot: {words}"
    assert contents(home) == []
    assert PROTECTION not in finalizers(home, r.PERSISTENT_VOLUME_CLAIM, "home")


async def test_without_a_class_the_default_for_the_driver_is_taken(home):
    snapshot_class(home, "files", FILES, annotations=DEFAULT)
    snapshot_class(home, "standard", DISKS, "Retain", annotations=DEFAULT)
    snapshot(home, its_class="")
    await home.after(5)
    assert status(home)["readyToUse"] is True
    assert content_of(home)["spec"]["volumeSnapshotClassName"] == "standard"


async def test_a_class_that_comes_later_mends_it(home):
    snapshot(home, its_class="later")
    await home.after(5)
    assert status(home)["error"]
    snapshot_class(home, "later")
    await home.after(30)
    assert status(home)["readyToUse"] is True


# Coming back


async def test_what_was_held_survives_the_claim_and_its_volume_and_comes_back(home):
    data = held_by(volume_of(home, "home"))
    snapshot(home)
    await home.after(5)
    home.delete(r.PERSISTENT_VOLUME_CLAIM, "home")
    await home.after(10)
    assert home.store.list(r.PERSISTENT_VOLUME) == []
    assert status(home)["readyToUse"] is True
    restored(home, "home")
    claim(home, "empty")
    await home.after(10)
    again, empty = volume_of(home, "home"), volume_of(home, "empty")
    assert held_by(again) == data
    assert again["metadata"]["name"] != data, "a disk of its own"
    assert held_by(empty) == empty["metadata"]["name"] != data
    assert again["spec"]["claimRef"]["uid"] == home.get(r.PERSISTENT_VOLUME_CLAIM, "home")["metadata"]["uid"]


async def test_what_came_back_can_be_saved_and_come_back_again(home):
    data = held_by(volume_of(home, "home"))
    for name, of, to in (("s1", "home", "second"), ("s2", "second", "third")):
        snapshot(home, name, of)
        await home.after(5)
        restored(home, to, name)
        await home.after(5)
    assert held_by(volume_of(home, "third")) == data
    assert len({volume["metadata"]["name"] for volume in home.store.list(r.PERSISTENT_VOLUME)}) == 3


async def test_a_claim_waits_for_a_snapshot_that_is_not_ready_or_not_there(home):
    data = held_by(volume_of(home, "home"))
    restored(home, "back")
    await home.after(5)
    assert home.get(r.PERSISTENT_VOLUME_CLAIM, "back")["status"]["phase"] == "Pending"
    [event] = home.events("back", "ProvisioningFailed")
    assert "by Name s1: it is not there" in event["message"]
    snapshot(home)
    await home.after(1)
    assert status(home)["readyToUse"] is False
    told = {one["message"].rpartition(": ")[2] for one in home.events("back", "ProvisioningFailed")}
    assert told == {"it is not there", "snapshot is not ready"}
    await home.after(20)
    assert home.get(r.PERSISTENT_VOLUME_CLAIM, "back")["status"]["phase"] == "Bound"
    assert held_by(volume_of(home, "back")) == data


async def test_a_claim_that_binds_late_gets_the_data_with_its_first_pod(home):
    home.node("n1")
    storage_class(home, "late")
    data = held_by(volume_of(home, "home"))
    snapshot(home)
    await home.after(5)
    source = {"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": "s1"}
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Gi"}}}
    home.make(r.PERSISTENT_VOLUME_CLAIM, "back", {**spec, "storageClassName": "late", "dataSource": source})
    await home.after(30)
    assert home.get(r.PERSISTENT_VOLUME_CLAIM, "back")["status"]["phase"] == "Pending"
    home.pod("ada", volumes=mounting("back"))
    await home.after(30)
    assert held_by(volume_of(home, "back")) == data


# Going


@pytest.mark.parametrize(("policy", "left"), [("Delete", 0), ("Retain", 1)])
async def test_the_policy_says_whether_the_data_goes_with_the_snapshot(home, policy, left):
    snapshot_class(home, "mine", policy=policy)
    snapshot(home, its_class="mine")
    snapshot(home, "other")
    await home.after(5)
    assert len(contents(home)) == 2
    kept = content_of(home, "other")["metadata"]["name"]
    data = held_by(volume_of(home, "home"))
    home.delete(r.VOLUME_SNAPSHOT, "s1")
    await home.after(5)
    assert home.find(r.VOLUME_SNAPSHOT, "s1") is None
    ours = [one for one in contents(home) if one["metadata"]["name"] != kept]
    assert [held_by_content(one) for one in ours] == [data] * left
    assert status(home, "other")["readyToUse"] is True


async def test_what_was_made_from_a_snapshot_outlives_it(home):
    data = held_by(volume_of(home, "home"))
    snapshot(home)
    await home.after(5)
    restored(home, "back")
    await home.after(5)
    home.delete(r.VOLUME_SNAPSHOT, "s1")
    await home.after(5)
    assert contents(home) == []
    assert held_by(volume_of(home, "back")) == data


async def test_a_snapshot_deleted_while_it_is_taken_lets_its_claim_go(home):
    snapshot(home)
    await home.after(1)
    home.delete(r.VOLUME_SNAPSHOT, "s1")
    await home.after(5)
    assert home.find(r.VOLUME_SNAPSHOT, "s1") is None
    assert contents(home) == []
    assert finalizers(home, r.PERSISTENT_VOLUME_CLAIM, "home") == ["kubernetes.io/pvc-protection"]


async def test_a_snapshot_that_could_not_be_taken_can_be_deleted(home):
    snapshot(home, of="absent")
    await home.after(5)
    home.delete(r.VOLUME_SNAPSHOT, "s1")
    await home.after(60)
    assert home.find(r.VOLUME_SNAPSHOT, "s1") is None


async def test_a_snapshot_made_anew_under_a_name_is_another_one(home):
    snapshot(home)
    await home.after(5)
    first = content_of(home)["metadata"]["name"]
    home.delete(r.VOLUME_SNAPSHOT, "s1")
    await home.after(5)
    snapshot(home)
    await home.after(5)
    assert status(home)["readyToUse"] is True
    assert content_of(home)["metadata"]["name"] != first
    assert len(contents(home)) == 1
