"""A dead man's switch outside: a service that alerts people once the bot stops requesting its address.

Any service that takes a GET to an address of its own will do. The address is as good as a password.
"""

from collections.abc import Awaitable, Callable
from typing import Final

import aiohttp
from yarl import URL

from clients.errors import Unavailable
from clients.http import headers_session

SYSTEM: Final = "the heartbeat's address"
_TIMEOUT: Final = 10.0
_GOOD: Final = range(200, 300)


class Heartbeat:
    """A client of one address. `url` returns it and is called each time, so that it may change."""

    def __init__(self, url: Callable[[], Awaitable[str]], timeout: float = _TIMEOUT) -> None:
        self._url = url
        self._timeout = timeout

    async def beat(self) -> None:
        """Report that the bot is watching. Raise Unavailable, whose message never contains the address."""
        url = _checked(await self._url())
        try:
            timeout = aiohttp.ClientTimeout(total=self._timeout)
            async with (
                headers_session("heartbeat", str(url)) as session,
                session.get(url, allow_redirects=False, timeout=timeout) as response,
            ):
                status = response.status
        except (TimeoutError, aiohttp.ClientError, OSError):
            # Without its cause, whose text has the address.
            raise Unavailable(SYSTEM, "cannot be reached") from None
        if status not in _GOOD:
            raise Unavailable(SYSTEM, f"answered with {status}")


def _checked(text: str) -> URL:
    try:
        url = URL(text)
    except ValueError:
        url = URL()
    if url.scheme not in ("http", "https") or not url.host:
        raise Unavailable(SYSTEM, "is not an http or https address")
    return url
