"""A real JupyterHub whose servers are pods of a sandbox: small programs that answer, and that take their time to stop.

It is the hub's configuration, read by JupyterHub itself. Like kubespawner, its spawner deletes a server's pod, and has
stopped the server when the pod is gone; one list of all pods serves all servers.
"""

import asyncio
import json
import os
import threading
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from jupyterhub.spawner import Spawner
from tornado.httpclient import AsyncHTTPClient

from sandbox.jupyterhub.spawner import Named, Profile, pod
from sandbox.runtime.pod_facts import STOP_SECONDS

_NAMESPACE = os.environ["BENCH_NAMESPACE"]
_PODS = f"{os.environ['BENCH_API']}/api/v1/namespaces/{_NAMESPACE}/pods"
_PROFILE = Profile(_NAMESPACE, "jupyterhub", os.environ["BENCH_IMAGE"], "", "", memory="268435456")
_LOOK_SECONDS = 0.5
_METADATA = {"Accept": "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"}


class _Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("X-JupyterHub-Version", os.environ.get("JUPYTERHUB_VERSION", ""))
        self.end_headers()

    def log_message(self, *_: object) -> None:  # type: ignore[override] # nothing is logged
        pass


@cache
def _program() -> int:
    """Return the port of the one program that answers for all servers."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


class PodSpawner(Spawner):  # type: ignore[misc] # JupyterHub has no types
    """A spawner that makes pods of a sandbox."""

    up = False

    async def start(self) -> tuple[str, int]:
        """Create the pod. Return where the server answers."""
        made = pod(Named(self.user.name), _PROFILE)
        made["metadata"]["annotations"][STOP_SECONDS] = os.environ["BENCH_STOP_SECONDS"]
        made["spec"]["volumes"] = []
        made["spec"]["containers"][0]["volumeMounts"] = []
        headers = {"Content-Type": "application/json"}
        await AsyncHTTPClient().fetch(_PODS, method="POST", headers=headers, body=json.dumps(made))
        self.up = True
        return "127.0.0.1", _program()

    async def poll(self) -> int | None:
        """Return None while it runs."""
        return None if self.up else 0

    async def stop(self, now: bool = False) -> None:
        """Delete the pod, and wait until it is gone."""
        del now
        name = Named(self.user.name).pod
        await AsyncHTTPClient().fetch(f"{_PODS}/{name}", method="DELETE")
        while name in await _LIST.names():  # noqa: ASYNC110 - it happens elsewhere
            await asyncio.sleep(_LOOK_SECONDS)
        self.up = False


class _List:
    """The names of all pods, asked for at most every `_LOOK_SECONDS`."""

    def __init__(self) -> None:
        self._at = 0.0
        self._names: asyncio.Future[frozenset[str]] | None = None

    async def names(self) -> frozenset[str]:
        now = asyncio.get_running_loop().time()
        if self._names is None or now - self._at > _LOOK_SECONDS:
            self._at, self._names = now, asyncio.ensure_future(_names())
        return await self._names


async def _names() -> frozenset[str]:
    answer = await AsyncHTTPClient().fetch(f"{_PODS}?labelSelector=component%3Dsingleuser-server", headers=_METADATA)
    return frozenset(one["metadata"]["name"] for one in json.loads(answer.body)["items"])


_LIST = _List()


AsyncHTTPClient.configure(None, max_clients=200)

c = get_config()  # type: ignore[name-defined] # noqa: F821 - JupyterHub's own way to give the configuration
c.JupyterHub.bind_url = os.environ["BENCH_HUB_URL"]
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{os.environ['BENCH_HUB_PORT']}"
c.JupyterHub.db_url = f"sqlite:///{Path.cwd() / 'hub.sqlite'}"
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = PodSpawner
c.JupyterHub.cleanup_servers = False
# On a busy machine the program that answers for all servers takes its time.
c.Spawner.http_timeout = 300
c.Spawner.start_timeout = 300
c.ConfigurableHTTPProxy.command = json.loads(os.environ["BENCH_PROXY"])
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{os.environ['BENCH_PROXY_PORT']}"
c.JupyterHub.load_roles = [
    {"name": "bot", "services": ["bot"], "scopes": os.environ["BENCH_SCOPES"].split(",")},
    {"name": "maker", "services": ["maker"], "scopes": ["admin:users", "admin:servers"]},
]
c.JupyterHub.services = [
    {"name": "bot", "api_token": os.environ["BENCH_BOT_TOKEN"]},
    {"name": "maker", "api_token": os.environ["BENCH_MAKER_TOKEN"]},
]
