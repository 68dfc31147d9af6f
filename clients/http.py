"""What the plain HTTP clients have in common: names that become part of an address, answers of a bounded length."""

import asyncio
import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import quote, urlsplit

import aiohttp

from clients.errors import Unavailable

# What a system does whose certificate is not accepted.
NOT_ACCEPTED: Final = "serves a certificate that is not accepted"


class TooLongError(ValueError):
    """An answer longer than anybody would send in earnest."""


def segment(name: str) -> str:
    """`name` quoted, so that it is one part of a path and stays it.

    Raises ValueError for what quoting does not make harmless: nothing, dots alone (a server or a gateway may resolve
    them: RFC 3986, 5.2.4), and text that is not Unicode.
    """
    if not name.strip("."):
        raise ValueError("no name: nothing, or dots alone")
    # A lone surrogate, which JSON can carry, is a UnicodeEncodeError and thereby a ValueError.
    return quote(name, safe="")


def is_loopback(url: str) -> bool:
    """Whether an address is this machine's own, which is reached without a proxy."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@asynccontextmanager
async def bounded(system: str, seconds: float) -> AsyncIterator[None]:
    """Everything inside takes at most `seconds`; what a network does to it is Unavailable, in words to be shown."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise Unavailable(system, f"did not answer within {seconds:g} s") from error
    except aiohttp.ClientConnectorCertificateError as error:
        raise Unavailable(system, NOT_ACCEPTED) from error
    except (aiohttp.ClientError, OSError) as error:
        raise Unavailable(system, "cannot be reached") from error
    except TooLongError as error:
        raise Unavailable(system, "gave an answer that is too long") from error


async def read_whole(response: aiohttp.ClientResponse, most: int) -> bytes:
    """The whole body, however many pieces it comes in. Raises TooLongError beyond `most` bytes."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > most:
            raise TooLongError
    return bytes(body)
