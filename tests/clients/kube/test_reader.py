"""The reader against an API server that answers what the test put there."""

import asyncio
import base64
import json
import sys
import time
import traceback
from contextlib import aclosing
from datetime import UTC, datetime

import pytest
import yaml
from aiohttp import web

from clients.errors import NotFound, Unavailable
from clients.kube import KubeReader, Pod, connect
from clients.kube.watch import PodWatch

TOKEN = "canary-token-7f3a"
PODS = "/api/v1/namespaces/jhub/pods"


def pod(name, *, version="1", ready=True, **status):
    statuses = [{"name": "main", "image": "hub:1", "ready": ready, "restartCount": 2, "state": {"running": {}}}]
    return {
        "kind": "Pod",
        "metadata": {
            "name": name,
            "uid": f"uid-{name}",
            "resourceVersion": version,
            "creationTimestamp": "2026-11-01T08:00:00Z",
            "labels": {"component": "hub", "release": "jhub"},
            "annotations": {"hub.jupyter.org/username": "ada@example.org"},
            "ownerReferences": [{"kind": "ReplicaSet", "name": "hub-1", "controller": True}],
        },
        "spec": {"nodeName": "n1", "containers": [{"name": "main", "image": "hub:1"}]},
        "status": {"phase": "Running", "containerStatuses": statuses, **status},
    }


class Api:
    """Answers each path with what `answers` holds: JSON, a status, or a handler."""

    def __init__(self):
        self.answers = {}
        self.asked = []

    async def handle(self, request):
        self.asked.append((request.path, dict(request.query), request.headers.get("Authorization")))
        answer = self.answers.get(request.path, 404)
        if callable(answer):
            return await answer(request)
        if isinstance(answer, int):
            return web.json_response({"kind": "Status", "message": f"no, {TOKEN}"}, status=answer)
        return web.json_response({"kind": _kind(request.path)} | answer)


KINDS = {"pods": "Pod", "nodes": "Node", "events": "Event", "secrets": "Secret", "version": ""}


def _kind(path):
    """What the API server would say that it is."""
    collection, _, name = path.removeprefix("/api/v1/").removeprefix("namespaces/jhub/").strip("/").partition("/")
    return KINDS[collection] if name else f"{KINDS[collection]}List"


@pytest.fixture
async def api(aiohttp_server):
    fake = Api()
    app = web.Application()
    app.router.add_get("/{path:.*}", fake.handle)
    fake.server = await aiohttp_server(app)
    return fake


def write_kubeconfig(path, url, user):
    config = {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
        "clusters": [{"name": "k", "cluster": {"server": url}}],
        "users": [{"name": "u", "user": user}],
    }
    path.write_text(yaml.safe_dump(config))
    return path


@pytest.fixture
async def kube(api, tmp_path, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    url = str(api.server.make_url("")).rstrip("/")
    connection = await connect(write_kubeconfig(tmp_path / "config", url, {"token": TOKEN}), timeout=1.0)
    yield KubeReader(connection, "jhub")
    await connection.close()


async def test_a_running_pod_is_read_with_token_and_without_the_proxy(api, kube):
    api.answers[PODS] = {"items": [pod("hub-1")], "metadata": {}}
    [found] = await kube.pods("component=hub")
    assert (found.name, found.component, found.release, found.user) == ("hub-1", "hub", "jhub", "ada@example.org")
    assert (found.ready, found.containers, found.restarts, found.node) == (1, 1, 2, "n1")
    assert found.created == datetime(2026, 11, 1, 8, tzinfo=UTC)
    assert found.is_ready
    assert (found.state, found.problem, found.pull_failure) == ("ready", "", None)
    assert (found.owner.kind, found.owner.name) == ("ReplicaSet", "hub-1")
    assert api.asked == [(PODS, {"labelSelector": "component=hub", "limit": "500"}, f"Bearer {TOKEN}")]


def waiting(reason, message="", **more):
    state = {"waiting": {"reason": reason, "message": message}}
    return {"name": "main", "image": "hub:2", "ready": False, "state": state, **more}


@pytest.mark.parametrize(
    ("status", "state", "problem"),
    [
        ({"containerStatuses": [waiting("ContainerCreating")], "phase": "Pending"}, "starting", ""),
        (
            {"containerStatuses": [waiting("ImagePullBackOff", "Back-off pulling hub:2")], "phase": "Pending"},
            "not ready",
            "ImagePullBackOff: Back-off pulling hub:2",
        ),
        (
            {
                "containerStatuses": [
                    waiting(
                        "CrashLoopBackOff",
                        "back-off 40s",
                        lastState={"terminated": {"reason": "Error", "exitCode": 137}},
                    )
                ]
            },
            "not ready",
            "CrashLoopBackOff: back-off 40s (main ended with Error, exit code 137)",
        ),
        (
            {
                "phase": "Pending",
                "containerStatuses": None,
                "conditions": [
                    {
                        "type": "PodScheduled",
                        "status": "False",
                        "reason": "Unschedulable",
                        "message": "0/3 nodes are available",
                    }
                ],
            },
            "not ready",
            "Unschedulable: 0/3 nodes are available",
        ),
        (
            {"phase": "Failed", "reason": "Evicted", "message": "low on memory", "containerStatuses": []},
            "failed",
            "Evicted: low on memory",
        ),
        ({"phase": "Succeeded", "containerStatuses": []}, "completed", ""),
    ],
)
def test_why_a_pod_is_not_ready(status, state, problem):
    found = Pod.from_json(pod("p", **status))
    assert not found.is_ready
    assert (found.state, found.problem) == (state, problem)


@pytest.mark.parametrize(
    ("ready", "state", "problem"),
    [
        ({"status": "True"}, "ready", ""),
        ({"status": "False"}, "not ready", "no longer ready, though its containers were: its node may be silent"),
        ({"status": "Unknown", "reason": "NodeLost", "message": "gone"}, "not ready", "NodeLost: gone"),
    ],
)
def test_a_pod_is_as_ready_as_its_own_condition_says(ready, state, problem):
    status = {"phase": "Running", "containerStatuses": [{"name": "a", "ready": True}]}
    made = pod("p", **status, conditions=[{"type": "Ready", **ready}])
    made["spec"] = {**made.get("spec", {}), "containers": [{"name": "a"}]}
    found = Pod.from_json(made)
    assert (found.state, found.problem, found.is_ready) == (state, problem, state == "ready")


def test_a_failing_pull_of_an_init_container_is_named_before_what_waits_for_it():
    found = Pod.from_json(
        pod(
            "p",
            phase="Pending",
            initContainerStatuses=[waiting("ErrImagePull", "manifest unknown")],
            containerStatuses=[waiting("PodInitializing")],
        )
    )
    assert (found.pull_failure.reason, found.pull_failure.image) == ("ErrImagePull", "hub:2")


@pytest.mark.parametrize("broken", [{}, {"metadata": None, "status": []}, {"status": {"conditions": "x"}}])
def test_objects_with_anything_missing_are_still_read(broken):
    assert Pod.from_json(broken).state == "pending"


async def test_long_lists_are_read_page_by_page(api, kube):
    async def page(request):
        start = int(request.query.get("continue", 0))
        following = str(start + 2) if start < 4 else ""
        items = [pod(f"p{number}") for number in range(start, start + 2)]
        return web.json_response({"kind": "PodList", "items": items, "metadata": {"continue": following}})

    api.answers[PODS] = page
    assert [found.name for found in await kube.pods()] == [f"p{number}" for number in range(6)]


async def test_a_page_that_expired_starts_the_list_anew(api, kube):
    async def page(request):
        if "continue" in request.query:
            return web.json_response({"reason": "Expired"}, status=410)
        more = "token" if "limit" in request.query else ""
        return web.json_response({"kind": "PodList", "items": [pod("p")], "metadata": {"continue": more}})

    api.answers[PODS] = page
    assert [found.name for found in await kube.pods()] == ["p"]


@pytest.mark.parametrize(
    ("status", "words"),
    [(401, "credentials"), (403, "may not list pods (403)"), (500, "error (500)"), (302, "redirect (302)")],
)
async def test_refusals_are_unavailable_and_tell_nothing_of_the_answer(api, kube, status, words):
    api.answers[PODS] = status
    with pytest.raises(Unavailable) as caught:
        await kube.pods()
    assert words in str(caught.value)
    assert TOKEN not in "".join(traceback.format_exception(caught.value))
    assert TOKEN not in repr(kube) + repr(vars(kube))


async def test_an_answer_that_is_not_json_is_unavailable(api, kube):
    async def page(_):
        return web.Response(text="<html>")

    api.answers[PODS] = page
    with pytest.raises(Unavailable, match="cannot be read"):
        await kube.pods()


async def test_a_server_that_hangs_costs_the_time_out_over_all_pages(api, kube):
    async def slow(_):
        await asyncio.sleep(0.4)
        return web.json_response({"kind": "PodList", "items": [], "metadata": {"continue": "more"}})

    api.answers[PODS] = slow
    begun = time.monotonic()
    with pytest.raises(Unavailable, match="within 1 s"):
        await kube.pods()
    assert time.monotonic() - begun < 30


async def test_a_closed_port_is_unavailable_without_its_address(api, kube):
    port = str(api.server.port)
    await api.server.close()
    with pytest.raises(Unavailable) as caught:
        await kube.nodes()
    assert "cannot be reached" in str(caught.value)
    assert port not in str(caught.value)


async def test_nodes_tell_pool_and_what_presses_them(api, kube):
    conditions = [
        {"type": "Ready", "status": "False", "reason": "KubeletNotReady", "message": "no disk"},
        {"type": "DiskPressure", "status": "True"},
    ]
    labels = {"agentpool": "user", "kubernetes.azure.com/mode": "user"}
    node = {"metadata": {"name": "n1", "labels": labels}, "spec": {"unschedulable": True}}
    node["status"] = {"conditions": conditions, "nodeInfo": {"kubeletVersion": "v1.32.1"}}
    api.answers["/api/v1/nodes"] = {"items": [node]}
    [found] = await kube.nodes()
    assert (found.pool, found.mode, found.ready, found.schedulable) == ("user", "user", False, False)
    assert (found.pressure, found.problem) == (("DiskPressure",), "KubeletNotReady: no disk")
    assert found.version == "v1.32.1"


async def test_events_of_both_styles_are_sorted_and_cut_at_since(api, kube):
    about = {"metadata": {"name": "hub.1"}, "involvedObject": {"kind": "Pod", "name": "hub"}, "type": "Warning"}
    api.answers["/api/v1/namespaces/jhub/events"] = {
        "items": [
            {**about, "reason": "New", "eventTime": "2026-11-01T10:00:00.123456Z"},
            {**about, "reason": "Old", "lastTimestamp": "2026-11-01T09:00:00Z", "count": 7},
            {**about, "reason": "Ancient", "lastTimestamp": "2026-10-01T09:00:00Z"},
        ]
    }
    found = await kube.events(datetime(2026, 11, 1, tzinfo=UTC), kind="Pod", name="hub")
    assert [(event.reason, event.count) for event in found] == [("Old", 7), ("New", 1)]
    assert api.asked[0][1]["fieldSelector"] == "involvedObject.kind=Pod,involvedObject.name=hub"


async def test_secrets_are_decoded_and_do_not_show(api, kube):
    data = {"key": base64.b64encode(b"canary-value").decode(), "broken": "%"}
    secret = {"metadata": {"name": "s", "labels": {"owner": "helm"}}, "data": data}
    api.answers["/api/v1/namespaces/jhub/secrets"] = {"items": [secret]}
    api.answers["/api/v1/namespaces/jhub/secrets/s"] = secret
    assert await kube.secret("s") == {"key": b"canary-value"}
    [found] = await kube.secrets("owner=helm")
    assert (found.name, found.labels, found.data) == ("s", {"owner": "helm"}, {"key": b"canary-value"})
    assert "canary" not in repr(found)
    assert base64.b64encode(b"canary-value").decode() not in repr(found)


@pytest.mark.parametrize("name", ["absent", "..", "../pods", "a/b", "", "-x"])
async def test_a_secret_that_is_not_there_is_not_found(api, kube, name):
    with pytest.raises(NotFound):
        await kube.secret(name)
    assert all(path.endswith("/secrets/absent") for path, *_ in api.asked)


async def test_version(api, kube):
    api.answers["/version"] = {"gitVersion": "v1.32.1"}
    assert await kube.version() == "v1.32.1"


class Watched:
    """Pods that a watch follows; each watch plays the next of `streams`, then hangs."""

    def __init__(self, pods, *streams):
        self.pods = pods
        self.streams = list(streams)
        self.watched_from = []

    async def __call__(self, request):
        if "watch" not in request.query:
            return web.json_response({"kind": "PodList", "items": self.pods, "metadata": {"resourceVersion": "100"}})
        self.watched_from.append(request.query["resourceVersion"])
        stream = self.streams.pop(0) if self.streams else [asyncio.sleep(30)]
        if isinstance(stream, int):
            return web.json_response({}, status=stream)
        response = web.StreamResponse()
        await response.prepare(request)
        for step in stream:
            await (step if asyncio.iscoroutine(step) else response.write(step))
        return response


def line(kind, thing):
    return json.dumps({"type": kind, "object": thing}).encode() + b"\n"


async def take(snapshots, count):
    async with asyncio.timeout(240):
        return [[pod.name for pod in await anext(snapshots)] for _ in range(count)]


async def test_a_watch_yields_the_list_and_then_each_change(api, kube):
    whole = line("ADDED", pod("b", version="101"))
    api.answers[PODS] = Watched(
        [pod("a")],
        [whole[:40], asyncio.sleep(0.05), whole[40:], asyncio.sleep(0.1), line("DELETED", pod("a", version="102"))],
    )
    async with aclosing(kube.watch_pods()) as snapshots:
        assert await take(snapshots, 3) == [["a"], ["a", "b"], ["b"]]


async def test_a_dropped_watch_goes_on_where_the_last_bookmark_was(api, kube):
    bookmark = line("BOOKMARK", {"kind": "Pod", "metadata": {"resourceVersion": "150"}})
    watched = Watched([], [bookmark], 503, [line("ADDED", pod("b", version="151"))])
    api.answers[PODS] = watched
    async with aclosing(kube.watch_pods()) as snapshots:
        assert await take(snapshots, 2) == [[], ["b"]]
    assert watched.watched_from == ["100", "150", "150"]


@pytest.mark.parametrize("gone", [410, [line("ERROR", {"kind": "Status", "code": 410})]])
async def test_a_watch_from_an_expired_version_lists_again(api, kube, gone):
    watched = Watched([pod("a")], gone)
    api.answers[PODS] = watched
    async with aclosing(kube.watch_pods()) as snapshots:
        assert await take(snapshots, 1) == [["a"]]
        watched.pods = [pod("b")]
        assert await take(snapshots, 1) == [["b"]]


async def test_a_watch_whose_first_list_is_refused_says_so(api, kube):
    api.answers[PODS] = 403
    with pytest.raises(Unavailable, match="may not list pods"):
        await anext(kube.watch_pods())


async def test_a_watch_that_nothing_mends_gives_up_in_the_end(api, kube):
    api.answers[PODS] = Watched([pod("a")], *[503] * 100)
    async with aclosing(PodWatch(kube._api, PODS, "", patience=0.5).snapshots()) as snapshots:
        assert await take(snapshots, 1) == [["a"]]
        with pytest.raises(Unavailable, match="503"):
            await take(snapshots, 1)


async def test_without_credentials_nothing_is_connected(tmp_path, monkeypatch):
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(Unavailable, match="not inside a cluster"):
        await connect(None)
    with pytest.raises(Unavailable, match="no usable kubeconfig"):
        await connect(tmp_path / "absent")
    broken = tmp_path / "broken"
    broken.write_text("users: [")
    with pytest.raises(Unavailable, match="no usable kubeconfig"):
        await connect(broken)


PLUGIN = """
import json, pathlib, sys
runs = pathlib.Path(__file__ + ".runs")
runs.write_text(runs.read_text() + "x" if runs.exists() else "x")
status = {"token": f"t{len(runs.read_text())}", "expirationTimestamp": sys.argv[1]}
print(json.dumps({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status}))
"""


@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")  # the SDK's own, from 3.12 on
@pytest.mark.parametrize(
    ("expires", "tokens"),
    [("2020-01-01T00:00:00Z", ["t2", "t3"]), ("2120-01-01T00:00:00Z", ["t1", "t1"])],
)
async def test_a_plugins_token_is_renewed_once_expired(api, tmp_path, expires, tokens):
    plugin = tmp_path / "plugin"
    plugin.write_text(PLUGIN)
    command = {"command": sys.executable, "args": [str(plugin), expires]}
    user = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", **command}}
    url = str(api.server.make_url("")).rstrip("/")
    connection = await connect(write_kubeconfig(tmp_path / "config", url, user))
    api.answers["/version"] = {"gitVersion": "v1"}
    reader = KubeReader(connection, "jhub")
    await reader.version()
    await reader.version()
    await connection.close()
    assert [token for *_, token in api.asked] == [f"Bearer {token}" for token in tokens]
