"""A connection to Microsoft Graph: a few endpoints by plain HTTP, for the clients of people and applications.

Read against Graph v1.0. Microsoft's SDK for it is 447 MB in 36,000 files.
"""

import time
from collections.abc import Collection, Mapping
from contextlib import AbstractAsyncContextManager
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from clients.answers import Json, UnreadableError, if_object, json_object
from clients.azure.identity import Token
from clients.errors import Forbidden, Unavailable
from clients.http import authorization, bounded, read_whole, session
from clients.instrumentation import GRAPH_REQUEST_ID

SYSTEM: Final = "Microsoft Graph"
_LARGEST: Final = 1 << 20
# Whoever waits for a card does not wait longer for Graph to recover; nor is it asked meanwhile.
_LONGEST_PAUSE: Final = 60.0
_EXPECTED: Final = (HTTPStatus.OK, HTTPStatus.NOT_FOUND)


class Graph:
    """A connection to Graph. `needs` are the permissions to name where Graph refuses for lack of them.

    `token` returns a bearer token and is called for each request. After "too many requests" nothing is sent until the
    time that Graph asked for is over, a minute at most. Raises ValueError for an address that is not plain http or
    https.
    """

    def __init__(self, base_url: str, token: Token, *, needs: str, timeout: float = 5.0) -> None:
        address = urlsplit(base_url)
        if address.scheme not in ("http", "https") or not address.hostname or address.username or address.query:
            raise ValueError("Graph's address must be a plain http or https address")
        self._root = base_url.rstrip("/")
        self._token = token
        self._needs = needs
        self._timeout = timeout
        self._session: aiohttp.ClientSession | None = None
        self._pause_until = 0.0

    async def close(self) -> None:
        """Close the session. The next call opens another."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: Json | None = None,
        *,
        also: Collection[int] = (),
    ) -> tuple[int, Json]:
        """Send a request and return its status (200, 404 or one of `also`) and body. Use within `bounded`.

        Raise Unavailable for every other status. The body of a refusal is empty where it cannot be read, as is that of
        a success without any (204).
        """
        self._check_pause()
        token = await self._token()
        # Meanwhile Graph may have asked for peace.
        self._check_pause()
        headers = authorization(SYSTEM, "Bearer", token) | {"Accept": "application/json"}
        self._session = self._session or session("graph", self._root, GRAPH_REQUEST_ID)
        url = URL(self._root + path, encoded=True).update_query(query)
        async with self._session.request(method, url, headers=headers, json=body, allow_redirects=False) as response:
            content = await read_whole(response, _LARGEST)
            if response.status not in also:
                self.check(response.status, response.headers.get("Retry-After", ""))
            return response.status, (json_object if response.status == HTTPStatus.OK else if_object)(content)

    def _check_pause(self) -> None:
        left = self._pause_until - time.monotonic()
        if left > 0:
            raise Unavailable(SYSTEM, f"asked the bot to slow down: try again in {left:.0f} s")

    def check(self, status: int, retry_after: str) -> None:
        """Raise Unavailable for every status but 200 and 404, of an answer or of a part of one.

        After "too many requests" nothing is sent until the time that Graph asked for is over.
        """
        if status in _EXPECTED:
            return
        match status:
            case HTTPStatus.TOO_MANY_REQUESTS | HTTPStatus.SERVICE_UNAVAILABLE:
                pause = min(float(retry_after[:9]) if retry_after.isdecimal() else 1.0, _LONGEST_PAUSE)
                self._pause_until = time.monotonic() + pause
                raise Unavailable(SYSTEM, f"asked the bot to slow down: try again in {pause:.0f} s")
            case HTTPStatus.UNAUTHORIZED:
                raise Unavailable(SYSTEM, "refused the bot’s token (401)")
            case HTTPStatus.FORBIDDEN:
                remedy = "Have an administrator of the tenant grant that permission to the bot: docs/permissions.md"
                raise Forbidden(SYSTEM, f"refused (403): the bot needs {self._needs}", remedy)
        raise Unavailable(SYSTEM, f"answered with an error ({status})")

    def bounded(self) -> AbstractAsyncContextManager[None]:
        """Return a context that limits everything inside to `timeout` seconds and turns failures into Unavailable."""
        return bounded(SYSTEM, self._timeout)


def unreadable() -> Unavailable:
    """Return the error for an answer without what it should contain."""
    return Unavailable(SYSTEM, UnreadableError.what)
