"""What every request to a user's server shares: its name for people, its limits, and its failures."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Final

from clients.errors import Unavailable
from clients.http import bounded

SYSTEM: Final = "the user’s server"
REQUEST_SECONDS: Final = 30.0
"""How long one answer may take: a kernel that starts on a busy node takes some seconds."""
_PROXY: Final = (HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT)


@asynccontextmanager
async def limited(seconds: float = REQUEST_SECONDS) -> AsyncIterator[None]:
    """Limit everything inside to `seconds`, and turn failures into Unavailable of the user's server."""
    async with bounded(SYSTEM, seconds):
        yield


def refused(status: int, what: str) -> Unavailable:
    """Return the error for a status that `what`, a short noun phrase, does not expect."""
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return Unavailable(SYSTEM, f"refused the token that the hub gave for it ({status}, {what})")
    if status in _PROXY:
        return Unavailable(SYSTEM, f"is not reached by the proxy ({status}, {what})")
    if status == HTTPStatus.FAILED_DEPENDENCY:
        return Unavailable(SYSTEM, f"is not running any more, says the hub ({status}, {what})")
    if status == HTTPStatus.NOT_FOUND:
        return Unavailable(SYSTEM, f"is not at its address ({status}, {what}): the proxy has no route to it")
    return Unavailable(SYSTEM, f"answered with an error ({status}, {what})")
