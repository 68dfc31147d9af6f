"""The HTTP sessions of all clients: how they send requests, and which answers they accept.

A session of `session` follows no redirect, requests and accepts nothing compressed, keeps no cookie, and reads no body
without an end. Inside `bounded` every failure is Unavailable, in words that may be shown.
"""

import asyncio
import ipaddress
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import quote, urlsplit

import aiohttp
from multidict import CIMultiDict

from clients.answers import EncodedError, RedirectedError, TooLongError, UnusableError, check_parts
from clients.errors import Unavailable
from clients.instrumentation import watched

# What a system does whose certificate is not accepted.
NOT_ACCEPTED: Final = "serves a certificate that is not accepted"
# Of a body that an SDK reads by itself: the longest list of Azure's that the bot asks for has some hundred kilobytes.
_LARGEST: Final = 4 << 20
_MOST_PARTS: Final = 200_000
_REDIRECTS: Final = range(300, 400)
_NOT_MODIFIED: Final = 304


class _Bounded(aiohttp.ClientResponse):
    """A response whose `read`, by which SDKs take a body, raises TooLongError instead of reading without an end."""

    async def read(self) -> bytes:
        if self._body is None:
            try:
                self._body = await read_whole(self, _LARGEST)
                check_parts(self._body, _MOST_PARTS)
            except BaseException:
                self.close()
                raise
        return await super().read()


async def _unencoded(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    response = await handler(request)
    encoding: str = response.headers.get("Content-Encoding", "identity")
    if encoding.strip().lower() not in ("", "identity"):
        response.close()
        raise EncodedError
    return response


async def _at_home(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    response = await handler(request)
    if response.status in _REDIRECTS and response.status != _NOT_MODIFIED:
        response.close()
        raise RedirectedError(f"answered with a redirect ({response.status}), which the bot does not follow")
    return response


def session_options(system: str, url: str, *carries: str) -> dict[str, Any]:
    """Return the keyword arguments of an aiohttp session for `url`; for SDKs that make their own.

    `system` and `carries` are those of `clients.instrumentation.watched`; without `system` nothing is observed.
    """
    return {
        "trust_env": not is_loopback(url),
        "trace_configs": watched(system, *carries) if system else [],
        "auto_decompress": False,
        "headers": CIMultiDict({"Accept-Encoding": "identity"}),
        "middlewares": (_unencoded, _at_home),
        "response_class": _Bounded,
    }


def session(system: str, url: str, *carries: str) -> aiohttp.ClientSession:
    """Return a session for `url`, to be closed by the caller; see `session_options`."""
    return aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), **session_options(system, url, *carries))


def headers_session(system: str, url: str, *, direct: bool = False) -> aiohttp.ClientSession:
    """Return a session for reading status and headers only, those of redirects too, which must not be followed.

    With `direct` no proxy is used, which would hide what is examined.
    """
    options = session_options(system, url) | {"middlewares": ()} | ({"trust_env": False} if direct else {})
    return aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), **options)


def segment(name: str) -> str:
    """Return `name` quoted as one segment of a path.

    Raise ValueError for what quoting does not make harmless: an empty name, dots alone (a server or a gateway may
    resolve them: RFC 3986, 5.2.4), and text that is not Unicode.
    """
    if not name.strip("."):
        raise ValueError("no name: nothing, or dots alone")
    # A lone surrogate, which JSON can carry, is a UnicodeEncodeError and thereby a ValueError.
    return quote(name, safe="")


def authorization(system: str, scheme: str, token: str) -> dict[str, str]:
    """Return the Authorization header. Raise Unavailable of `system` for a token that no header can carry."""
    if not (token.isascii() and token.isprintable()):
        raise Unavailable(system, "cannot be queried: the bot's token for it has characters that no token has")
    return {"Authorization": f"{scheme} {token}"}


def is_loopback(url: str) -> bool:
    """Return True if an address is this machine's own, which is reached without a proxy."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@asynccontextmanager
async def bounded(system: str, seconds: float) -> AsyncIterator[None]:
    """Limit everything inside to `seconds`, and turn failures of the network or of an answer into Unavailable."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise Unavailable(system, f"did not answer within {seconds:g} s") from error
    except (aiohttp.ClientError, OSError, UnusableError) as error:
        raise Unavailable(system, _wrong(error)) from error


def _wrong(error: Exception) -> str:
    if isinstance(error, UnusableError):
        return error.what
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return NOT_ACCEPTED
    return "cannot be reached"


def unreachable(error: Exception) -> str:
    """Return the predicate of Unavailable for a failed connection or an unusable answer, as exact as possible."""
    if isinstance(error, UnusableError):
        return error.what
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
        return "serves a certificate that is not trusted"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "cannot be found: its name does not resolve"
    if isinstance(error, aiohttp.ClientConnectorError):
        return "cannot be reached: the connection was refused"
    return "broke off the connection"


async def read_whole(response: aiohttp.ClientResponse, most: int) -> bytes:
    """Return the whole body, however many pieces it comes in. Raise TooLongError beyond `most` bytes."""
    if (response.content_length or 0) > most:
        raise TooLongError
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > most:
            raise TooLongError
    return bytes(body)


async def lines(response: aiohttp.ClientResponse, longest: int, *, cut: bool) -> AsyncGenerator[list[bytes], None]:
    """Yield the lines of a body, those that arrive together at a time; the last may have no end.

    A line beyond `longest` bytes is cut into several; without `cut` it raises TooLongError.
    """
    rest = bytearray()
    async for chunk in response.content.iter_any():
        # Only what is new is searched: a long line would else be read again with every piece of it.
        end = chunk.rfind(b"\n")
        whole: list[bytes] = []
        if end >= 0:
            rest += chunk[:end]
            whole, rest = bytes(rest).split(b"\n"), bytearray()
        rest += chunk[end + 1 :]
        if len(rest) > longest:
            if not cut:
                raise TooLongError
            whole, rest = [*whole, bytes(rest)], bytearray()
        if whole:
            yield whole
    if rest:
        yield [bytes(rest)]
