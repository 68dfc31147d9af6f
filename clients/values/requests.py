"""The requests that git makes, sent by the event loop under the rules that all HTTP clients have.

Dulwich's own HTTP blocks a thread for as long as a server likes: it sleeps for the time that a `Retry-After` names, up
to days, and a server that sends a byte now and then is read from for ever. Here a thread only ever waits for the loop,
which bounds each request, and releases the thread at once when nobody waits for it any more.
"""

import asyncio
import base64
import concurrent.futures
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from clients.errors import Unavailable
from clients.http import read_whole, session

# The user that goes with a token: GitHub's own choice for apps; elsewhere any will do.
_USER: Final = "x-access-token"


class ClosedError(OSError):
    """The requests were closed while a thread waited for an answer."""


@dataclass(frozen=True)
class Sent:
    """An answer, read completely."""

    status: int
    content_type: str
    body: bytes = field(repr=False)


class Requests:
    """Requests to one repository. Created and closed on the event loop; `ask` is for other threads.

    `timeout` is for each request as a whole, in seconds; no answer is longer than `largest` bytes.
    """

    def __init__(self, url: str, *, password: str, timeout: float, largest: int) -> None:
        self._root = f"{url.rstrip('/')}/"
        self._headers = {"Pragma": "no-cache"} | (_basic(password) if password else {})
        self._timeout = timeout
        self._largest = largest
        self._loop = asyncio.get_running_loop()
        self._session = session("values-repository", url)
        self._asked: concurrent.futures.Future[Sent] | None = None
        self._closed = False

    async def close(self) -> None:
        """Close the connections. A thread that waits in `ask` gets ClosedError."""
        self._closed = True
        if self._asked is not None:
            self._asked.cancel()
        await self._session.close()

    def ask(self, url: str, headers: Mapping[str, str], data: bytes | None) -> Sent:
        """Return the answer, whatever its status. Not on the event loop.

        Raise TimeoutError, aiohttp's errors, UnusableError, ClosedError once it is closed, and Unavailable for an
        address elsewhere, as a server may name one.
        """
        if self._closed:
            raise ClosedError
        if not url.startswith(self._root):
            raise Unavailable("The values' repository", "named another address, where the bot does not ask")
        self._asked = asyncio.run_coroutine_threadsafe(self._answer(url, headers, data), self._loop)
        try:
            # The loop bounds it; should the loop have ended meanwhile, nobody does.
            return self._asked.result(2 * self._timeout + 1)
        except concurrent.futures.CancelledError:
            raise ClosedError from None

    async def _answer(self, url: str, headers: Mapping[str, str], data: bytes | None) -> Sent:
        if self._closed:
            raise ClosedError
        method = "GET" if data is None else "POST"
        async with (
            asyncio.timeout(self._timeout),
            self._session.request(
                method, url, headers={**headers, **self._headers}, data=data, allow_redirects=False
            ) as response,
        ):
            return Sent(response.status, response.content_type, await read_whole(response, self._largest))


def _basic(password: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{_USER}:{password}'.encode()).decode()}"}
