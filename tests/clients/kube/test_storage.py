"""Claims, volumes, classes, snapshots: read from the sandbox's API server in process, and where a lot is missing."""

import asyncio
import gc
import itertools
import math
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
import yaml
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from clients.errors import NotFound, Unavailable
from clients.kube import Claim, KubeReader, Snapshot, SnapshotClass, StorageClass, Volume, connect
from clients.kube.quantities import from_bytes, to_bytes
from clients.kube.storage import claims_of
from sandbox.apiserver.objects import resource_kinds as r
from sandbox.apiserver.objects.errors import ApiError, unknown_resource
from sandbox.apiserver.objects.quantities import amount
from sandbox.apiserver.router import make_app
from sandbox.apiserver.storage.store import Store
from sandbox.clock import ManualClock
from sandbox.controllers import Controllers
from sandbox.runtime.images import Images
from sandbox.scenario import bare_cluster as cluster

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
CLAIMS = "/api/v1/namespaces/jhub/persistentvolumeclaims"
SNAPSHOTS = "/apis/snapshot.storage.k8s.io/"
GI = 2**30


@dataclass
class Kubernetes:
    """A cluster on loopback. `asked` is what was asked of it; `before` may refuse a request, or hold it back."""

    clock: ManualClock
    store: Store
    controllers: Controllers
    asked: list = field(default_factory=list)
    before: object = None

    async def look(self, request):
        self.asked.append((request.path, dict(request.query)))
        if self.before is not None:
            await self.before(request)

    def refuse(self, error, path=""):
        async def before(request):
            if request.path.startswith(path):
                raise error()

        self.before = before

    async def live(self, seconds=10):
        for _ in range(seconds):
            await self.controllers.settle()
            await self.clock.advance(1)

    def claim(self, name, *, storage="azurefile-csi", size="10Gi", **metadata):
        modes = ["ReadWriteOnce"]
        spec = {"accessModes": modes, "storageClassName": storage, "resources": {"requests": {"storage": size}}}
        self.store.create(r.PERSISTENT_VOLUME_CLAIM, "jhub", {"metadata": {"name": name, **metadata}, "spec": spec})

    def home(self, name, **more):
        """A bound claim on a disk of its own, of which snapshots can be taken."""
        self.claim(name, storage="disk-now", **more)

    def snapshot(self, name, claim, its_class="azuredisk-snapshots", **metadata):
        spec = {"volumeSnapshotClassName": its_class, "source": {"persistentVolumeClaimName": claim}}
        self.store.create(r.VOLUME_SNAPSHOT, "jhub", {"metadata": {"name": name, **metadata}, "spec": spec})

    def delete(self, kind, name):
        self.store.delete(kind, "jhub" if kind.namespaced else None, name)

    def uid(self, kind, name):
        return self.store.get(kind, "jhub" if kind.namespaced else None, name)["metadata"]["uid"]


@pytest.fixture
async def kube(aiohttp_server, tmp_path):
    clock = ManualClock(NOW)
    store = Store(clock)
    cluster.build(store, ("jhub", "other"), cluster.pools(10), NOW)
    disks = {"metadata": {"name": "disk-now"}, "provisioner": "disk.csi.azure.com", "reclaimPolicy": "Retain"}
    store.create(r.STORAGE_CLASS, None, disks)
    made = Kubernetes(clock, store, Controllers(store, clock, Images()))
    server = await aiohttp_server(make_app(store, before=made.look))
    config = {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
        "clusters": [{"name": "k", "cluster": {"server": str(server.make_url("")).rstrip("/")}}],
        "users": [{"name": "u", "user": {}}],
    }
    (tmp_path / "config").write_text(yaml.safe_dump(config))
    made.api = await connect(tmp_path / "config", timeout=5.0)
    yield made
    await made.api.close()


@pytest.fixture
def reader(kube):
    return KubeReader(kube.api, "jhub")


# Claims


async def test_a_bound_claim_is_read_with_whose_it_is(kube, reader):
    notes = {"hub.jupyter.org/username": "Ada@example.org", "hub.jupyter.org/servername": "thesis", "x": "y"}
    kube.claim("home", annotations=notes, labels={"component": "singleuser-storage", "app": "jupyterhub"})
    await kube.live()
    found = await reader.claim("home")
    assert (found.name, found.uid) == ("home", kube.uid(r.PERSISTENT_VOLUME_CLAIM, "home"))
    assert (found.user, found.server, found.component) == ("Ada@example.org", "thesis", "singleuser-storage")
    assert (found.phase, found.terminating, found.size) == ("Bound", False, 10 * GI)
    assert (found.storage_class, found.access_modes, found.created) == ("azurefile-csi", ("ReadWriteOnce",), NOW)
    assert found.labels == {"component": "singleuser-storage", "app": "jupyterhub"}
    assert found.annotations["x"] == "y"
    assert found.finalizers == ("kubernetes.io/pvc-protection",)
    [volume] = await reader.volumes()
    assert (found.volume, found.uid) == (volume.name, volume.claim_uid)


async def test_a_claim_that_waits_has_no_volume_and_the_size_it_asked_for(kube, reader):
    kube.claim("home", storage="managed-csi", size="1500Mi")
    await kube.live()
    found = await reader.claim("home")
    assert (found.phase, found.volume, found.size, found.user) == ("Pending", "", 1500 * 2**20, "")


async def test_a_claim_has_the_size_it_was_given_not_the_one_it_asked_for(kube, reader):
    kube.claim("home")
    await kube.live()

    def shrink(claim):
        claim["status"]["capacity"]["storage"] = "16Gi"

    kube.store.modify(r.PERSISTENT_VOLUME_CLAIM, "jhub", "home", shrink)
    assert (await reader.claim("home")).size == 16 * GI


async def test_a_claim_that_is_held_back_says_so(kube, reader):
    kube.claim("home", finalizers=["example.org/keep"])
    kube.delete(r.PERSISTENT_VOLUME_CLAIM, "home")
    found = await reader.claim("home")
    assert found.terminating
    assert found.finalizers == ("example.org/keep", "kubernetes.io/pvc-protection")


@pytest.mark.parametrize("name", ["absent", "..", ".", "a/b", "a?b", "", "-x", "A", "a%2fb", "x" * 254, "é"])
async def test_what_is_not_there_is_not_found_and_no_odd_name_is_sent(kube, reader, name):
    for ask in (reader.claim, reader.volume, reader.snapshot):
        with pytest.raises(NotFound):
            await ask(name)
    assert all(path.endswith("/absent") for path, _ in kube.asked)
    assert len(kube.asked) == (3 if name == "absent" else 0)


async def test_other_namespaces_are_not_read(kube, reader):
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    kube.store.create(r.PERSISTENT_VOLUME_CLAIM, "other", {"metadata": {"name": "theirs"}, "spec": spec})
    assert await reader.claims() == []
    with pytest.raises(NotFound):
        await reader.claim("theirs")


# Pages


def fill(kube, count):
    names = [f"home-{number:04}" for number in range(count)]
    for name in names:
        kube.claim(name, labels={"parity": "even" if int(name[-1]) % 2 == 0 else "odd"})
    return names


@pytest.mark.parametrize(
    ("count", "sizes"), [(0, [0]), (1, [1]), (500, [500]), (501, [500, 1]), (1100, [500, 500, 100])]
)
async def test_claims_come_500_at_a_time(kube, reader, count, sizes):
    names = fill(kube, count)
    pages = [page async for page in reader.claim_pages()]
    assert [len(page) for page in pages] == sizes
    assert [claim.name for page in pages for claim in page] == names
    assert [query["limit"] for _, query in kube.asked] == ["500"] * len(sizes)
    assert ["continue" in query for _, query in kube.asked] == [False] + [True] * (len(sizes) - 1)


async def test_a_list_that_is_read_no_further_is_asked_for_one_page_more_at_most(kube, reader):
    fill(kube, 1600)
    async with aclosing(reader.claim_pages()) as pages:
        assert len(await anext(pages)) == 500
        for _ in range(5):
            await reader.version()
    asked = [path for path, _ in kube.asked].count(CLAIMS)
    for _ in range(5):
        await reader.version()
    assert [path for path, _ in kube.asked].count(CLAIMS) == asked <= 2


async def test_a_page_that_nobody_waits_for_fails_without_a_word(kube, reader):
    complaints = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context["message"]))
    fill(kube, 1100)
    async with aclosing(reader.claim_pages()) as pages:
        await anext(pages)
        kube.refuse(lambda: ApiError(403, "No", "no"), CLAIMS)
        for _ in range(5):
            await reader.version()
    del pages
    await reader.version()
    gc.collect()
    assert complaints == []


async def test_the_selector_goes_with_every_page(kube, reader):
    names = fill(kube, 1100)
    found = await reader.claims("parity=even")
    assert [claim.name for claim in found] == names[::2]
    assert [query["labelSelector"] for _, query in kube.asked] == ["parity=even"] * 2
    kube.asked.clear()
    assert len(await reader.claims()) == 1100
    assert all("labelSelector" not in query for _, query in kube.asked)


async def test_a_list_that_expires_is_read_on_without_what_was_seen(kube, reader):
    names = fill(kube, 1100)
    seen = []
    async with aclosing(reader.claim_pages()) as pages:
        seen.append([claim.name for claim in await anext(pages)])
        kube.store.remove(r.PERSISTENT_VOLUME_CLAIM, "jhub", names[0])
        kube.store.remove(r.PERSISTENT_VOLUME_CLAIM, "jhub", names[1])
        kube.claim(names[1])
        kube.store.remove(r.PERSISTENT_VOLUME_CLAIM, "jhub", names[700])
        kube.claim("home-new")
        kube.store.compact()
        seen += [[claim.name for claim in page] async for page in pages]
    assert seen[0] == names[:500]
    # What was made anew under a name is another claim: it has another UID.
    expected = {names[1], *names[500:], "home-new"} - {names[700]}
    assert sorted(itertools.chain(*seen[1:])) == sorted(expected)
    assert "limit" not in kube.asked[-1][1]


async def test_a_page_that_does_not_come_costs_the_time_out(kube, reader):
    fill(kube, 1100)
    never = asyncio.Event()

    async def hang(_):
        await never.wait()

    async with aclosing(reader.claim_pages()) as pages:
        assert [len(await anext(pages)), len(await anext(pages))] == [500, 500]
        kube.before, kube.api.timeout = hang, 0.2
        with pytest.raises(Unavailable, match=r"within 0\.2 s \(asked to list claims\)"):
            await anext(pages)
    never.set()


@pytest.mark.parametrize(
    ("status", "words"), [(401, "credentials"), (403, "may not list claims"), (429, "overloaded"), (500, "error (500)")]
)
async def test_refusals_between_pages_are_unavailable(kube, reader, status, words):
    fill(kube, 501)
    async with aclosing(reader.claim_pages()) as pages:
        assert len(await anext(pages)) == 500
        kube.refuse(lambda: ApiError(status, "No", "no canary"))
        with pytest.raises(Unavailable) as caught:
            await anext(pages)
    assert words in str(caught.value)
    assert "canary" not in str(caught.value)


# Volumes and classes


async def test_a_volume_tells_its_driver_its_policy_and_its_claim(kube, reader):
    kube.home("home")
    await kube.live()
    claim = await reader.claim("home")
    found = await reader.volume(claim.volume)
    assert found == (await reader.volumes())[0]
    assert (found.driver, found.reclaim_policy, found.phase) == ("disk.csi.azure.com", "Retain", "Bound")
    kube.delete(r.PERSISTENT_VOLUME_CLAIM, "home")
    await kube.live()
    left = await reader.volume(claim.volume)
    assert (left.phase, left.claim_uid) == ("Released", claim.uid)


async def test_a_volume_of_no_driver_has_none(kube, reader):
    spec = {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/x"}}
    kube.store.create(r.PERSISTENT_VOLUME, None, {"metadata": {"name": "old"}, "spec": spec})
    await kube.live()
    assert await reader.volume("old") == Volume(
        "old", kube.uid(r.PERSISTENT_VOLUME, "old"), "Retain", "", "Available", ""
    )


async def test_classes_meet_the_snapshot_classes_of_their_driver(reader):
    classes = {one.name: one for one in await reader.storage_classes()}
    assert [name for name, one in classes.items() if one.is_default] == ["default"]
    assert {name for name, one in classes.items() if one.binds_late} == {
        "default",
        "managed-csi",
        "managed-csi-premium",
    }
    assert {name: one.reclaim_policy for name, one in classes.items()}["disk-now"] == "Retain"
    snapshots = await reader.snapshot_classes()
    fitting = {name: [s.name for s in snapshots if s.driver == one.provisioner] for name, one in classes.items()}
    disks = ["azuredisk-snapshots"]
    assert fitting == {
        "azurefile-csi": [],
        "default": disks,
        "disk-now": disks,
        "managed-csi": disks,
        "managed-csi-premium": disks,
    }


async def test_a_snapshot_class_tells_whether_data_goes_with_the_snapshot(kube, reader):
    default = {"snapshot.storage.kubernetes.io/is-default-class": "true"}
    keeping = {"metadata": {"name": "keeping", "annotations": default}, "driver": "d", "deletionPolicy": "Retain"}
    kube.store.create(r.VOLUME_SNAPSHOT_CLASS, None, keeping)
    assert await reader.snapshot_classes() == [
        SnapshotClass("azuredisk-snapshots", "disk.csi.azure.com", "Delete", is_default=False),
        SnapshotClass("keeping", "d", "Retain", is_default=True),
    ]


# Snapshots


async def test_a_snapshot_is_not_ready_at_first_and_then_is(kube, reader):
    kube.home("home")
    await kube.live()
    notes = {"hub.jupyter.org/username": "ada@example.org", "hub.jupyter.org/servername": "thesis"}
    kube.snapshot("s1", "home", annotations=notes, labels={"a": "b"})
    assert not (await reader.snapshot("s1")).ready
    taken = kube.clock.now()
    await kube.controllers.settle()
    begun = await reader.snapshot("s1")
    assert (begun.ready, begun.size, begun.error, begun.created) == (False, 0, "", taken)
    await kube.live()
    found = await reader.snapshot("s1")
    assert [found] == await reader.snapshots()
    assert (found.ready, found.size, found.claim, found.created) == (True, 10 * GI, "home", taken)
    assert (found.user, found.server, found.labels) == ("ada@example.org", "thesis", {"a": "b"})
    assert (found.snapshot_class, found.terminating) == ("azuredisk-snapshots", False)
    assert found.uid == kube.uid(r.VOLUME_SNAPSHOT, "s1")
    assert found.annotations == notes


async def test_a_snapshot_that_cannot_be_taken_says_why(kube, reader):
    kube.snapshot("s1", "absent")
    await kube.live()
    found = await reader.snapshot("s1")
    assert not found.ready
    assert 'persistentvolumeclaims "absent" not found' in found.error
    assert found.created == NOW


async def test_a_snapshot_that_goes_says_so(kube, reader):
    kube.snapshot("s1", "home", finalizers=["example.org/keep"])
    kube.delete(r.VOLUME_SNAPSHOT, "s1")
    assert (await reader.snapshot("s1")).terminating


@pytest.mark.parametrize("error", [unknown_resource, lambda: web.HTTPNotFound(text="404 page not found\n")])
async def test_a_cluster_that_knows_no_snapshots_has_none(kube, reader, error):
    kube.refuse(error, SNAPSHOTS)
    assert await reader.snapshots() == []
    assert await reader.snapshot_classes() == []
    assert len(kube.asked) == 2
    assert await reader.storage_classes()
    with pytest.raises(NotFound):
        await reader.snapshot("s1")


@pytest.mark.parametrize("status", [401, 403, 410, 500, 503])
async def test_a_cluster_that_does_not_tell_of_snapshots_is_not_one_without(kube, reader, status):
    kube.refuse(lambda: ApiError(status, "No", "no"), SNAPSHOTS)
    for ask in (reader.snapshots, reader.snapshot_classes):
        with pytest.raises(Unavailable):
            await ask()


# Objects with anything missing


@pytest.mark.parametrize("kind", [Claim, Volume, StorageClass, SnapshotClass, Snapshot])
@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"metadata": None, "spec": None, "status": None},
        {"metadata": [], "spec": "x", "status": 7, "provisioner": 1, "driver": {}},
        {"metadata": {"name": 7, "labels": [], "annotations": "x", "finalizers": "abc", "creationTimestamp": "soon"}},
        {"spec": {"resources": [], "accessModes": "all", "csi": "x", "claimRef": 1, "source": None}},
        {"status": {"capacity": {"storage": 10}, "restoreSize": 7, "readyToUse": "true", "error": "x"}},
    ],
)
def test_objects_with_anything_missing_are_still_read(kind, broken):
    found = kind.from_json(broken)
    assert found.name == ""
    assert (getattr(found, "size", 0), getattr(found, "ready", False)) == (0, False)
    assert getattr(found, "finalizers", ()) == getattr(found, "access_modes", ()) == ()
    assert getattr(found, "created", None) is None


def test_the_claims_that_a_pod_mounts():
    volumes = [{"persistentVolumeClaim": {"claimName": name}} for name in ("a", "", None, "b")]
    assert claims_of({"volumes": [{"emptyDir": {}}, "x", *volumes, {"persistentVolumeClaim": None}]}) == ("a", "b")
    assert claims_of({}) == ()


# Quantities


@pytest.mark.parametrize(
    ("quantity", "size"),
    [
        ("0", 0),
        ("1234567", 1234567),
        ("10Gi", 10 * GI),
        ("1500Mi", 1500 * 2**20),
        ("1Ki", 1024),
        ("2Ti", 2 * 2**40),
        ("1Pi", 2**50),
        ("7Ei", 7 * 2**60),
        ("1k", 1000),
        ("5G", 5 * 10**9),
        ("1E", 10**18),
        ("1e3", 1000),
        ("1E3", 1000),
        ("12e+2", 1200),
        ("15e-1", 2),
        ("1.5Gi", 3 * GI // 2),
        (".5Gi", GI // 2),
        ("1.", 1),
        ("0.1Gi", 107374183),
        ("1500m", 2),
        ("1n", 1),
        ("1u", 1),
    ],
)
def test_a_quantity_in_bytes_rounded_up(quantity, size):
    assert to_bytes(quantity) == size


@pytest.mark.parametrize(
    "bad",
    [
        *("", " ", "Gi", ".", "-1Gi", "10 Gi", "10GiB", "10gi", "10K", "ten", "1e", "1e1e1", "1,5Gi", "0x10", "1_000"),
        *("nan", "Infinity", "1e9999", "1.2.3", "10Gi\n", "\n10Gi", "10Gi;", "²"),
    ],
)
def test_what_is_no_quantity_is_nothing(bad):
    assert to_bytes(bad) == 0


@pytest.mark.parametrize(
    ("size", "quantity"),
    [
        (0, "0"),
        (1, "1"),
        (1023, "1023"),
        (1024, "1Ki"),
        (1500 * 2**20, "1500Mi"),
        (10 * GI, "10Gi"),
        (1024 * GI, "1Ti"),
        (10 * GI + 1, "10737418241"),
        (2**61, "2Ei"),
    ],
)
def test_a_size_as_kubernetes_writes_it(size, quantity):
    assert from_bytes(size) == quantity


@settings(deadline=None, database=None)
@given(st.integers(min_value=0, max_value=2**63 - 1))
def test_a_size_comes_back_as_it_was(size):
    assert to_bytes(from_bytes(size)) == size


@settings(deadline=None, database=None)
@given(
    st.decimals(min_value=0, max_value=10**6, places=3, allow_nan=False, allow_infinity=False),
    st.sampled_from(["", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "e3", "E-2"]),
)
def test_the_sandbox_counts_the_same(number, unit):
    quantity = f"{number:f}{unit}"
    assert to_bytes(quantity) == math.ceil(amount(quantity))


@settings(deadline=None, database=None)
@given(st.text(alphabet="0123456789.+-eEinumkKMGTP \n", max_size=12))
def test_no_text_makes_it_stumble(text):
    assert to_bytes(text) >= 0


def test_times_are_utc_whatever_the_offset():
    metadata = {"name": "s", "creationTimestamp": "2026-11-23T10:00:00+01:00"}
    assert Claim.from_json({"metadata": metadata}).created == NOW
    status = {"creationTime": "2026-11-23T09:00:05.250Z"}
    assert Snapshot.from_json({"metadata": metadata, "status": status}).created == NOW + timedelta(seconds=5.25)
