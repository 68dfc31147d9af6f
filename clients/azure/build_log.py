"""The log of a build, downloaded from a signed address."""

import asyncio
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from clients.answers import TooLongError, UnusableError
from clients.azure.pipeline import SYSTEM
from clients.errors import Unavailable
from clients.http import is_loopback, read_whole, session

_LONGEST_LOG: Final = 4 << 20
_NOTHING_NEW: Final = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE


async def log_from(link: str, offset: int, seconds: float) -> bytes:
    """Return the log from an offset on. The signed address is as good as a password: it is used here and not stored."""
    if not _is_usable(link):
        raise Unavailable(SYSTEM, "returned an address for the log that cannot be used")
    try:
        async with (
            asyncio.timeout(seconds),
            session("build-log", link) as made,
            made.get(URL(link, encoded=True), headers={"Range": f"bytes={offset}-"}, allow_redirects=False) as response,
        ):
            if response.status in (_NOTHING_NEW, HTTPStatus.NOT_FOUND):
                return b""
            if response.status not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
                raise Unavailable(SYSTEM, f"did not return the log ({response.status})")
            content = await read_whole(response, _LONGEST_LOG)
            return content if response.status == HTTPStatus.PARTIAL_CONTENT else content[offset:]
    except TimeoutError:
        raise Unavailable(SYSTEM, "did not return the log in time") from None
    except TooLongError:
        raise Unavailable(SYSTEM, "has a log that is too long for the bot to read") from None
    except (aiohttp.ClientError, OSError, ValueError, UnusableError):
        # Their texts have the address.
        raise Unavailable(SYSTEM, "did not return the log") from None


def _is_usable(link: str) -> bool:
    try:
        return urlsplit(link).scheme == "https" or is_loopback(link)
    except ValueError:
        return False
