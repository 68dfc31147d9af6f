"""Users' servers behind the hub's proxy, as Jupyter Server 2.21 answers: kernels, and their channels by WebSocket.

A server answers with the token of its own user alone, and while its pod is ready; else the proxy does.
"""

import json
import secrets
import uuid
from datetime import datetime, timedelta
from typing import Final

from aiohttp import WSMsgType, web

from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.clock import Clock
from sandbox.jupyterhub.kernels import Kernel
from sandbox.jupyterhub.users import HubUsers, Server

_KERNEL: Final = "python3"
_SPECS: Final[Json] = {
    "default": _KERNEL,
    "kernelspecs": {
        _KERNEL: {
            "name": _KERNEL,
            "spec": {"display_name": "Python 3 (ipykernel)", "language": "python", "argv": []},
            "resources": {},
        }
    },
}
_VERSION: Final = "5.4"


class ServerTokens:
    """The tokens that the hub gave for users' own servers."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._given: dict[str, tuple[str, datetime | None]] = {}

    def give(self, user: str, seconds: int) -> str:
        """Return a new token for the servers of a user; without `seconds` it does not expire."""
        text = secrets.token_hex(16)
        self._given[text] = user, self._clock.now() + timedelta(seconds=seconds) if seconds else None
        return text

    def owner(self, text: str) -> str:
        """Return whose token it is; empty for one that is none, or that has expired."""
        user, expires = self._given.get(text, ("", None))
        return "" if expires and expires <= self._clock.now() else user


class NotebookRoutes:
    """The routes of users' servers."""

    def __init__(self, users: HubUsers, tokens: ServerTokens) -> None:
        self._users = users
        self._tokens = tokens

    def routes(self) -> list[web.RouteDef]:
        """Return the routes, for the application of the hub and its proxy."""
        kernels = "/user/{user}/api/kernels"
        return [
            web.get("/user/{user}/api/kernelspecs", self._specs),
            web.post(kernels, self._start),
            web.delete(f"{kernels}/{{kernel}}", self._end),
            web.get(f"{kernels}/{{kernel}}/channels", self._channels),
        ]

    def _server(self, request: web.Request) -> Server:
        """Return the server that is meant. Raise what the proxy, or the server itself, answers otherwise."""
        name = request.match_info["user"]
        user = self._users.find(name)
        server = user.servers.get("") if user else None
        if server is None or not self._users.is_ready(server):
            # The proxy has no route: the hub's page says that the server is not running.
            raise web.HTTPFailedDependency(reason=f"{name}'s server is not running")
        kind, _, text = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() not in ("token", "bearer") or self._tokens.owner(text.strip()) != name:
            raise web.HTTPForbidden
        return server

    def _owner(self, request: web.Request) -> str:
        pod = self._users.pod(self._server(request))
        return str(pod["metadata"]["uid"]) if pod else ""

    def _kernel(self, request: web.Request) -> Kernel:
        kernel = self._users.kernels.find(self._owner(request), request.match_info["kernel"])
        if kernel is None:
            raise web.HTTPNotFound(reason=f"Kernel does not exist: {request.match_info['kernel']}")
        return kernel

    async def _specs(self, request: web.Request) -> web.StreamResponse:
        self._server(request)
        return web.json_response(_SPECS)

    async def _start(self, request: web.Request) -> web.StreamResponse:
        owner = self._owner(request)
        name = (await request.json() if request.can_read_body else {}).get("name") or _KERNEL
        if name != _KERNEL:
            raise web.HTTPInternalServerError(reason=f"No such kernel named {name}")
        kernel = await self._users.kernels.start(owner)
        made = {"id": kernel.id, "name": _KERNEL, "execution_state": "starting", "connections": 0}
        return web.json_response(made, status=201)

    async def _end(self, request: web.Request) -> web.StreamResponse:
        await self._users.kernels.end(self._kernel(request).id)
        return web.Response(status=204)

    async def _channels(self, request: web.Request) -> web.StreamResponse:
        kernel = self._kernel(request)
        if self._users.kernels.troubles.is_without_channels:
            raise web.HTTPBadGateway
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                break
            await _answer(socket, kernel, json.loads(message.data))
        return socket


async def _answer(socket: web.WebSocketResponse, kernel: Kernel, request: Json) -> None:
    """Run a cell, and send what a kernel sends meanwhile and then: status, result or error, reply."""

    async def send(channel: str, kind: str, content: Json) -> None:
        header = {"msg_id": str(uuid.uuid4()), "msg_type": kind, "version": _VERSION, "username": "", "session": ""}
        made = {"channel": channel, "header": header, "parent_header": request["header"], "content": content}
        await socket.send_str(json.dumps({**made, "metadata": {}, "buffers": []}))

    await send("iopub", "status", {"execution_state": "busy"})
    told = await kernel.run(request["content"]["code"])
    status: Json = {"status": "ok", "execution_count": 1}
    if "ename" in told:
        status = {"status": "error", "ename": told["ename"], "evalue": told["evalue"], "traceback": []}
        await send("iopub", "error", {key: status[key] for key in ("ename", "evalue", "traceback")})
    elif "value" in told:
        data = {"data": {"text/plain": told["value"]}, "metadata": {}, "execution_count": 1}
        await send("iopub", "execute_result", data)
    await send("shell", "execute_reply", status)
    await send("iopub", "status", {"execution_state": "idle"})
