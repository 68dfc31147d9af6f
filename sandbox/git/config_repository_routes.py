"""The repository of the hub's config.yaml over HTTP: it can be cloned and pushed to, by the smart protocol.

Dulwich (1.2) has the server's half of the protocol; here it gets its bytes by HTTP and sends them back, as git's
`gitprotocol-http` says.
"""

import asyncio
import base64
import io
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from aiohttp import web
from dulwich.protocol import ReceivableProtocol
from dulwich.server import DictBackend, ReceivePackHandler, UploadPackHandler

from sandbox.git.config_repository import REPOSITORY, ConfigRepository
from sandbox.http.outage import Handler, hang_up

_USER: Final = "x-access-token"
_SERVICES: Final[dict[str, type[UploadPackHandler | ReceivePackHandler]]] = {
    "git-upload-pack": UploadPackHandler,
    "git-receive-pack": ReceivePackHandler,
}
_LARGEST: Final = 8 << 20


class ConfigRepositoryRoutes:
    """The routes of one repository."""

    def __init__(self, repository: ConfigRepository) -> None:
        self._repository = repository
        self._lock = asyncio.Lock()

    def app(self) -> web.Application:
        """Return an application to be served on loopback."""
        app = web.Application(middlewares=[self._guard], client_max_size=_LARGEST)
        app.add_routes([web.get(f"/{REPOSITORY}/info/refs", self._list)])
        app.add_routes([web.post(f"/{REPOSITORY}/{{service}}", self._serve)])
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        match self._repository.fault:
            case "absent":
                return hang_up(request)
            case "broken":
                return web.Response(status=500, text="Internal Server Error")
        expected = base64.b64encode(f"{_USER}:{self._repository.token}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {expected}":
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="git"'})
        return await handler(request)

    async def _list(self, request: web.Request) -> web.StreamResponse:
        service = request.query.get("service", "")
        if service not in _SERVICES or self._closed(service):
            return web.Response(status=403, text="Forbidden")
        first = f"# service={service}\n"
        body = f"{len(first) + 4:04x}{first}0000".encode() + await self._answer(service, b"", advertise_refs=True)
        return _sent(body, f"application/x-{service}-advertisement")

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        service = request.match_info["service"]
        if service not in _SERVICES or self._closed(service):
            return web.Response(status=403, text="Forbidden")
        body = await self._answer(service, await request.read(), stateless_rpc=True)
        return _sent(body, f"application/x-{service}-result")

    def _closed(self, service: str) -> bool:
        return self._repository.fault == "read-only" and service == "git-receive-pack"

    async def _answer(self, service: str, data: bytes, **options: bool) -> bytes:
        async with self._lock:
            return await asyncio.to_thread(self._output, _SERVICES[service], data, options)

    def _output(self, handler: Callable[..., Any], data: bytes, options: Mapping[str, bool]) -> bytes:
        output = io.BytesIO()
        # Its types know repositories on disk only; this one does as well.
        backend = DictBackend({b"/": cast("Any", self._repository.repo)})
        protocol = ReceivableProtocol(io.BytesIO(data).read, output.write)
        handler(backend, [b"/"], protocol, **{"stateless_rpc": True, **options}).handle()
        return output.getvalue()


def _sent(body: bytes, kind: str) -> web.Response:
    return web.Response(body=body, content_type=kind, headers={"Cache-Control": "no-cache"})
