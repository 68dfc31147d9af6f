"""Dry runs of pods against the sandbox's API server: what is refused, by whom, and what is not judged at all."""

from datetime import UTC, datetime

import pytest
from aiohttp import web

from clients.errors import Unavailable
from clients.kube import KubeReader, PodRefusal, connect
from sandbox.apiserver.objects import resource_kinds as r
from sandbox.apiserver.objects.errors import ApiError, forbidden, internal
from sandbox.apiserver.router import make_app
from sandbox.apiserver.storage.store import Store
from sandbox.clock import ManualClock
from sandbox.scenario.private_files import write_kubeconfig


def pod(resources=None, **spec):
    container = {"name": "notebook", "image": "example/notebook:1", "resources": resources or {}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "jupyter-dryrun"},
        "spec": {"containers": [container], **spec},
    }


@pytest.fixture
async def cluster(aiohttp_server, tmp_path):
    store = Store(ManualClock(datetime(2026, 12, 1, tzinfo=UTC)))
    store.create(r.NAMESPACE, None, {"metadata": {"name": "jhub"}})
    server = await aiohttp_server(make_app(store))
    write_kubeconfig(tmp_path / "kubeconfig", str(server.make_url("")).rstrip("/"), "jhub")
    api = await connect(tmp_path / "kubeconfig", None)
    yield store, KubeReader(api, "jhub")
    await api.close()


async def test_a_pod_that_would_be_created_is_not(cluster):
    store, reader = cluster
    assert await reader.refused_pod(pod()) is None
    assert store.list(r.POD) == []
    # The name is what is looked at last: whoever has that already would get it all the same.
    store.create(r.POD, "jhub", pod())
    assert await reader.refused_pod(pod()) is None


LIMITS = {"limits": [{"type": "Container", "max": {"memory": "2Gi"}, "min": {"memory": "1Gi"}}]}
SMALL = {"requests": {"memory": "1Gi"}, "limits": {"memory": "2Gi"}}


@pytest.mark.parametrize(
    ("resources", "spec", "status", "says"),
    [
        ({"limits": {"memory": "16GB"}}, {}, 400, "quantities must match the regular expression"),
        ({"limits": {"memory": "1Gi"}, "requests": {"memory": "2Gi"}}, {}, 422, "or equal to memory limit of 1Gi"),
        ({"limits": {"gpu": 1}}, {}, 422, "must be a standard resource for containers"),
        ({"requests": {"nvidia.com/gpu": "1"}}, {}, 422, "Limit must be set for non overcommitable resources"),
        ({"limits": {"memory": "-1"}}, {}, 422, "must be greater than or equal to 0"),
        (None, {"hostFoo": True}, 400, 'strict decoding error: unknown field "spec.hostFoo"'),
        (None, {"tolerations": "x"}, 400, "cannot unmarshal string"),
        (None, {"priorityClassName": "mine"}, 403, "no PriorityClass with name mine was found"),
    ],
)
async def test_what_is_refused_is_quoted(cluster, resources, spec, status, says):
    refused = await cluster[1].refused_pod(pod(resources, **spec))
    assert (refused.status, says in refused.message) == (status, True), refused.message


async def test_an_unknown_field_is_left_out_where_that_is_asked(cluster):
    assert await cluster[1].refused_pod(pod(hostFoo=True), strict=False) is None


async def test_a_limit_range_gives_its_defaults_and_holds_to_its_bounds(cluster):
    store, reader = cluster
    store.create(r.LIMIT_RANGE, "jhub", {"metadata": {"name": "sizes"}, "spec": LIMITS})
    assert await reader.refused_pod(pod()) is None
    assert await reader.refused_pod(pod(SMALL)) is None
    large = await reader.refused_pod(pod({"limits": {"memory": 8 << 30}}))
    assert large == PodRefusal(
        403, 'pods "jupyter-dryrun" is forbidden: maximum memory usage per Container is 2Gi, but limit is 8Gi'
    )
    tiny = await reader.refused_pod(pod({"requests": {"memory": "1Mi"}}))
    assert tiny.message.endswith("minimum memory usage per Container is 1Gi, but request is 1Mi")


async def test_a_quota_says_what_was_asked_used_and_allowed(cluster):
    store, reader = cluster
    store.create(r.POD, "jhub", {**pod(SMALL), "metadata": {"name": "there"}})
    hard = {"limits.memory": "3Gi", "pods": "9"}
    store.create(r.RESOURCE_QUOTA, "jhub", {"metadata": {"name": "compute"}, "spec": {"hard": hard}})
    full = await reader.refused_pod(pod(SMALL))
    assert full.message.endswith(
        "exceeded quota: compute, requested: limits.memory=2Gi, used: limits.memory=2Gi, limited: limits.memory=3Gi"
    )
    silent = await reader.refused_pod(pod())
    assert silent.message.endswith("failed quota: compute: must specify limits.memory for: notebook")


async def test_a_webhook_that_refuses_or_is_silent_is_quoted_whatever_its_status(cluster):
    store, reader = cluster
    said = []

    def webhook(kind, obj):
        del kind, obj
        raise said[-1]

    store.webhooks.append(webhook)
    for error in (
        ApiError(418, "Teapot", 'admission webhook "a.b" denied the request: no'),
        internal('failed calling webhook "a.b": failed to call webhook: context deadline exceeded'),
        forbidden(r.POD, "jupyter-dryrun", 'violates PodSecurity "restricted:latest": runAsNonRoot != true'),
    ):
        said.append(error)
        assert await reader.refused_pod(pod()) == PodRefusal(error.status, error.message)


UNJUDGED = {
    "no right": (
        403,
        'pods is forbidden: User "bot" cannot create resource "pods" in API group "" in the namespace "jhub"',
        {"kind": "pods"},
        "the bot may not create pods",
    ),
    "no dry run": (400, 'admission webhook "a.b" does not support dry run', {}, "a.b supports no dry run"),
    "no namespace": (404, 'namespaces "jhub" not found', {"kind": "namespaces", "name": "jhub"}, "no such namespace"),
    "overloaded": (429, "too many requests", {}, "429"),
    "broken": (500, "Internal error occurred: etcd is down", {}, "500"),
    "conflict": (409, 'Operation cannot be fulfilled on resourcequotas "a"', {"kind": "resourcequotas"}, "409"),
    "nothing": (403, "", {}, "the bot may not create pods"),
}


@pytest.mark.parametrize(("status", "message", "details", "why"), UNJUDGED.values(), ids=UNJUDGED)
async def test_what_is_not_about_the_pod_is_no_judgement(aiohttp_server, tmp_path, status, message, details, why):
    async def answer(_):
        body = {"kind": "Status", "apiVersion": "v1", "message": message, "reason": "X", "details": details}
        return web.json_response(body, status=status)

    app = web.Application()
    app.router.add_post("/api/v1/namespaces/jhub/pods", answer)
    server = await aiohttp_server(app)
    write_kubeconfig(tmp_path / "kubeconfig", str(server.make_url("")).rstrip("/"), "jhub")
    api = await connect(tmp_path / "kubeconfig", None)
    with pytest.raises(Unavailable, match=why):
        await KubeReader(api, "jhub").refused_pod(pod())
    await api.close()
