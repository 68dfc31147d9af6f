"""Users' servers behind the hub's proxy, each with a token of its own that the hub gives."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import quote, urlsplit

import aiohttp
from yarl import URL

from clients.answers import UnreadableError, json_object, mapping, needed, part, text
from clients.errors import Unavailable
from clients.http import authorization, read_whole, segment, session
from clients.jupyter.connection import SYSTEM, limited, refused
from clients.jupyter.kernel import LARGEST_MESSAGE, Kernel

_LARGEST: Final = 4 << 20
_MOST_KERNELS: Final = 200
_LONGEST_NAME: Final = 200


@dataclass(frozen=True)
class KernelSpecs:
    """The kernels that a server offers: their names with the languages, and the name of the default one."""

    default: str
    languages: Mapping[str, str]

    @property
    def python(self) -> str:
        """The name of a kernel for Python, the default one if it is; empty if there is none."""
        names = (self.default, *self.languages)
        return next((name for name in names if self.languages.get(name, "").lower() == "python"), "")


class JupyterServers:
    """Users' servers below one address. `token` returns a token for the server of a user; it is sent there alone.

    Raises ValueError for an address that is not http or https.
    """

    def __init__(self, base_url: str, token: Callable[[str], Awaitable[str]]) -> None:
        self._root = _root(base_url)
        self._token = token

    @asynccontextmanager
    async def of(self, user: str) -> AsyncIterator["JupyterServer"]:
        """Yield the default server of a user, with a token for it. Raise Unavailable, Rejected of the hub."""
        headers = authorization(SYSTEM, "token", await self._token(user))
        # As JupyterHub writes a user's path (`user.py`, `proxy_spec`): the proxy looks it up as it is.
        path = f"{self._root}/user/{quote(user, safe='@~')}"
        async with session("jupyter", self._root) as http:
            yield JupyterServer(http, path, headers)


class JupyterServer:
    """One server; made by `JupyterServers.of`. Methods raise Unavailable."""

    def __init__(self, http: aiohttp.ClientSession, path: str, headers: Mapping[str, str]) -> None:
        self._http = http
        self._path = path
        self._headers = headers

    async def kernel_specs(self) -> KernelSpecs:
        """Return the kernels that it offers."""
        async with limited(), self._ask("GET", "/api/kernelspecs") as response:
            if response.status != HTTPStatus.OK:
                raise refused(response.status, "asked for its kernels")
            return _specs(await read_whole(response, _LARGEST))

    @asynccontextmanager
    async def kernel(self, name: str) -> AsyncIterator[Kernel]:
        """Start a kernel, and end it with the block."""
        its = await self._start(name)
        try:
            async with self._channels(its) as socket:
                yield Kernel(socket)
        finally:
            # It ends with its server at the latest.
            with suppress(Unavailable):
                async with limited(), self._ask("DELETE", f"/api/kernels/{its}"):
                    pass

    async def _start(self, name: str) -> str:
        async with limited(), self._ask("POST", "/api/kernels", {"name": name}) as response:
            if response.status != HTTPStatus.CREATED:
                raise refused(response.status, "asked to start a kernel")
            return segment(needed(json_object(await read_whole(response, _LARGEST)), "id"))

    @asynccontextmanager
    async def _channels(self, kernel: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        url = _url(f"{self._path}/api/kernels/{kernel}/channels")
        try:
            async with limited():
                socket = await self._http.ws_connect(url, headers=self._headers, max_msg_size=LARGEST_MESSAGE)
        except Unavailable as error:
            raise _without_channels(error) from error
        async with socket:
            yield socket

    @asynccontextmanager
    async def _ask(
        self, method: str, path: str, body: Mapping[str, object] | None = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        url = _url(self._path + path)
        async with self._http.request(method, url, headers=self._headers, json=body, allow_redirects=False) as response:
            yield response


def _without_channels(error: Unavailable) -> Exception:
    """Return the error for a WebSocket that does not open: mostly something between does not pass it on."""
    status = getattr(error.__cause__, "status", 0)
    if status:
        return refused(status, "opened the WebSocket to its kernel")
    return Unavailable(SYSTEM, f"{error.what} by WebSocket")


def _specs(body: bytes) -> KernelSpecs:
    told = json_object(body)
    found = told.get("kernelspecs")
    if not isinstance(found, dict):
        raise UnreadableError
    languages = {
        name[:_LONGEST_NAME]: text(part(mapping(one), "spec"), "language")
        for name, one in list(found.items())[:_MOST_KERNELS]
    }
    return KernelSpecs(text(told, "default")[:_LONGEST_NAME], languages)


def _url(text: str) -> URL:
    return URL(text, encoded=True)


def _root(base_url: str) -> str:
    address = urlsplit(base_url)
    if address.scheme not in ("http", "https") or not address.hostname or address.username or address.query:
        raise ValueError("the address of users’ servers must be a plain http or https address")
    return f"{address.scheme}://{address.netloc}{address.path.rstrip('/')}"
