"""The preconditions of Let's Encrypt: the host answers challenges on port 80 (RFC 8555, 8.3), its directory is up.

For the directory see 7.1.1. Both are checked from where the bot runs: what is reached from here need not be reached
from the world, but what is not reached from here mostly is not from there.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Final

import aiohttp
from yarl import URL

from clients.answers import UnreadableError, UnusableError, json_object
from clients.errors import Unavailable
from clients.http import headers_session, read_whole, session

PORT: Final = "port 80"
AUTHORITY: Final = "Let's Encrypt"
DIRECTORY: Final = "https://acme-v02.api.letsencrypt.org/directory"
_CHALLENGE: Final = "/.well-known/acme-challenge/jhub-bot"
_LARGEST: Final = 1 << 16
# What metrics call it.
_CALLED: Final = "certificates"


class Issuing:
    """A host, reached at `address` if given, and the directory it gets certificates from.

    Every method takes at most `timeout` seconds and raises Unavailable for what does not work.
    """

    def __init__(
        self,
        host: str,
        *,
        address: str | None = None,
        port: int = 80,
        directory: str = DIRECTORY,
        timeout: float = 5.0,
    ) -> None:
        """Raise ValueError for a directory that is no plain http or https address."""
        given = URL(directory)
        if given.scheme not in ("http", "https") or not given.host or given.user:
            raise ValueError("the ACME directory must be a plain http or https address")
        self._host = host
        self._address = address
        self._port = port
        self._directory = directory
        self._timeout = timeout

    async def challenge(self, host: str = "") -> None:
        """Check that something answers a challenge by HTTP, whatever it says: no challenge is pending.

        It is one for `host`, the configured one if empty. Raise Unavailable.
        """
        name = host or self._host
        url = URL.build(scheme="http", host=self._address or name, port=self._port, path=_CHALLENGE)
        made = headers_session(_CALLED, str(url), direct=True)
        async with _asked(PORT, made, url, self._timeout, {"Host": name}):
            return

    async def directory(self) -> None:
        """Check that the directory answers and is one. Raise Unavailable."""
        made = session(_CALLED, self._directory)
        async with _asked(AUTHORITY, made, URL(self._directory), self._timeout, {}) as response:
            if response.status != HTTPStatus.OK:
                raise Unavailable(AUTHORITY, f"is not issuing now: its directory answers with {response.status}")
            if "newOrder" not in json_object(await read_whole(response, _LARGEST)):
                raise UnreadableError


@asynccontextmanager
async def _asked(
    system: str, made: aiohttp.ClientSession, url: URL, seconds: float, headers: dict[str, str]
) -> AsyncIterator[aiohttp.ClientResponse]:
    """Send one GET with a session of its own: these are rare."""
    limits = aiohttp.ClientTimeout(total=seconds)
    try:
        async with (
            made,
            made.get(url, headers=headers, allow_redirects=False, timeout=limits) as response,
        ):
            yield response
    except TimeoutError as error:
        raise Unavailable(system, f"did not answer within {seconds:g} s") from error
    except aiohttp.ClientConnectorDNSError as error:
        raise Unavailable(system, "cannot be reached: the name does not resolve") from error
    except aiohttp.ClientConnectorError as error:
        raise Unavailable(system, "cannot be reached: the connection was refused, or there is no route") from error
    except UnusableError as error:
        raise Unavailable(system, error.what) from error
    except (aiohttp.ClientError, OSError) as error:
        raise Unavailable(system, "broke off the connection") from error
