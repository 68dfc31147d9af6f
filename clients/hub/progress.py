"""The hub's account of a start: the event stream of `…/server/progress` (JupyterHub 1.0 to 6.1).

Each event is a line `data: {…}`; lines without one keep the connection open. The last event says that the server is
ready, or that it has failed.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

import aiohttp

from clients.answers import TooLongError, UnusableError, json_object, number, text
from clients.http import lines

_DATA: Final = b"data:"
_LONGEST_LINE: Final = 64 * 1024
_LONGEST_MESSAGE: Final = 300
# Of a whole stream: an event has some hundred bytes, and a start some hundred events.
_LARGEST: Final = 4 << 20


@dataclass(frozen=True)
class SpawnEvent:
    """A moment of a start. `progress` is a percentage; a start that has ended is `ready` or `failed`."""

    message: str
    progress: int = 0
    ready: bool = False
    failed: bool = False


async def events(response: aiohttp.ClientResponse) -> AsyncIterator[SpawnEvent]:
    """Yield the events of a stream until the start has ended. Raise TooLongError for a stream without an end."""
    taken = 0
    async for several in lines(response, _LONGEST_LINE, cut=True):
        taken += sum(map(len, several)) + len(several)
        if taken > _LARGEST:
            raise TooLongError
        for event in filter(None, map(_event, several)):
            yield event
            if event.ready or event.failed:
                return


def _event(line: bytes) -> SpawnEvent | None:
    """Return the event of a line, None for one without an event or with one that cannot be read."""
    if not line.startswith(_DATA):
        return None
    try:
        told = json_object(line.removeprefix(_DATA))
    except UnusableError:
        return None
    message = " ".join(text(told, "message").split())[:_LONGEST_MESSAGE]
    return SpawnEvent(message, number(told, "progress"), told.get("ready") is True, told.get("failed") is True)
