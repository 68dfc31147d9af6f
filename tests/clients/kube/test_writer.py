"""What is changed in the sandbox's cluster: each thing once however often it is asked for, exactly, or not at all."""

import asyncio
import traceback
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
import yaml
from aiohttp import web

from clients.errors import Forbidden, NotFound, Unavailable
from clients.kube import KubeReader, KubeWriter, connect
from sandbox.apiserver.objects import resource_kinds as r
from sandbox.apiserver.objects.errors import ApiError, forbidden, unknown_resource
from sandbox.apiserver.router import make_app
from sandbox.apiserver.storage.store import Store
from sandbox.clock import ManualClock
from sandbox.controllers import Controllers
from sandbox.runtime.images import Images
from sandbox.scenario import bare_cluster as cluster

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TOKEN = "canary-token-2b6d"
GI = 2**30
CLAIM, SNAPSHOT, POD = r.PERSISTENT_VOLUME_CLAIM, r.VOLUME_SNAPSHOT, r.POD


@dataclass
class Kubernetes:
    """A cluster on loopback. `asked` is what was asked of it: method and path.

    `before` may refuse a request or hold it back; with `loses` the change is made and the answer gets lost.
    """

    clock: ManualClock
    store: Store
    controllers: Controllers
    asked: list = field(default_factory=list)
    before: object = None
    loses: bool = False

    async def look(self, request):
        self.asked.append((request.method, request.path))
        if self.before is not None:
            await self.before(request)

    def refuse(self, error, method=""):
        async def before(request):
            if method in ("", request.method):
                raise error()

        self.before = before

    async def live(self, seconds=10):
        for _ in range(seconds):
            await self.controllers.settle()
            await self.clock.advance(1)

    def find(self, kind, name):
        return self.store.find(kind, "jhub", name)

    def uid(self, kind, name):
        return self.store.get(kind, "jhub", name)["metadata"]["uid"]

    def all(self, kind):
        return [one["metadata"]["name"] for one in self.store.list(kind)]

    def claim(self, name, **metadata):
        spec = {"accessModes": ["ReadWriteOnce"], "storageClassName": "now", "resources": {"requests": {}}}
        spec["resources"]["requests"]["storage"] = "10Gi"
        self.store.create(CLAIM, "jhub", {"metadata": {"name": name, **metadata}, "spec": spec})

    def pod(self, name, claim="", **metadata):
        volumes = [{"name": "home", "persistentVolumeClaim": {"claimName": claim}}] if claim else []
        containers = [{"name": "main", "image": "example.org/notebook:1"}]
        spec = {"containers": containers, "volumes": volumes}
        self.store.create(POD, "jhub", {"metadata": {"name": name, **metadata}, "spec": spec})


@pytest.fixture
async def kube(aiohttp_server, tmp_path):
    clock = ManualClock(NOW)
    store = Store(clock)
    cluster.build(store, ("jhub",), cluster.pools(10), NOW)
    store.create(r.STORAGE_CLASS, None, {"metadata": {"name": "now"}, "provisioner": "disk.csi.azure.com"})
    made = Kubernetes(clock, store, Controllers(store, clock, Images()))

    @web.middleware
    async def lose(request, handler):
        answer = await handler(request)
        if made.loses:
            request.transport.abort()
        return answer

    app = make_app(store, before=made.look, token=TOKEN)
    app.middlewares.append(lose)
    made.server = await aiohttp_server(app)
    made.kubeconfig = write_kubeconfig(tmp_path / "config", made.server, TOKEN)
    made.api = await connect(made.kubeconfig, timeout=5.0)
    yield made
    await made.api.close()


def write_kubeconfig(path, server, token):
    config = {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
        "clusters": [{"name": "k", "cluster": {"server": str(server.make_url("")).rstrip("/")}}],
        "users": [{"name": "u", "user": {"token": token}}],
    }
    path.write_text(yaml.safe_dump(config))
    return path


@pytest.fixture
def writer(kube):
    return KubeWriter(kube.api, "jhub")


@pytest.fixture
def reader(kube):
    return KubeReader(kube.api, "jhub")


def snapshot_of(claim, name="home-op-9", **more):
    notes = {"hub.jupyter.org/username": "Søren@example.org"}
    its = {"labels": {"jhub-bot/operation": "op-9"}, "annotations": notes, "snapshot_class": "azuredisk-snapshots"}
    return {"name": name, "claim": claim, **its, **more}


def new_claim(name="home", **more):
    its = {"storage_class": "now", "size": 10 * GI, "access_modes": ("ReadWriteOnce",), "labels": {}, "annotations": {}}
    return {"name": name, **its, **more}


# Snapshots


async def test_a_snapshot_is_taken_once_however_often_it_is_asked_for(kube, writer, reader):
    kube.claim("home")
    await kube.live()
    made = await writer.create_snapshot(**snapshot_of("home"))
    again = await writer.create_snapshot(**snapshot_of("home"))
    assert kube.all(SNAPSHOT) == ["home-op-9"]
    assert made == again
    assert (made.name, made.claim, made.ready, made.uid) == ("home-op-9", "home", False, kube.uid(SNAPSHOT, made.name))
    assert (made.user, made.labels) == ("Søren@example.org", {"jhub-bot/operation": "op-9"})
    assert made.snapshot_class == "azuredisk-snapshots"
    await kube.live()
    ready = await writer.create_snapshot(**snapshot_of("home"))
    assert (ready.ready, ready.size, ready.uid) == (True, 10 * GI, made.uid)
    assert await reader.snapshots() == [ready]


async def test_each_operation_has_a_snapshot_of_its_own(kube, writer):
    kube.claim("home")
    await kube.live()
    first = await writer.create_snapshot(**snapshot_of("home", "home-op-1"))
    second = await writer.create_snapshot(**snapshot_of("home", "home-op-2"))
    assert first.uid != second.uid
    assert kube.all(SNAPSHOT) == ["home-op-1", "home-op-2"]


async def test_a_snapshot_of_another_claim_under_that_name_is_not_taken_for_ours(kube, writer):
    for name in ("home", "other"):
        kube.claim(name)
    await writer.create_snapshot(**snapshot_of("other"))
    with pytest.raises(Unavailable, match="already has a snapshot home-op-9 of something else"):
        await writer.create_snapshot(**snapshot_of("home"))
    assert kube.all(SNAPSHOT) == ["home-op-9"]


async def test_where_the_cluster_knows_no_snapshots_none_is_taken(kube, writer):
    kube.refuse(unknown_resource)
    with pytest.raises(Unavailable, match=r"404, asked to take a snapshot"):
        await writer.create_snapshot(**snapshot_of("home"))


# Claims


async def test_a_claim_is_made_once_however_often_it_is_asked_for(kube, writer):
    wanted = new_claim(size=1500 * 2**20, labels={"component": "singleuser-storage"}, annotations={"a": "ö"})
    made = await writer.create_claim(**wanted)
    again = await writer.create_claim(**wanted)
    assert kube.all(CLAIM) == ["home"]
    assert made == again
    stored = kube.find(CLAIM, "home")
    assert stored["spec"]["resources"]["requests"]["storage"] == "1500Mi"
    assert "dataSource" not in stored["spec"]
    assert (made.size, made.storage_class, made.access_modes) == (1500 * 2**20, "now", ("ReadWriteOnce",))
    assert (made.labels, made.annotations["a"]) == ({"component": "singleuser-storage"}, "ö")


async def test_a_claim_that_was_there_is_returned_as_it_is(kube, writer):
    kube.claim("home", annotations={"whose": "somebody else's"})
    found = await writer.create_claim(**new_claim(annotations={"whose": "ours"}, size=GI))
    assert (found.uid, found.size) == (kube.uid(CLAIM, "home"), 10 * GI)
    assert found.annotations["whose"] == "somebody else's"


async def test_without_a_storage_class_the_clusters_default_is_taken(kube, writer):
    assert (await writer.create_claim(**new_claim(storage_class=""))).storage_class == "default"
    assert kube.all(CLAIM) == ["home"]


async def test_a_claim_from_a_snapshot_brings_the_data_back(kube, writer, reader):
    kube.claim("home")
    await kube.live()
    before = await reader.claim("home")
    await writer.create_snapshot(**snapshot_of("home"))
    await kube.live()
    assert await writer.delete_claim("home", before.uid) is True
    await kube.live()
    assert kube.all(r.PERSISTENT_VOLUME) == []
    made = await writer.create_claim(**new_claim(snapshot="home-op-9"))
    assert made.uid != before.uid
    await kube.live()
    [volume] = kube.store.list(r.PERSISTENT_VOLUME)
    assert volume["spec"]["csi"]["volumeAttributes"]["content"] == before.volume
    assert (await reader.claim("home")).phase == "Bound"


# Deletion


async def test_a_claim_is_deleted_once_however_often_it_is_asked_for(kube, writer):
    kube.claim("home")
    kube.claim("other")
    uid = kube.uid(CLAIM, "home")
    assert await writer.delete_claim("home", uid) is True
    await kube.live()
    assert await writer.delete_claim("home", uid) is False
    assert kube.all(CLAIM) == ["other"]


async def test_a_claim_in_use_is_held_back_and_may_be_deleted_again(kube, writer, reader):
    kube.pod("ada", "home")
    kube.claim("home")
    await kube.live(30)
    uid = kube.uid(CLAIM, "home")
    assert await writer.delete_claim("home", uid) is True
    await kube.live()
    held = await reader.claim("home")
    assert (held.terminating, held.phase, held.uid) == (True, "Bound", uid)
    assert await writer.delete_claim("home", uid) is True
    assert await writer.delete_pod("ada", kube.uid(POD, "ada")) is True
    await kube.live(60)
    assert kube.all(CLAIM) == []


async def thing(kube, kind):
    """Makes one of the kind, named `home`, and gives its UID."""
    match kind:
        case "claim":
            kube.claim("home")
        case "pod":
            kube.pod("home")
        case "snapshot":
            spec = {"source": {"persistentVolumeClaimName": "absent"}}
            kube.store.create(SNAPSHOT, "jhub", {"metadata": {"name": "home"}, "spec": spec})
    return kube.uid(KINDS[kind], "home")


KINDS = {"claim": CLAIM, "pod": POD, "snapshot": SNAPSHOT}


def deletion(writer, kind):
    return {"claim": writer.delete_claim, "pod": writer.delete_pod, "snapshot": writer.delete_snapshot}[kind]


@pytest.mark.parametrize("kind", KINDS)
async def test_what_was_made_anew_under_the_name_is_not_touched(kube, writer, kind):
    old = await thing(kube, kind)
    kube.store.remove(KINDS[kind], "jhub", "home")
    new = await thing(kube, kind)
    before = kube.find(KINDS[kind], "home")
    assert await deletion(writer, kind)("home", old) is False
    assert kube.find(KINDS[kind], "home") == before
    assert "deletionTimestamp" not in before["metadata"]
    assert await deletion(writer, kind)("home", new) is True


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_gone_is_not_there_to_delete(kube, writer, kind):
    uid = await thing(kube, kind)
    assert await deletion(writer, kind)("home", uid) is True
    await kube.live(60)
    assert kube.find(KINDS[kind], "home") is None
    assert await deletion(writer, kind)("home", uid) is False


@pytest.mark.parametrize("kind", KINDS)
async def test_without_a_uid_nothing_is_deleted(kube, writer, kind):
    await thing(kube, kind)
    assert await deletion(writer, kind)("home", "") is False
    assert "deletionTimestamp" not in kube.store.get(KINDS[kind], "jhub", "home")["metadata"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["", "..", ".", "a/b", "../pods/home", "home?x=1", "a%2fb", "-x", "Home", "é"])
async def test_no_odd_name_is_sent(kube, writer, kind, name):
    uid = await thing(kube, kind)
    with pytest.raises(NotFound, match=f"asked to delete a {kind}"):
        await deletion(writer, kind)(name, uid)
    assert kube.asked == []


# Refusals

WRITES = {
    "take a snapshot": lambda writer: writer.create_snapshot(**snapshot_of("home")),
    "create a claim": lambda writer: writer.create_claim(**new_claim("made")),
    "delete a claim": lambda writer: writer.delete_claim("home", "uid"),
    "delete a snapshot": lambda writer: writer.delete_snapshot("home", "uid"),
    "delete a pod": lambda writer: writer.delete_pod("home", "uid"),
}


@pytest.fixture(params=WRITES)
def write(request, writer):
    """One of the writes, and what it is called in errors."""
    return request.param, lambda: WRITES[request.param](writer)


async def refused(write):
    what, call = write
    with pytest.raises(Unavailable) as caught:
        await call()
    assert caught.value.system == "Kubernetes"
    told = "".join(traceback.format_exception(caught.value))
    assert TOKEN not in told
    return str(caught.value), what


async def test_who_may_not_is_told_what(kube, write):
    kube.refuse(lambda: forbidden(CLAIM, "home", f"User bot cannot, {TOKEN}"))
    said, what = await refused(write)
    assert said == f"Kubernetes refused: the bot may not {what} (403)"
    assert len(kube.asked) == 1


@pytest.mark.parametrize(
    ("why", "is_a_right"),
    [
        ('User "system:serviceaccount:jhub:bot" cannot delete resource "pods" in API group "" in the namespace', True),
        ("exceeded quota: compute, requested: pods=1, used: pods=9, limited: pods=9", False),
    ],
)
async def test_a_right_is_missing_where_the_authorizer_says_so(kube, writer, why, is_a_right):
    kube.refuse(lambda: forbidden(CLAIM, "home", why))
    with pytest.raises(Unavailable) as caught:
        await next(iter(WRITES.values()))(writer)
    assert isinstance(caught.value, Forbidden) == is_a_right


@pytest.mark.parametrize("status", [400, 401, 405, 410, 429, 500, 503])
async def test_every_other_refusal_tells_its_number_and_is_not_repeated(kube, write, status):
    kube.refuse(lambda: ApiError(status, "No", f"no, {TOKEN}"))
    said, what = await refused(write)
    assert said == f"Kubernetes answered with an error ({status}, asked to {what})"
    assert len(kube.asked) == 1


async def test_a_wrong_token_changes_nothing(kube, tmp_path):
    kube.claim("home")
    wrong = await connect(write_kubeconfig(tmp_path / "wrong", kube.server, "canary-wrong"))
    with pytest.raises(Unavailable, match="401") as caught:
        await KubeWriter(wrong, "jhub").delete_claim("home", kube.uid(CLAIM, "home"))
    await wrong.close()
    assert "canary" not in str(caught.value)
    assert "deletionTimestamp" not in kube.find(CLAIM, "home")["metadata"]


async def test_what_kubernetes_does_not_accept_is_said_in_its_words_at_some_length(kube, writer):
    with pytest.raises(
        Unavailable, match=r"did not accept the request \(asked to create a claim\): .*RFC 1123"
    ) as caught:
        await writer.create_claim(**new_claim("Not_A_Name"))
    assert len(str(caught.value)) < 400
    with pytest.raises(Unavailable, match=r"asked to create a claim\): .*storage"):
        await writer.create_claim(**new_claim(size=0))
    with pytest.raises(Unavailable, match=r"asked to take a snapshot\): .*label"):
        await writer.create_snapshot(**snapshot_of("home", labels={"a": "not a label"}))
    assert kube.all(CLAIM) == kube.all(SNAPSHOT) == []


@pytest.mark.parametrize("status", [403, 404, 500])
async def test_a_name_taken_by_what_cannot_be_read_is_no_success(kube, writer, status):
    kube.claim("made")
    kube.refuse(lambda: ApiError(status, "No", "no"), "GET")
    with pytest.raises((Unavailable, NotFound), match=r"create a claim|500"):
        await writer.create_claim(**new_claim("made"))
    assert [method for method, _ in kube.asked] == ["POST", "GET"]


# Answers that do not come


@pytest.mark.parametrize("kind", ["claim", "snapshot"])
async def test_a_change_whose_answer_got_lost_is_found_done_the_next_time(kube, writer, kind):
    kube.claim("home")
    create = {
        "claim": lambda: writer.create_claim(**new_claim("made")),
        "snapshot": lambda: writer.create_snapshot(**snapshot_of("home", "made")),
    }[kind]
    kube.loses = True
    with pytest.raises(Unavailable, match="broke off the connection"):
        await create()
    kube.loses = False
    [uid] = [one["metadata"]["uid"] for one in kube.store.list(KINDS[kind]) if one["metadata"]["name"] == "made"]
    assert (await create()).uid == uid


async def test_a_deletion_whose_answer_got_lost_is_found_done_the_next_time(kube, writer):
    kube.claim("home")
    uid = kube.uid(CLAIM, "home")
    kube.loses = True
    with pytest.raises(Unavailable):
        await writer.delete_claim("home", uid)
    kube.loses = False
    await kube.live()
    assert await writer.delete_claim("home", uid) is False


async def test_a_server_that_hangs_costs_the_time_out(kube, write):
    never = asyncio.Event()

    async def hang(_):
        await never.wait()

    kube.before, kube.api.timeout = hang, 0.1
    said, what = await refused(write)
    never.set()
    assert said == f"Kubernetes did not answer in time (asked to {what})"


async def test_a_closed_port_is_unavailable_without_its_address(kube, write):
    await kube.server.close()
    said, _ = await refused(write)
    assert "cannot be reached" in said
    assert str(kube.server.port) not in said


@pytest.mark.parametrize("what", WRITES)
async def test_a_success_that_makes_no_sense_is_no_success(aiohttp_server, tmp_path, what):
    async def page(_):
        return web.Response(text="<html>", content_type="text/html")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", page)
    api = await connect(write_kubeconfig(tmp_path / "config", await aiohttp_server(app), TOKEN))
    try:
        with pytest.raises(Unavailable):
            await WRITES[what](KubeWriter(api, "jhub"))
    finally:
        await api.close()


@pytest.mark.parametrize("namespace", ["", "..", "a/b", "Jhub", "-x"])
def test_a_namespace_that_cannot_be_is_refused(kube, namespace):
    with pytest.raises(ValueError, match="namespace"):
        KubeWriter(kube.api, namespace)


# What the certificate needs


def autohttps(kube):
    labels = {"app": "autohttps"}
    containers = [{"name": "traefik", "image": "example.org/traefik:3"}]
    template = {"metadata": {"labels": labels}, "spec": {"containers": containers}}
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    kube.store.create(r.DEPLOYMENT, "jhub", {"metadata": {"name": "autohttps"}, "spec": spec})


async def test_a_deployment_is_restarted_as_kubectl_does_and_keeps_whose_restart_it_was(kube, writer, reader):
    autohttps(kube)
    await kube.live()
    before = await reader.deployment("autohttps")
    assert (before.is_rolled_out, before.restart, before.restarted) == (True, "", None)
    pods = kube.all(POD)
    assert await writer.restart("autohttps", before.uid, "op-9", NOW)
    begun = await reader.deployment("autohttps")
    assert (begun.restart, begun.restarted, begun.uid) == ("op-9", NOW, before.uid)
    await kube.live(30)
    assert (await reader.deployment("autohttps")).is_rolled_out
    assert set(kube.all(POD)).isdisjoint(pods)


async def test_the_same_restart_again_starts_nothing(kube, writer, reader):
    autohttps(kube)
    uid = kube.uid(r.DEPLOYMENT, "autohttps")
    for _ in range(2):
        assert await writer.restart("autohttps", uid, "op-9", NOW)
        await kube.live(30)
    assert len(kube.all(POD)) == 1
    assert (await reader.deployment("autohttps")).is_rolled_out


async def test_only_exactly_that_one_is_restarted_or_deleted(kube, writer):
    autohttps(kube)
    kube.store.create(r.SECRET, "jhub", {"metadata": {"name": "acme"}, "data": {}})
    assert not await writer.restart("autohttps", "another", "op-9", NOW)
    assert not await writer.restart("nosuch", "another", "op-9", NOW)
    assert not await writer.delete_deployment("autohttps", "another")
    assert not await writer.delete_secret("acme", "")
    assert kube.all(r.DEPLOYMENT) == ["autohttps"]
    for delete, kind, name in (
        (writer.delete_deployment, r.DEPLOYMENT, "autohttps"),
        (writer.delete_secret, r.SECRET, "acme"),
    ):
        uid = kube.uid(kind, name)
        assert [await delete(name, uid), await delete(name, uid)] == [True, False]


@pytest.mark.parametrize("name", ["../secrets", "", "A", "a/b"])
async def test_a_name_that_cannot_be_one_is_not_asked_for(kube, writer, reader, name):
    for question in (
        writer.restart(name, "uid", "op-9", NOW),
        writer.delete_secret(name, "uid"),
        reader.deployment(name),
        reader.secret_uid(name),
        reader.load_balancer(name),
    ):
        with pytest.raises(NotFound):
            await question
    assert kube.asked == []


async def test_a_refused_restart_says_what_the_bot_may_not(kube, writer):
    autohttps(kube)
    kube.refuse(lambda: forbidden(r.DEPLOYMENT, "autohttps", "no"), "PATCH")
    with pytest.raises(Unavailable, match="the bot may not restart a deployment"):
        await writer.restart("autohttps", kube.uid(r.DEPLOYMENT, "autohttps"), "op-9", NOW)


async def test_a_services_addresses_are_told_once_it_has_any(kube, reader):
    spec = {"type": "LoadBalancer", "ports": [{"name": "http", "port": 80}], "selector": {"app": "autohttps"}}
    kube.store.create(r.SERVICE, "jhub", {"metadata": {"name": "proxy-public"}, "spec": spec})
    assert await reader.load_balancer("proxy-public") == ()
    await kube.live()
    assert await reader.load_balancer("proxy-public") == ("20.50.2.71",)


async def test_of_a_secret_only_its_uid_is_told(kube, reader):
    kube.store.create(r.SECRET, "jhub", {"metadata": {"name": "acme"}, "data": {"acme.json": "c2VjcmV0"}})
    assert await reader.secret_uid("acme") == kube.uid(r.SECRET, "acme")


async def test_a_deployment_says_whether_its_old_pods_go_first(kube, reader):
    autohttps(kube)
    assert not (await reader.deployment("autohttps")).recreates
    kube.store.modify(r.DEPLOYMENT, "jhub", "autohttps", lambda one: one["spec"].update(strategy={"type": "Recreate"}))
    assert (await reader.deployment("autohttps")).recreates


async def test_a_config_map_is_created_changed_and_keeps_its_other_entries(kube, writer):
    def data():
        return kube.store.find(r.CONFIG_MAP, "jhub", "jhub-announcement")["data"]

    await writer.put_config_map("jhub-announcement", {"a": "1", "text": "Æ <b>"})
    assert data() == {"a": "1", "text": "Æ <b>"}
    await writer.put_config_map("jhub-announcement", {"a": "2"})
    assert data() == {"a": "2", "text": "Æ <b>"}


@pytest.mark.parametrize("name", ["", "../hub", "a/b", "A", "a b"])
async def test_a_config_map_has_a_name_that_kubernetes_takes(kube, writer, name):
    asked = len(kube.asked)
    with pytest.raises(NotFound):
        await writer.put_config_map(name, {"a": "1"})
    assert len(kube.asked) == asked
