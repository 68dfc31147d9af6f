"""A server that answers every request in one bad way, and every client of ours with what it asks.

What it sends is harmless to anybody but a client that believes it: it is for ours alone.
"""

import asyncio
import contextlib
import gzip
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import yaml

from clients.acr import Acr
from clients.azure.acr_tasks import Builds, BuildSource
from clients.azure.aks import Aks, Cluster, Pool
from clients.azure.bot_service import BotService
from clients.azure.compute import Compute
from clients.azure.identity import credential, tokens
from clients.azure.key_vault import Vault
from clients.entra.applications import Applications
from clients.entra.directory import Directory
from clients.entra.login_page import Login
from clients.git import Repository
from clients.heartbeat import Heartbeat
from clients.helm.chart_versions import indexed
from clients.hub import AnnouncementClient, HubReader, HubWriter, SyntheticUsers
from clients.jupyter.server import JupyterServers
from clients.kube import KubeReader, KubeWriter, Puller, connect
from clients.prometheus import Prometheus
from clients.public.acme import Issuing
from clients.values import Author, ValueChange
from clients.values.git import GitHome, RemoteFile
from clients.values.git_objects import Signature

GUID = "5d8f2a10-6c1e-4b7a-9f3d-0a1b2c3d4e5f"
_ENDLESS = 400 << 20
_CHUNK = b"x" * (1 << 18)


class Server:
    """Answers with `answer`, and counts what it could get rid of; `elsewhere` is where its redirects lead."""

    def __init__(self):
        self.answer = b""
        self.asked = 0
        self.sent = 0
        self.url = ""
        self._running = None

    async def __aenter__(self):
        self._running = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._running.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_):
        self._running.close()

    async def _serve(self, reader, writer):
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            head = await reader.readuntil(b"\r\n\r\n")
            for line in head.lower().split(b"\r\n"):
                if line.startswith(b"content-length:"):
                    await reader.readexactly(int(line.partition(b":")[2]))
            self.asked += 1
            await self.answer(self, writer)
        writer.close()

    async def write(self, writer, data):
        writer.write(data)
        await writer.drain()
        self.sent += len(data)


def head(status="200 OK", kind="application/json", **headers):
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def body(content, *, declared=None, **headers):
    """An answer with that body, of which more or less may be declared."""
    content = content if isinstance(content, bytes) else json.dumps(content).encode()
    length = len(content) if declared is None else declared

    async def answer(server, writer):
        await server.write(writer, head(Content_Length=length, **headers) + content)

    return answer


def raw(data):
    async def answer(server, writer):
        await server.write(writer, data)

    return answer


def endless(start=b""):
    """A body without an end: what is never taken is never sent."""

    async def answer(server, writer):
        await server.write(writer, head(Transfer_Encoding="chunked"))
        pieces = [start, *(_CHUNK for _ in range(_ENDLESS // len(_CHUNK)))]
        for piece in filter(None, pieces):
            await server.write(writer, b"%x\r\n%s\r\n" % (len(piece), piece))

    return answer


def redirect(status):
    """To another host, which nobody may follow."""

    async def answer(server, writer):
        where = f"{server.elsewhere}/stolen"
        await server.write(writer, head(f"{status} Moved", Location=where, Content_Length=0))

    return answer


def nested(depth, opening, inside, closing):
    return opening * depth + inside + closing * depth


NULLS = dict.fromkeys(("items", "value", "kind", "metadata", "tags", "manifests", "servers", "properties", "entries"))
GITS = b"001e# service=git-upload-pack\n0000"
CASES = {
    "huge": endless(),
    "huge list": endless(b'{"kind":"PodList","items":['),
    "huge by its length": body(b"{}", declared=1 << 40),
    "nothing": body(b""),
    "empty object": body({}),
    "empty list": body([]),
    "null": body(None),
    "number": body(7),
    "text": body("ok"),
    "null items": body(NULLS),
    "no items": body({"kind": "List", "items": [], "value": {}}),
    "wrong kind": body({"kind": "Status", "apiVersion": "v1", "status": "Success", "metadata": {}}),
    "another kind": body({"kind": "ConfigMapList", "items": [{}], "value": [{}], "tags": [{}], "metadata": {}}),
    "items of another kind": body({"kind": "PodList", "items": [1, None, "x"], "value": [1], "tags": [1]}),
    "nested lists": body(b"[" * 200_000),
    "nested objects": body(b'{"a":' * 200_000),
    "nested within": body(nested(900, b'{"items":', b"[]", b"}")),
    "nested values": body(b'{"id":' + nested(900, b"[", b"", b"]") + b',"name":' + nested(900, b"[", b"", b"]") + b"}"),
    "html": body(b"<html><body>Sign in to the network</body></html>", kind="text/html"),
    "cut JSON": body(b'{"kind": "PodList", "items": [{"metadata"'),
    "no UTF-8": body(b'{"kind": "\xff\xfe", "items": [], "name": "\xc3"}'),
    "lone surrogate": body(b'{"kind": "\\ud800", "id": "\\ud800", "name": "\\ud800", "value": "\\udfff"}'),
    "a number without an end": body(b'{"value": ' + b"9" * 100_000 + b"}"),
    "zeros": body(b"\0" * 1000),
    "many parts": body(b"[" + b"{}," * 3_000_000 + b"{}]"),
    "says gzip and is none": body({"items": []}, Content_Encoding="gzip"),
    "gzip": body(gzip.compress(b" " * (64 << 20)), Content_Encoding="gzip"),
    "deflate": body(b"x\x9c\x03\x00", Content_Encoding="deflate"),
    "an encoding that nobody knows": body({}, Content_Encoding="x-unknown"),
    "half a body": body(b'{"kind": "PodList"', declared=1000),
    "half a chunk": raw(head(Transfer_Encoding="chunked") + b"ffff\r\nhalf"),
    "no chunk": raw(head(Transfer_Encoding="chunked") + b"zz\r\n"),
    "dropped at once": raw(b""),
    "dropped in its headers": raw(b"HTTP/1.1 200 OK\r\nContent-Ty"),
    "no HTTP": raw(b"220 mail.example.org ESMTP\r\n"),
    "a header without an end": raw(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 100_000),
    "headers without an end": raw(b"HTTP/1.1 200 OK\r\n" + b"X-Many: x\r\n" * 100_000),
    "git without refs": body(GITS, kind="application/x-git-upload-pack-advertisement"),
    "git cut short": body(b"001e# service=git-up", kind="application/x-git-upload-pack-advertisement"),
    "git of empty lines": body(b"0004" * 1_000_000, kind="application/x-git-upload-pack-advertisement"),
    **{f"redirect {status}": redirect(status) for status in (301, 302, 303, 307, 308)},
    **{
        f"status {status}": body({"error": {"code": 7, "message": ["x"]}}, status=f"{status} X", Retry_After=86400)
        for status in (204, 400, 401, 403, 409, 412, 422, 429, 500, 503)
    },
}


@dataclass
class Asked:
    """A call of a client's. `blind`: it looks at the status alone, or takes any text, so most answers do for it.

    `means` are the cases that mean something to it all the same.
    """

    call: object
    blind: bool = False
    means: tuple = ()


async def token():
    return "canary-token"


@contextlib.asynccontextmanager
async def kube(url, folder):
    """What is read of Kubernetes."""
    api = await _api(url, folder)
    reader, since = KubeReader(api, "jhub"), timedelta(hours=1)
    yield {
        "pods": Asked(reader.pods),
        "system pods": Asked(reader.system_pods),
        "autoscaler's events": Asked(lambda: reader.autoscaler_events(datetime.now(UTC) - since)),
        "autoscaler's status": Asked(reader.autoscaler_status),
        "quotas": Asked(reader.quotas),
        "limit ranges": Asked(reader.limit_ranges),
        "nodes": Asked(reader.nodes),
        "events": Asked(reader.events),
        "secrets": Asked(lambda: reader.secrets("owner=helm")),
        "secret": Asked(lambda: reader.secret("x")),
        "secret uid": Asked(lambda: reader.secret_uid("x")),
        "deployment": Asked(lambda: reader.deployment("x")),
        "daemon sets": Asked(reader.daemon_sets),
        "load balancer": Asked(lambda: reader.load_balancer("x")),
        "claims": Asked(reader.claims),
        "claim": Asked(lambda: reader.claim("x")),
        "volumes": Asked(reader.volumes),
        "volume": Asked(lambda: reader.volume("x")),
        "storage classes": Asked(reader.storage_classes),
        "snapshots": Asked(reader.snapshots),
        "disruption budgets": Asked(reader.disruption_budgets),
        "deprecated APIs": Asked(reader.deprecated_apis),
        "snapshot classes": Asked(reader.snapshot_classes),
        "snapshot": Asked(lambda: reader.snapshot("x")),
        "denied": Asked(reader.denied),
        "dry run of a pod": Asked(lambda: reader.refused_pod({"kind": "Pod", "metadata": {"name": "x"}})),
        "version": Asked(reader.version),
        "watch": Asked(lambda: anext(reader.watch_pods())),
        "log": Asked(lambda: reader.log("x", "main", since=since, lines=10), blind=True),
        "followed log": Asked(lambda: _first(reader.follow_log("x", "main")), blind=True),
    }
    await api.close()


@contextlib.asynccontextmanager
async def kube_writer(url, folder):
    """What is changed in Kubernetes."""
    api = await _api(url, folder)
    writer = KubeWriter(api, "jhub")
    named = {"labels": {}, "annotations": {}}
    claim = {"name": "x", "storage_class": "", "size": 1, "access_modes": ()} | named
    yield {
        "create a claim": Asked(lambda: writer.create_claim(**claim)),
        "create a snapshot": Asked(lambda: writer.create_snapshot(name="x", claim="x", snapshot_class="x", **named)),
        "create a puller": Asked(lambda: writer.create_puller(Puller("x", {}, "a:1", "b:1"))),
        "delete a pod": Asked(lambda: writer.delete_pod("x", "uid"), means=("wrong kind", "status 409")),
        "restart": Asked(lambda: writer.restart("x", "uid", "mark", datetime.now(UTC)), means=("status 409",)),
        "mark a revision": Asked(lambda: writer.mark_revision("x", 1, {})),
        "write a ConfigMap": Asked(lambda: writer.put_config_map("x", {})),
        "cordon": Asked(lambda: writer.cordon("x")),
    }
    await api.close()


async def _api(url, folder):
    config = {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
        "clusters": [{"name": "k", "cluster": {"server": url}}],
        "users": [{"name": "u", "user": {"token": "canary-token"}}],
    }
    file = folder / "kubeconfig"
    file.write_text(yaml.safe_dump(config))
    return await connect(file, timeout=60)


async def _first(batches):
    async with contextlib.aclosing(batches) as found:
        async for batch in found:
            return batch
    return []


@contextlib.asynccontextmanager
async def hub(url, _):
    """The hub."""
    reader, writer = HubReader(url, token, timeout=60), HubWriter(url, token, timeout=60)
    users = SyntheticUsers(url, token, timeout=60)
    announcing = AnnouncementClient(url, token, timeout=60)
    yield {
        "version": Asked(reader.version),
        # What a hub before 2.0 says that has no users.
        "users": Asked(reader.users, means=("empty list",)),
        "user": Asked(lambda: reader.user("ada")),
        "stop": Asked(lambda: writer.stop_server("ada"), blind=True),
        "create": Asked(lambda: users.create("ada"), blind=True),
        "delete": Asked(lambda: users.delete("ada"), blind=True),
        "token": Asked(lambda: users.token("ada", "a note", 60)),
        "start": Asked(lambda: users.start("ada", {}), blind=True),
        # A stream without an event says nothing.
        "progress": Asked(lambda: _events(users), blind=True),
        # Of these the status alone is read.
        "announce": Asked(lambda: announcing.show("x"), blind=True),
        "announce nothing": Asked(announcing.clear, blind=True),
    }
    for client in (reader, writer, users, announcing):
        await client.close()


async def _events(users):
    return [event async for event in users.progress("ada", 60)]


@contextlib.asynccontextmanager
async def jupyter(url, _):
    """A user's server."""

    async def its_token(_user):
        return "canary-token"

    servers = JupyterServers(url, its_token)

    async def listed():
        async with servers.of("ada") as server:
            return await server.kernel_specs()

    async def started():
        async with servers.of("ada") as server, server.kernel("python3"):
            return "started"

    yield {"kernels": Asked(listed), "start a kernel": Asked(started)}


@contextlib.asynccontextmanager
async def graph(url, _):
    """Microsoft Graph."""
    people, apps = Directory(url, token, timeout=60), Applications(url, token, timeout=60)
    yield {
        "groups": Asked(lambda: people.member_groups(GUID, [GUID])),
        "user": Asked(lambda: people.user(GUID)),
    }
    await people.close()
    await apps.close()


@contextlib.asynccontextmanager
async def applications(url, _):
    """Microsoft Graph, for the app registration; one connection each, for who is asked to slow down does."""
    made = [Applications(url, token, timeout=60) for _ in range(4)]
    yield {
        "application": Asked(lambda: made[0].application(GUID)),
        "add": Asked(lambda: made[1].add_secret(GUID, "x", timedelta(days=1))),
        "remove": Asked(lambda: made[2].remove_secret(GUID, GUID)),
        "policy": Asked(lambda: made[3].secret_policy(GUID)),
    }
    for one in made:
        await one.close()


@contextlib.asynccontextmanager
async def acr(url, _):
    """The registry."""
    made = Acr(url, token, login_server="jhub.azurecr.io", timeout=60)
    yield {
        "tags": Asked(lambda: made.tags("notebook")),
        "tag": Asked(lambda: made.tag("notebook", "a")),
        "lock": Asked(lambda: made.lock("notebook", "a")),
    }
    await made.close()


@contextlib.asynccontextmanager
async def aks(url, _):
    """Azure's cluster."""
    made = Aks(url, token, subscription_id=GUID, resource_group="g", cluster="c", timeout=60)
    pool = Pool("p", "User", "s", 1, None, None, "", "", "", {}, (), {}, "etag")
    cluster = Cluster("c", "", "", "", "", "", {}, "etag")
    yield {
        "pools": Asked(made.pools),
        "pool": Asked(lambda: made.pool("p")),
        "cluster": Asked(made.cluster),
        "scale": Asked(lambda: made.scale(pool, 2, {})),
        "autoscale": Asked(lambda: made.autoscale(pool, 1, 2, 1, {})),
        "disable an add-on": Asked(lambda: made.disable_addon(cluster, "x")),
        "upgrades": Asked(made.upgrades),
        "a pool's upgrades": Asked(lambda: made.pool_upgrades("p")),
        "versions": Asked(lambda: made.kubernetes_versions("westeurope")),
        "maintenance": Asked(made.maintenance),
        "upgrade": Asked(lambda: made.upgrade_control_plane(cluster, "1.36.1")),
        "upgrade a pool": Asked(lambda: made.upgrade_pool(pool, "1.36.1")),
    }
    await made.close()


@contextlib.asynccontextmanager
async def bot_service(url, _):
    """Azure's bot."""
    made = BotService(url, token, subscription_id=GUID, resource_group="g", bot="b", timeout=60)
    yield {"channels": Asked(made.channels)}
    await made.close()


@contextlib.asynccontextmanager
async def compute(url, _):
    """Azure's quota."""
    made = Compute(url, token, subscription_id=GUID, timeout=60)
    yield {"quota": Asked(lambda: made.quota("westeurope", "s"))}
    await made.close()


@contextlib.asynccontextmanager
async def builds(url, _):
    """Builds in Azure."""
    where = {"subscription_id": GUID, "resource_group": "g", "registry": "r"}
    made = Builds(url, token, **where, timeout=60)
    source = BuildSource(url, "c" * 40, "image", "Dockerfile", "linux/amd64", ("a:1",))
    yield {
        "build": Asked(lambda: made.build("r")),
        "named": Asked(lambda: made.named("r")),
        "underway": Asked(lambda: made.running("r")),
        "begin": Asked(lambda: made.begin("r", source)),
        "log": Asked(lambda: made.log("r")),
        "cancel": Asked(lambda: made.cancel("r"), blind=True),
        "forget": Asked(lambda: made.forget("r"), blind=True),
    }
    await made.close()


@contextlib.asynccontextmanager
async def git(url, _):
    """The refs of the image's repository."""
    yield {"refs": Asked(Repository(f"{url}/x.git", token, timeout=60).refs)}


@contextlib.asynccontextmanager
async def values(url, _):
    """The values' repository."""
    place = RemoteFile(f"{url}/x.git", "main", "config.yaml")
    home = GitHome(place, token=token, bot=Signature("b", "b@example.org"), email=str, timeout=60)
    change = ValueChange(("a",), 1, 2)
    saved = {"base": "", "author": Author("a", "b"), "message": "m", "operation": "o"}
    yield {"written": Asked(home.written), "save": Asked(lambda: home.save([change], **saved))}


@contextlib.asynccontextmanager
async def vault(url, _):
    """Key Vault."""
    yield {"secret": Asked(lambda: Vault(url, token, timeout=60).secret("x"))}


@contextlib.asynccontextmanager
async def login(url, _):
    """Entra's endpoint for tokens."""
    yield {"accepts": Asked(lambda: Login("", authority=url, timeout=60).accepts(GUID, "c", "s"))}


@contextlib.asynccontextmanager
async def acme(url, _):
    """Let's Encrypt's directory."""
    yield {"directory": Asked(Issuing("h", directory=f"{url}/directory", timeout=60).directory)}


@contextlib.asynccontextmanager
async def prometheus(url, _):
    """Prometheus."""
    made = Prometheus(url, token, namespace="jhub", timeout=60)
    yield {
        "volumes": Asked(made.volumes),
        "volumes of claims": Asked(lambda: made.volumes(["x"])),
        "coverage": Asked(made.coverage),
    }
    await made.close()


@contextlib.asynccontextmanager
async def charts(url, _):
    """A chart's repository."""
    yield {"index": Asked(lambda: indexed(url, "jupyterhub", seconds=60))}


@contextlib.asynccontextmanager
async def heartbeat(url, _):
    """The dead-man's switch."""

    async def address():
        return url

    yield {"beat": Asked(Heartbeat(address).beat, blind=True)}


@contextlib.asynccontextmanager
async def identity(_url, _folder):
    """A managed identity's endpoint, as App Service has one: what azure-identity asks is sent as we send."""
    known = credential("ManagedIdentity")
    yield {"token": Asked(tokens(known, "Microsoft Graph", "https://graph.example.org"))}
    await known.close()


CLIENTS = {
    "acme": acme,
    "acr": acr,
    "aks": aks,
    "applications": applications,
    "bot service": bot_service,
    "builds": builds,
    "charts": charts,
    "compute": compute,
    "git": git,
    "graph": graph,
    "heartbeat": heartbeat,
    "hub": hub,
    "identity": identity,
    "jupyter": jupyter,
    "kube": kube,
    "kube writer": kube_writer,
    "login": login,
    "prometheus": prometheus,
    "values": values,
    "vault": vault,
}
