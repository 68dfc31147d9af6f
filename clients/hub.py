"""The JupyterHub's REST API, as far as it is read: who is there and which servers run.

Read against JupyterHub 5; what 1.4 (chart 1.1) does otherwise is noted where it matters.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from clients.answers import (
    Json,
    RedirectedError,
    UnreadableError,
    UnusableError,
    all_parts,
    decoded,
    if_object,
    json_object,
    moment,
    needed,
    number,
    part,
    text,
)
from clients.errors import NotFound, Rejected, Unavailable
from clients.http import authorization, read_whole, segment, session, unreachable
from clients.instrumentation import TRACEPARENT

SYSTEM = "the hub"
# JupyterHub's own largest page (`api_page_max_limit`).
PAGE = 200
MOST_PAGES = 1000
LARGEST = 16 * 2**20
# Of what the hub says why.
_LONGEST_MESSAGE = 300
_BLIND = "does not report on servers: the bot's token needs the scope read:servers"
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
class HubHealth:
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
            headers |= authorization(SYSTEM, "token", await self._token())
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
        except RedirectedError as error:
            raise Unavailable(SYSTEM, "answered with a redirect: the configured address is not its own") from error
        except (aiohttp.ClientError, OSError, UnusableError) as error:
            raise Unavailable(SYSTEM, unreachable(error)) from error

    def _own_session(self) -> aiohttp.ClientSession:
        return session("hub", self._root, TRACEPARENT)


class HubReader(_Connection):
    """Reads one hub. Every method takes at most `timeout` seconds and raises Unavailable.

    `base_url` is the hub's address without `/hub`, or with it, or with `/hub/api`. `token` is asked for each
    call; it goes to that address alone: no redirect is followed. `session` makes the one HTTP session, closed by
    `close`. Raises ValueError for an address that is not http or https.
    """

    async def version(self) -> str:
        """JupyterHub's version, such as "5.2.1". Needs no scope."""
        async with self._bounded():
            return needed(await self._object("/hub/api/", scope=""), "version")

    async def info(self) -> HubInfo:
        """What the hub is made of. Needs the scope `read:hub`."""
        async with self._bounded():
            told = await self._object("/hub/api/info", scope="read:hub")
            return HubInfo(
                version=needed(told, "version"),
                python=text(told, "python").split(" ", 1)[0],
                authenticator=text(part(told, "authenticator"), "class"),
                spawner=text(part(told, "spawner"), "class"),
            )

    async def users(self, state: str | None = None) -> list[HubUser]:
        """The users in `state`: "active" (with a server), "ready", "inactive", or None for all.

        Needs the scopes `list:users`, `read:servers` and `read:users:activity`; without `read:servers` the hub
        would count no servers at all, so that is Unavailable, too. The time-out is for each page of 200.
        """
        items = [item async for item in self._user_items(state)]
        if items and not any("servers" in item for item in items):
            raise Unavailable(SYSTEM, _BLIND)
        with _readable():
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
            item = json_object(await read_whole(response, LARGEST))
            found = _user(item)
        if "servers" not in item:
            raise Unavailable(SYSTEM, _BLIND)
        return found

    async def health(self) -> HubHealth:
        """Whether the hub answers its health check, which needs no token."""
        begun = time.monotonic()
        async with self._bounded(), self._ask("GET", "/hub/health", {}, authorized=False) as response:
            return HubHealth(response.status == HTTPStatus.OK, time.monotonic() - begun)

    async def _user_items(self, state: str | None) -> AsyncIterator[Json]:
        offset = 0
        for _ in range(MOST_PAGES):
            query = {"limit": str(PAGE), "offset": str(offset), **({"state": state} if state else {})}
            async with self._bounded():
                page = await self._answer("/hub/api/users", query, scope="list:users", accept=PAGINATED)
                listed = _listed(page)
            for item in listed:
                yield item
            following = _next_offset(page)
            if following <= offset:
                return
            offset = following

    async def _object(self, path: str, *, scope: str) -> Json:
        answer = await self._answer(path, {}, scope=scope, accept="application/json")
        if not isinstance(answer, dict):
            raise UnreadableError
        return answer

    async def _answer(self, path: str, query: Mapping[str, str], *, scope: str, accept: str) -> object:
        async with self._ask("GET", path, query, authorized=True, accept=accept) as response:
            _check(response.status, scope)
            return decoded(await read_whole(response, LARGEST))


class HubWriter(_Connection):
    """A writer to one hub, made as `HubReader` is. Methods take at most `timeout` seconds and raise Unavailable."""

    async def stop_server(self, user: str, server: str = "") -> bool:
        """Stop a user's server, the default one unless named: True once it does not run, False while it stops.

        Needs the scope `delete:servers` (`servers` includes it). Raises NotFound for a user or a named server that
        the hub does not know, Rejected where the hub stops it neither now nor later.
        """
        path = _path_of(user, server) if server else f"{_path_of(user)}/server"
        async with self._bounded(), self._ask("DELETE", path, {}, authorized=True) as response:
            status = response.status
            said = await read_whole(response, LARGEST) if status == HTTPStatus.BAD_REQUEST else b""
        match status:
            case HTTPStatus.NO_CONTENT:
                return True
            case HTTPStatus.ACCEPTED:
                return False
            case HTTPStatus.BAD_REQUEST:
                if _is_busy(message := text(if_object(said), "message")):
                    return False
                raise _not_stopped(message)
            case HTTPStatus.NOT_FOUND:
                raise _unknown(user, server)
        _check(status, "delete:servers")
        raise Unavailable(SYSTEM, f"answered with something unexpected ({status})")


def _is_busy(message: str) -> bool:
    """Whether a 400 says that the server starts or stops just now: “ada is pending spawn, please wait”.

    So JupyterHub 1 to 4 (apihandlers/users.py); 5 breaks off a start instead.
    """
    return bool(re.search(r"\bis pending\b|\bplease wait\b|\balready stopping\b", message))


def _not_stopped(message: str) -> Rejected:
    said = " ".join(message.split())[:_LONGEST_MESSAGE]
    if said.startswith("Named servers are not enabled"):
        why = "named servers are not enabled. To stop one that still runs, set hub.allowNamedServers to true again."
        return Rejected(SYSTEM, "400", f"The hub does not stop the server: {why}")
    quoted = f"“{said}”" if said else "it does not say why (400)"
    return Rejected(SYSTEM, "400", f"The hub does not stop the server: {quoted}.".replace(".”.", ".”"))


def _path_of(user: str, server: str = "") -> str:
    try:
        path = f"/hub/api/users/{segment(user)}"
        return f"{path}/servers/{segment(server)}" if server else path
    except ValueError:
        raise _unknown(user, server) from None


def _unknown(user: str, server: str = "") -> NotFound:
    return NotFound(
        f"The hub does not know a server “{server}” of {user}" if server else f"The hub does not know the user {user}"
    )


def _root(base_url: str) -> str:
    address = urlsplit(base_url)
    if address.scheme not in ("http", "https") or not address.hostname or address.username or address.query:
        raise ValueError("the hub's address must be a plain http or https address")
    path = address.path.rstrip("/").removesuffix("/api").removesuffix("/hub").rstrip("/")
    return f"{address.scheme}://{address.netloc}{path}"


def _check(status: int, scope: str) -> None:
    if status == HTTPStatus.OK:
        return
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        need = f": it needs the scope {scope}" if scope else ""
        raise Unavailable(SYSTEM, f"refused the bot's token ({status}){need}")
    if status == HTTPStatus.NOT_FOUND:
        raise NotFound("The hub does not know that address: check that its URL is right")
    raise Unavailable(SYSTEM, f"answered with an error ({status})")


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except UnusableError as error:
        raise Unavailable(SYSTEM, error.what) from error


def _listed(page: object) -> list[Json]:
    """The users on a page. Before 2.0 there were no pages: the answer is the whole list. Raises UnreadableError."""
    if not isinstance(page, dict):
        return all_parts({"items": page}, "items")
    found = all_parts(page, "items")
    if not found and not isinstance(page.get("_pagination"), dict):
        # That there is nobody is believed of a page that says so, as the hub's do.
        raise UnreadableError
    return found


def _next_offset(page: object) -> int:
    """Where the next page begins; 0 when this is the last. Its address is ours to make, not the hub's."""
    return number(part(page, "_pagination", "next"), "offset") if isinstance(page, dict) else 0


def _user(item: Json) -> HubUser:
    """A user; `servers` may be absent, where the bot may not see them. Raises UnreadableError."""
    return HubUser(
        name=needed(item, "name"),
        admin=item.get("admin") is True,
        servers=tuple(_server(name, server) for name, server in _servers(item).items()),
        last_activity=moment(item, "last_activity"),
        created=moment(item, "created"),
    )


def _servers(item: Json) -> Json:
    found = item.get("servers") or {}
    if not isinstance(found, dict) or not all(isinstance(one, dict) for one in found.values()):
        raise UnreadableError
    return found


def _server(name: str, server: Json) -> HubServer:
    return HubServer(
        name=name,
        ready=server.get("ready") is True,
        pending=text(server, "pending"),
        started=moment(server, "started"),
        last_activity=moment(server, "last_activity"),
    )
