"""The list of permissions is exactly what the client's calls need, and is asked of the cluster verb by verb."""

import asyncio
import re
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web

from clients.errors import NotFound, Unavailable
from clients.kube import PERMISSIONS, KubeReader, KubeWriter, Puller, connect
from clients.kube.permissions import CALLED, Permission
from clients.kube.volume_writer import VolumeWriter
from sandbox.apiserver.router import make_app
from sandbox.apiserver.storage.store import Store
from sandbox.clock import ManualClock
from sandbox.scenario.private_files import write_kubeconfig

_PATH = re.compile(
    r"/(?:api/v1|apis/(?P<group>[^/]+)/v1)(?:/namespaces/(?P<ns>[^/]+))?/(?P<resource>\w+)(?P<name>/.+)?"
)


@pytest.fixture
async def cluster(aiohttp_server, tmp_path):
    """A cluster that remembers what it was asked for, and clients for it."""
    store, asked = Store(ManualClock(datetime(2026, 11, 24, tzinfo=UTC))), set()

    @web.middleware
    async def listen(request, handler):
        asked.add(_as_permission(request))
        return await handler(request)

    app = make_app(store)
    app.middlewares.append(listen)
    server = await aiohttp_server(app)
    write_kubeconfig(tmp_path / "kubeconfig", str(server.make_url("")).rstrip("/"), "jhub")
    api = await connect(tmp_path / "kubeconfig", None)
    yield store, asked, KubeReader(api, "jhub"), KubeWriter(api, "jhub")
    await api.close()


def _as_permission(request):
    if request.path == "/metrics":
        return Permission("get", request.path, namespace="")
    found = _PATH.fullmatch(request.path)
    if found is None or found["group"] == "authorization.k8s.io":
        return None
    read = "get" if found["name"] else "watch" if "watch" in request.query else "list"
    below = "/log" if (found["name"] or "").endswith("/log") else ""
    verb = {"GET": read, "POST": "create", "DELETE": "delete", "PATCH": "patch"}[request.method]
    namespace = "hub" if found["ns"] == "jhub" else found["ns"] or ""
    # In kube-system a single object is granted by its name.
    name = (found["name"] or "").removeprefix("/") if namespace == "kube-system" else ""
    return Permission(verb, found["resource"] + below, found["group"] or "", namespace, name)


async def _everything(reader, writer):
    """Every call of both clients, whatever comes of it."""
    about = {"labels": {}, "annotations": {}}
    calls = [
        *(reader.pods(), reader.system_pods(), reader.nodes(), reader.events(), reader.secret("a")),
        *(reader.ingresses(), reader.ingress_classes(), reader.http_routes(), reader.gateway("jhub", "a")),
        *(reader.secrets("a=b"), reader.claims(), reader.claim("a"), reader.volumes(), reader.volume("a")),
        reader.refused_pod({"kind": "Pod", "metadata": {"name": "a"}, "spec": {}}),
        *(reader.storage_classes(), reader.snapshot_classes(), reader.snapshots(), reader.snapshot("a")),
        writer.create_snapshot(name="a", claim="b", snapshot_class="c", **about),
        writer.create_claim(name="a", storage_class="b", size=1, access_modes=["ReadWriteOnce"], **about),
        writer.mark_volume("a", "u", policy="Retain", **about),
        *(writer.keep_volume("a", "u", "b"), writer.mark_snapshot("a", "u", {"b": "c"})),
        *(
            writer.delete_claim("a", "u"),
            writer.expand_claim("a", "u", 1),
            writer.delete_snapshot("a", "u"),
            writer.delete_pod("a", "u"),
        ),
        *(writer.delete_deployment("a", "u"), writer.delete_secret("a", "u"), writer.cordon("a")),
        *(writer.mark_revision("a", 1, {"b": "c"}), writer.put_config_map("a", {"b": "c"})),
        *(reader.daemon_sets(), writer.create_puller(Puller("a", {"a": "b"}, "image:1", "pause:1"))),
        writer.delete_daemon_set("a", "u"),
        writer.restart("a", "u", "mark", datetime(2026, 11, 24, tzinfo=UTC)),
        *(reader.log("a", "b", since=None, lines=1), reader.secret_uid("a"), reader.deployment("a")),
        reader.autoscaler_events(datetime(2026, 11, 24, tzinfo=UTC)),
        *(reader.autoscaler_status(), reader.quotas(), reader.limit_ranges()),
        *(reader.disruption_budgets(), reader.deprecated_apis()),
        *(reader.load_balancer("a"), reader.unbound_claims(), anext(reader.follow_log("a", "b"))),
    ]
    for call in calls:
        with suppress(NotFound, Unavailable):
            await call
    followed = [reader.following_pods(), reader.following_nodes(), reader.following_unbound_claims()]
    followed.append(reader.following_events(10))
    for watching in (reader.watch_pods(), *(one.changes() for one in followed)):
        await anext(watching)
        with suppress(TimeoutError):
            await asyncio.wait_for(anext(watching), 0.3)
        await watching.aclose()


async def test_the_list_has_what_is_called_and_nothing_else(cluster):
    _, asked, reader, writer = cluster
    await _everything(reader, writer)
    assert asked - {None} == set(CALLED)


def test_every_public_call_is_in_the_test():
    public = {name for one in (KubeReader, KubeWriter, VolumeWriter) for name in vars(one) if not name.startswith("_")}
    source = Path(__file__).read_text(encoding="utf-8")
    untold = {name for name in public if f".{name}(" not in source} - {"claim_pages", "version"}
    assert untold == set()


def test_nothing_is_listed_twice():
    assert [one.text for one, times in Counter(PERMISSIONS).items() if times > 1] == []


async def test_what_is_denied_is_named(cluster):
    store, _, reader, _ = cluster
    assert await reader.denied() == []
    store.denied |= {"delete pods", "patch deployments.apps", "get /metrics", "fly kites"}
    denied = [one.text for one in await reader.denied()]
    assert denied == ["delete pods", "patch deployments.apps", "get /metrics"]


async def test_each_is_asked_where_it_is_needed(cluster):
    store, _, reader, _ = cluster
    store.denied = {"list nodes"}
    (found,) = await reader.denied()
    assert (found.namespace, found.text) == ("", "list nodes")
