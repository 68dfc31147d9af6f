"""What Let's Encrypt needs to issue: the host's port 80 reached by a challenge (RFC 8555, 8.3), its directory (7.1.1).

Asked from where the bot runs: what is reached from here need not be reached from the world, but what is not reached
from here mostly is not from there.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, Final

import aiohttp
from yarl import URL

from clients.errors import Unavailable
from clients.http import TooLongError, is_loopback, read_whole
from clients.traffic import watched

PORT: Final = "port 80"
AUTHORITY: Final = "Let's Encrypt"
DIRECTORY: Final = "https://acme-v02.api.letsencrypt.org/directory"
_CHALLENGE: Final = "/.well-known/acme-challenge/jhub-bot"
_LARGEST: Final = 1 << 16


class Issuing:
    """One host, asked at `address` if given, and the directory it gets certificates from.

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
        """Raises ValueError for a directory that is no plain http or https address."""
        given = URL(directory)
        if given.scheme not in ("http", "https") or not given.host or given.user:
            raise ValueError("the ACME directory must be a plain http or https address")
        self._host = host
        self._challenge = URL.build(scheme="http", host=address or host, port=port, path=_CHALLENGE)
        self._directory = directory
        self._timeout = timeout

    async def challenge(self) -> None:
        """Whether something answers a challenge by HTTP, whatever it says: nobody has a challenge to answer now."""
        async with _asked(PORT, self._challenge, self._timeout, {"Host": self._host}):
            return

    async def directory(self) -> None:
        """Whether the directory is there and is one."""
        async with _asked(AUTHORITY, URL(self._directory), self._timeout, {}) as response:
            if response.status != HTTPStatus.OK:
                raise Unavailable(AUTHORITY, f"does not issue now: its directory answers with {response.status}")
            if "newOrder" not in _decoded(await read_whole(response, _LARGEST)):
                raise Unavailable(AUTHORITY, "gave a directory that cannot be read")


def _decoded(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


@asynccontextmanager
async def _asked(
    system: str, url: URL, seconds: float, headers: dict[str, str]
) -> AsyncIterator[aiohttp.ClientResponse]:
    """One GET with a session of its own: these are rare. A proxy would hide what is asked about, so none is used."""
    limits = aiohttp.ClientTimeout(total=seconds)
    trust = system == AUTHORITY and not is_loopback(str(url))
    try:
        async with (
            aiohttp.ClientSession(timeout=limits, trust_env=trust, trace_configs=watched("certificates")) as session,
            session.get(url, headers=headers, allow_redirects=False) as response,
        ):
            yield response
    except TimeoutError as error:
        raise Unavailable(system, f"did not answer within {seconds:g} s") from error
    except aiohttp.ClientConnectorDNSError as error:
        raise Unavailable(system, "cannot be reached: the name does not resolve") from error
    except aiohttp.ClientConnectorError as error:
        raise Unavailable(system, "cannot be reached: the connection was refused, or there is no way to it") from error
    except TooLongError as error:
        raise Unavailable(system, "gave an answer that is too long") from error
    except (aiohttp.ClientError, OSError) as error:
        raise Unavailable(system, "broke off the connection") from error
