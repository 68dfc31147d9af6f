"""A connection to the hub's REST API: address, token, time-outs, refusals."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import ClassVar
from urllib.parse import urlsplit

import aiohttp
import orjson
from yarl import URL

from clients.answers import (
    RedirectedError,
    UnusableError,
)
from clients.errors import Forbidden, NotFound, Unavailable
from clients.http import authorization, segment, session, unreachable
from clients.instrumentation import TRACEPARENT

SYSTEM = "the hub"
LARGEST = 16 * 2**20
# What gives the token its rights; JupyterHub 1.4's apihandlers/users.py lets admins alone read users and stop servers.
_AS_ADMIN = "/jhub config set hub.services.jhub-bot.admin true"
_BY_SCOPES = "Give its service the scopes in the hub's values (hub.loadRoles: docs/quick-start.md), and deploy them"


class Connection:
    """The common part of reading and writing: address, token, session, time-out.

    `TIMEOUT` is the usual limit for one answer, in seconds.
    """

    TIMEOUT: ClassVar[float] = 5.0

    def __init__(
        self,
        base_url: str,
        token: Callable[[], Awaitable[str]],
        session: Callable[[], aiohttp.ClientSession] | None = None,
        *,
        timeout: float | None = None,
    ) -> None:
        self._root = _root(base_url)
        self._token = token
        self._make_session = session or self._own_session
        self._session: aiohttp.ClientSession | None = None
        self._timeout = self.TIMEOUT if timeout is None else timeout

    async def close(self) -> None:
        """Close the session. The next call opens another."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    @asynccontextmanager
    async def _ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        *,
        authorized: bool,
        accept: str = "*/*",
        body: Mapping[str, object] | bytes | None = None,
        content_type: str = "application/json",
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        headers = {"Accept": accept} if body is None else {"Accept": accept, "Content-Type": content_type}
        if authorized:
            headers |= authorization(SYSTEM, "token", await self._token())
        self._session = self._session or self._make_session()
        url = URL(self._root + path, encoded=True).with_query(query)
        data = orjson.dumps(body) if isinstance(body, Mapping) else body
        async with self._session.request(method, url, headers=headers, data=data, allow_redirects=False) as response:
            yield response

    @asynccontextmanager
    async def _bounded(self, seconds: float | None = None) -> AsyncIterator[None]:
        """Limit everything inside to `seconds` (usually `timeout`), and turn failures into Unavailable."""
        limit = self._timeout if seconds is None else seconds
        try:
            async with asyncio.timeout(limit):
                yield
        except TimeoutError as error:
            raise Unavailable(SYSTEM, f"did not answer within {limit:g} s") from error
        except RedirectedError as error:
            raise Unavailable(SYSTEM, "answered with a redirect: the configured address is not its own") from error
        except (aiohttp.ClientError, OSError, UnusableError) as error:
            raise Unavailable(SYSTEM, unreachable(error)) from error

    def _own_session(self) -> aiohttp.ClientSession:
        return session("hub", self._root, TRACEPARENT)


def path_of(user: str, server: str = "") -> str:
    """Return the API path of a user or of a named server. Raise NotFound for a name that nobody can have."""
    try:
        path = f"/hub/api/users/{segment(user)}"
        return f"{path}/servers/{segment(server)}" if server else path
    except ValueError:
        raise unknown(user, server) from None


def unknown(user: str, server: str = "") -> NotFound:
    """Return the error for a user, or a named server, that the hub does not know."""
    return NotFound(
        f"The hub does not know a server “{server}” of {user}" if server else f"The hub does not know the user {user}"
    )


def _forbidden(status: int, scope: str, version: str) -> Forbidden:
    refused = f"refused the bot's token ({status})"
    if version and version.partition(".")[0] in ("0", "1"):
        why = f"JupyterHub {version} has no scopes, so it must be an admin's: hub.services.jhub-bot.admin: true"
        return Forbidden(SYSTEM, f"{refused}: {why}", _AS_ADMIN)
    return Forbidden(SYSTEM, f"{refused}: it needs the scope {scope}" if scope else refused, _BY_SCOPES)


def _root(base_url: str) -> str:
    address = urlsplit(base_url)
    if address.scheme not in ("http", "https") or not address.hostname or address.username or address.query:
        raise ValueError("the hub's address must be a plain http or https address")
    path = address.path.rstrip("/").removesuffix("/api").removesuffix("/hub").rstrip("/")
    return f"{address.scheme}://{address.netloc}{path}"


def is_refused(status: int) -> bool:
    """Return True if the hub does not accept the token, or not for this."""
    return status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


def check_status(status: int, scope: str, version: str = "") -> None:
    """Raise Unavailable or NotFound for any status but 200; `scope` is the one that the request needs.

    A refused token is Forbidden. `version` is JupyterHub's, if it is known: before 2.0 it has no scopes.
    """
    if status == HTTPStatus.OK:
        return
    if is_refused(status):
        raise _forbidden(status, scope, version)
    if status == HTTPStatus.NOT_FOUND:
        raise NotFound("The hub does not know that address: check that its URL is right")
    raise Unavailable(SYSTEM, f"answered with an error ({status})")
