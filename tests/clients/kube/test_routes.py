"""Gateways, routes and Ingresses of the sandbox's cluster, by the real reader: what their controllers say of them."""

from datetime import UTC, datetime

import pytest

from clients.errors import NotFound
from clients.kube import Gateway, HttpRoute, Ingress, KubeReader, connect
from sandbox.apiserver.objects import resource_kinds as r
from sandbox.apiserver.router import make_app
from sandbox.apiserver.storage.store import Store
from sandbox.clock import ManualClock
from sandbox.controllers import Controllers
from sandbox.runtime.images import Images
from sandbox.scenario import bare_cluster
from sandbox.scenario.private_files import write_kubeconfig

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NGINX = "webapprouting.kubernetes.azure.com"


class Cluster:
    """A cluster of AKS with application routing, and a reader of the hub's namespace."""

    def __init__(self, store, controllers, reader):
        self.store, self.controllers, self.reader = store, controllers, reader

    async def make(self, kind, namespace, name, spec):
        self.store.create(kind, namespace, {"metadata": {"name": name}, "spec": spec})
        await self.controllers.settle()

    async def gateway(self, *, allow="All", **listener):
        tls = {"mode": "Terminate", "certificateRefs": [{"name": "hub-tls"}]}
        made = {"name": "https", "port": 443, "protocol": "HTTPS", "tls": tls, "hostname": "hub.example.org"}
        made["allowedRoutes"] = {"namespaces": {"from": allow}}
        spec = {"gatewayClassName": "approuting-istio", "listeners": [made | listener]}
        await self.make(r.GATEWAY, "gateways", "web", spec)

    async def route(self, **more):
        ref = {"name": "web", "namespace": "gateways", "sectionName": "https"}
        spec = {"parentRefs": [ref], "hostnames": ["hub.example.org"]}
        spec["rules"] = [{"backendRefs": [{"name": "proxy-public", "port": 80}]}]
        await self.make(r.HTTP_ROUTE, "jhub", "jupyterhub", spec | more)

    async def secret(self):
        self.store.create(r.SECRET, "gateways", {"metadata": {"name": "hub-tls"}, "data": {}})
        await self.controllers.settle()


@pytest.fixture
async def cluster(aiohttp_server, tmp_path):
    clock = ManualClock(NOW)
    store = Store(clock)
    bare_cluster.build(store, ("jhub", "gateways"), (), NOW)
    store.create(r.SERVICE, "jhub", {"metadata": {"name": "proxy-public"}, "spec": {"ports": [{"port": 80}]}})
    server = await aiohttp_server(make_app(store))
    write_kubeconfig(tmp_path / "kubeconfig", str(server.make_url("")).rstrip("/"), "jhub")
    api = await connect(tmp_path / "kubeconfig", None)
    yield Cluster(store, Controllers(store, clock, Images()), KubeReader(api, "jhub"))
    await api.close()


async def test_a_route_that_is_well_is_read_with_its_gateway(cluster):
    await cluster.secret()
    await cluster.gateway()
    await cluster.route()
    (route,) = await cluster.reader.http_routes()
    assert (route.name, route.hosts, route.services) == ("jupyterhub", ("hub.example.org",), ("proxy-public",))
    (status,) = route.statuses
    assert (status.parent, status.controller) == (route.parents[0], "istio.io/gateway-controller")
    assert {(one.type, one.status, one.stale) for one in status.conditions} == {
        ("Accepted", "True", False),
        ("ResolvedRefs", "True", False),
    }
    gateway = await cluster.reader.gateway("gateways", "web")
    assert (gateway.class_name, gateway.addresses) == ("approuting-istio", ("20.50.3.10",))
    assert gateway.listeners[0].secrets == ("hub-tls",)
    assert all(one.status == "True" for one in (*gateway.conditions, *gateway.listeners[0].conditions))


@pytest.mark.parametrize(
    ("gateway", "route", "reason"),
    [
        ({"allow": "Same"}, {}, "NotAllowedByListeners"),
        ({"hostname": "other.example.org"}, {}, "NoMatchingListenerHostname"),
        ({"name": "http"}, {}, "NoMatchingParent"),
        ({}, {"rules": [{"backendRefs": [{"name": "nobody", "port": 80}]}]}, "BackendNotFound"),
    ],
)
async def test_what_is_refused_has_its_reason(cluster, gateway, route, reason):
    await cluster.gateway(**gateway)
    await cluster.route(**route)
    ((status,),) = [one.statuses for one in await cluster.reader.http_routes()]
    assert reason in [one.reason for one in status.conditions if one.status == "False"]


async def test_a_secret_that_is_missing_is_the_listeners_and_comes_to_an_end(cluster):
    await cluster.gateway()
    (listener,) = (await cluster.reader.gateway("gateways", "web")).listeners
    (bad,) = [one for one in listener.conditions if one.type == "ResolvedRefs"]
    assert (bad.status, bad.reason, bad.message) == (
        *("False", "InvalidCertificateRef"),
        "secret gateways/hub-tls not found",
    )
    await cluster.secret()
    (listener,) = (await cluster.reader.gateway("gateways", "web")).listeners
    assert {one.status for one in listener.conditions} == {"True"}


async def test_nobody_looks_at_a_gateway_of_a_class_that_does_not_exist(cluster):
    spec = {"gatewayClassName": "nobody", "listeners": []}
    await cluster.make(r.GATEWAY, "gateways", "web", spec)
    await cluster.route()
    ((statuses),) = [one.statuses for one in await cluster.reader.http_routes()]
    assert statuses == ()
    assert (await cluster.reader.gateway("gateways", "web")).addresses == ()


async def test_ingresses_are_read_with_their_classes(cluster):
    backend = {"service": {"name": "proxy-public", "port": {"name": "http"}}}
    rule = {"host": "hub.example.org", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    tls = [{"hosts": ["hub.example.org"], "secretName": "hub-tls"}]
    await cluster.make(r.INGRESS, "jhub", "jupyterhub", {"ingressClassName": NGINX, "rules": [rule], "tls": tls})
    (ingress,) = await cluster.reader.ingresses()
    assert (ingress.class_name, ingress.hosts, ingress.services) == (NGINX, ("hub.example.org",), ("proxy-public",))
    assert (ingress.tls, ingress.addresses) == ((("hub-tls", ("hub.example.org",)),), ("20.50.3.10",))
    (its,) = await cluster.reader.ingress_classes()
    assert its.controller == f"{NGINX}/nginx"


async def test_what_does_not_exist_is_not_found(cluster):
    for namespace, name in (("gateways", "nobody"), ("../x", "web"), ("gateways", "../x")):
        with pytest.raises(NotFound):
            await cluster.reader.gateway(namespace, name)


@pytest.mark.parametrize(
    "spec", [None, 7, [], {"rules": 7}, {"rules": [7, {"http": 1}], "tls": [None], "hostnames": 1}]
)
def test_any_object_is_survived(spec):
    odd = {"metadata": {"name": "a"}, "spec": spec, "status": spec}
    assert Ingress.from_json(odd).services == ()
    assert HttpRoute.from_json(odd).parents == ()
    assert Gateway.from_json(odd).listeners == ()
