"""Logs of containers, in one piece or followed. Nothing is redacted here: that is up to whoever shows them."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import timedelta
from typing import Final

import aiohttp

from clients.errors import NotFound
from clients.http import lines
from clients.kube.api import BadRequest, KubeApi

MOST_BYTES: Final = 2**20
_LONGEST_LINE: Final = 2**16
# Between two lines of a followed log nothing may be heard for as long as this, in seconds: an idle program is no fault.
_LONGEST_SILENCE: Final = 600.0
_WHAT: Final = "read a log"


class Logs:
    """The logs of the containers of the pod at `path`. Every method raises Unavailable and NotFound."""

    def __init__(self, api: KubeApi, path: str) -> None:
        self._api = api
        self._path = f"{path}/log"

    async def last(
        self, container: str, *, since: timedelta | None, count: int, previous: bool, stamped: bool = False
    ) -> str:
        """Return the last `count` lines, of the last `since` if given; at most MOST_BYTES bytes from their beginning.

        With `stamped`, each begins with the time that the node recorded for it, in RFC 3339, and a space.
        """
        query = _query(container, since, count) | {"limitBytes": str(MOST_BYTES)}
        query |= {name: "true" for name, asked in (("previous", previous), ("timestamps", stamped)) if asked}
        async with self._api.bounded(_WHAT):
            try:
                async with self._api.open(self._path, _WHAT, query, aiohttp.ClientTimeout(total=None)) as response:
                    return await _text(response)
            except BadRequest as error:
                raise _no_log(container, previous=previous) from error

    async def follow(self, container: str, *, since: timedelta | None, count: int) -> AsyncGenerator[list[str], None]:
        """Yield these lines, then new ones as they come, until the container ends or the caller stops."""
        query = _query(container, since, count) | {"follow": "true"}
        limits = aiohttp.ClientTimeout(sock_connect=self._api.timeout, sock_read=_LONGEST_SILENCE)
        try:
            async with (
                self._api.open(self._path, _WHAT, query, limits) as response,
                aclosing(lines(response, _LONGEST_LINE, cut=True)) as batches,
            ):
                async for batch in batches:
                    yield [_decoded(line) for line in batch]
        except BadRequest as error:
            raise _no_log(container, previous=False) from error


def _query(container: str, since: timedelta | None, count: int) -> dict[str, str]:
    """Return the query parameters. Kubernetes counts in whole seconds, and refuses 0."""
    query = {"container": container, "tailLines": str(max(0, count))}
    if since is not None:
        query["sinceSeconds"] = str(max(1, round(since.total_seconds())))
    return query


async def _text(response: aiohttp.ClientResponse) -> str:
    """Return the log, cut to MOST_BYTES here as well: a proxy in between may not know the limit."""
    content = bytearray()
    async for chunk in response.content.iter_any():
        content += chunk
        if len(content) >= MOST_BYTES:
            break
    return _decoded(bytes(content[:MOST_BYTES]))


def _decoded(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def _no_log(container: str, *, previous: bool) -> NotFound:
    if previous:
        return NotFound(f"Container {container} has not been started before, so there is no earlier log of it")
    return NotFound(f"Container {container} has no log: it has not started, or no container has that name")
