"""The JupyterHub's REST API, as far as it is read: who is there and which servers run.

Read against JupyterHub 5; what 1.4 (chart 1.1) does otherwise is noted where it matters.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import orjson
from yarl import URL

from clients.errors import NotFound, Unavailable
from clients.http import TooLongError, is_loopback, read_whole, segment
from clients.traffic import TRACEPARENT, watched

Json = dict[str, Any]

SYSTEM = "the hub"
# JupyterHub's own largest page (`api_page_max_limit`).
PAGE = 200
MOST_PAGES = 1000
LARGEST = 16 * 2**20
_BLIND = "does not tell about servers: the bot's token needs the scope read:servers"
PAGINATED = "application/jupyterhub-pagination+json"


@dataclass(frozen=True)
class HubServer:
    """A user's server. `name` is empty for the default one; `pending` is "spawn", "stop", "check" or empty."""

    name: str
    ready: bool
    pending: str
    started: datetime | None
    last_activity: datetime | None


@dataclass(frozen=True)
class HubUser:
    """A user of the hub, with the servers that are running, starting or stopping."""

    name: str
    admin: bool
    servers: tuple[HubServer, ...]
    last_activity: datetime | None
    created: datetime | None = None


@dataclass(frozen=True)
class HubInfo:
    """What the hub tells about itself to who may `read:hub`."""

    version: str
    python: str
    authenticator: str
    spawner: str


@dataclass(frozen=True)
class Health:
    """Whether the hub says it is well, and how long it took to say so, in seconds."""

    ok: bool
    seconds: float


class _Connection:
    """What reading and writing have in common: address, token, session, patience."""

    def __init__(
        self,
        base_url: str,
        token: Callable[[], Awaitable[str]],
        session: Callable[[], aiohttp.ClientSession] | None = None,
        *,
        timeout: float = 5.0,
    ) -> None:
        self._root = _root(base_url)
        self._token = token
        self._make_session = session or self._own_session
        self._session: aiohttp.ClientSession | None = None
        self._timeout = timeout

    async def close(self) -> None:
        """Close the session. The next call would open another."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    @asynccontextmanager
    async def _ask(
        self, method: str, path: str, query: Mapping[str, str], *, authorized: bool, accept: str = "*/*"
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        headers = {"Accept": accept}
        if authorized:
            headers["Authorization"] = f"token {await self._token()}"
        self._session = self._session or self._make_session()
        url = URL(self._root + path, encoded=True).with_query(query)
        async with self._session.request(method, url, headers=headers, allow_redirects=False) as response:
            yield response

    @asynccontextmanager
    async def _bounded(self) -> AsyncIterator[None]:
        """Everything inside takes at most `timeout` seconds, and fails in words that can be shown."""
        try:
            async with asyncio.timeout(self._timeout):
                yield
        except TimeoutError as error:
            raise Unavailable(SYSTEM, f"did not answer within {self._timeout:g} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise Unavailable(SYSTEM, _unreachable(error)) from error

    def _own_session(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(trust_env=not is_loopback(self._root), trace_configs=watched("hub", TRACEPARENT))


class HubReader(_Connection):
    """Reads one hub. Every method takes at most `timeout` seconds and raises Unavailable.

    `base_url` is the hub's address without `/hub`, or with it, or with `/hub/api`. `token` is asked for each
    call; it goes to that address alone: no redirect is followed. `session` makes the one HTTP session, closed by
    `close`. Raises ValueError for an address that is not http or https.
    """

    async def version(self) -> str:
        """JupyterHub's version, such as "5.2.1". Needs no scope."""
        return str((await self._object("/hub/api/", scope="")).get("version", ""))

    async def info(self) -> HubInfo:
        """What the hub is made of. Needs the scope `read:hub`."""
        told = await self._object("/hub/api/info", scope="read:hub")
        return HubInfo(
            version=str(told.get("version", "")),
            python=str(told.get("python", "")).split(" ", 1)[0],
            authenticator=_class_name(told.get("authenticator")),
            spawner=_class_name(told.get("spawner")),
        )

    async def users(self, state: str | None = None) -> list[HubUser]:
        """The users in `state`: "active" (with a server), "ready", "inactive", or None for all.

        Needs the scopes `list:users`, `read:servers` and `read:users:activity`; without `read:servers` the hub
        would count no servers at all, so that is Unavailable, too. The time-out is for each page of 200.
        """
        items = [item async for item in self._user_items(state)]
        if items and not any("servers" in item for item in items):
            raise Unavailable(SYSTEM, _BLIND)
        return [_user(item) for item in items]

    async def user(self, name: str) -> HubUser:
        """One user by the hub's exact name, with the servers that run, start or stop. Raises NotFound.

        Needs the scopes `read:users` and `read:servers`; without the latter it is Unavailable, as in `users`.
        """
        path = _path_of(name)
        asked = self._ask("GET", path, {}, authorized=True, accept="application/json")
        async with self._bounded(), asked as response:
            if response.status == HTTPStatus.NOT_FOUND:
                raise _unknown(name)
            _check(response.status, "read:users")
            item = _parsed(await _read(response))
        if not isinstance(item, dict):
            raise Unavailable(SYSTEM, "gave an answer that cannot be read")
        if "servers" not in item:
            raise Unavailable(SYSTEM, _BLIND)
        return _user(item)

    async def health(self) -> Health:
        """Whether the hub answers its health check, which needs no token."""
        begun = time.monotonic()
        async with self._bounded(), self._ask("GET", "/hub/health", {}, authorized=False) as response:
            return Health(response.status == HTTPStatus.OK, time.monotonic() - begun)

    async def _user_items(self, state: str | None) -> AsyncIterator[Json]:
        offset = 0
        for _ in range(MOST_PAGES):
            query = {"limit": str(PAGE), "offset": str(offset), **({"state": state} if state else {})}
            async with self._bounded():
                page = await self._json("/hub/api/users", query, scope="list:users", accept=PAGINATED)
            # Before 2.0 there were no pages: the answer is the whole list.
            for item in page if isinstance(page, list) else page.get("items", ()):
                yield item
            following = _next_offset(page)
            if following <= offset:
                return
            offset = following

    async def _object(self, path: str, *, scope: str) -> Json:
        async with self._bounded():
            answer = await self._json(path, {}, scope=scope, accept="application/json")
        if not isinstance(answer, dict):
            raise Unavailable(SYSTEM, "gave an answer that cannot be read")
        return answer

    async def _json(self, path: str, query: Mapping[str, str], *, scope: str, accept: str) -> Json | list[Json]:
        async with self._ask("GET", path, query, authorized=True, accept=accept) as response:
            _check(response.status, scope)
            answer = _parsed(await _read(response))
        if not isinstance(answer, dict | list):
            raise Unavailable(SYSTEM, "gave an answer that cannot be read")
        return answer


class HubWriter(_Connection):
    """Changes one hub, made as `HubReader` is. Every method takes at most `timeout` seconds and raises Unavailable."""

    async def stop_server(self, user: str, server: str = "") -> bool:
        """Stop a user's server, the default one unless named: True once it does not run, False while it stops.

        Needs the scope `delete:servers` (`servers` includes it). Raises NotFound for a user or a named server that
        the hub does not know.
        """
        path = _path_of(user, server) if server else f"{_path_of(user)}/server"
        async with self._bounded(), self._ask("DELETE", path, {}, authorized=True) as response:
            status = response.status
        match status:
            case HTTPStatus.NO_CONTENT:
                return True
            case HTTPStatus.ACCEPTED | HTTPStatus.BAD_REQUEST:
                # 400: it starts or stops just now (jupyterhub 5, apihandlers/users.py).
                return False
            case HTTPStatus.NOT_FOUND:
                raise _unknown(user, server)
        _check(status, "delete:servers")
        raise Unavailable(SYSTEM, f"answered with something unexpected ({status})")


def _path_of(user: str, server: str = "") -> str:
    try:
        path = f"/hub/api/users/{segment(user)}"
        return f"{path}/servers/{segment(server)}" if server else path
    except ValueError:
        raise _unknown(user, server) from None


def _unknown(user: str, server: str = "") -> NotFound:
    return NotFound(f"The hub knows no server “{server}” of {user}" if server else f"The hub knows no user {user}")


def _root(base_url: str) -> str:
    address = urlsplit(base_url)
    if address.scheme not in ("http", "https") or not address.hostname or address.username or address.query:
        raise ValueError("the hub's address must be a plain http or https address")
    path = address.path.rstrip("/").removesuffix("/api").removesuffix("/hub").rstrip("/")
    return f"{address.scheme}://{address.netloc}{path}"


async def _read(response: aiohttp.ClientResponse) -> bytes:
    try:
        return await read_whole(response, LARGEST)
    except TooLongError as error:
        raise Unavailable(SYSTEM, "gave an answer that is too long") from error


def _parsed(body: bytes) -> object:
    try:
        return orjson.loads(body)
    except ValueError:
        return None


def _check(status: int, scope: str) -> None:
    if status == HTTPStatus.OK:
        return
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        need = f": it needs the scope {scope}" if scope else ""
        raise Unavailable(SYSTEM, f"refused the bot's token ({status}){need}")
    if status == HTTPStatus.NOT_FOUND:
        raise NotFound("The hub has no such thing: is its address right?")
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        raise Unavailable(SYSTEM, "answered with a redirect: its address is not the one configured")
    raise Unavailable(SYSTEM, f"answered with an error ({status})")


def _unreachable(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientSSLError):
        return "shows a certificate that is not trusted"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "cannot be found: its name does not resolve"
    if isinstance(error, aiohttp.ClientConnectorError):
        return "cannot be reached: the connection was refused"
    return "broke off the connection"


def _next_offset(page: Json | list[Json]) -> int:
    """Where the next page begins; 0 when this is the last. Its address is ours to make, not the hub's."""
    following = (page.get("_pagination") or {}).get("next") if isinstance(page, dict) else None
    offset = following.get("offset") if isinstance(following, dict) else None
    return offset if isinstance(offset, int) else 0


def _class_name(told: object) -> str:
    return str(told.get("class", "")) if isinstance(told, dict) else ""


def _user(item: Json) -> HubUser:
    servers = item.get("servers") or {}
    return HubUser(
        name=str(item.get("name", "")),
        admin=item.get("admin") is True,
        servers=tuple(_server(name, server) for name, server in servers.items()),
        last_activity=_moment(item.get("last_activity")),
        created=_moment(item.get("created")),
    )


def _server(name: str, server: Json) -> HubServer:
    return HubServer(
        name=name,
        ready=server.get("ready") is True,
        pending=server.get("pending") or "",
        started=_moment(server.get("started")),
        last_activity=_moment(server.get("last_activity")),
    )


def _moment(written: object) -> datetime | None:
    if not isinstance(written, str):
        return None
    try:
        told = datetime.fromisoformat(written)
    except ValueError:
        return None
    return (told if told.tzinfo else told.replace(tzinfo=UTC)).astimezone(UTC)
