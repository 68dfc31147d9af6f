"""What the plain HTTP clients have in common: names that become part of an address, answers of a bounded length."""

import ipaddress
from urllib.parse import quote, urlsplit

import aiohttp


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


async def read_whole(response: aiohttp.ClientResponse, most: int) -> bytes:
    """The whole body, however many pieces it comes in. Raises TooLongError beyond `most` bytes."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > most:
            raise TooLongError
    return bytes(body)
