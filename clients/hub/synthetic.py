"""What a synthetic user needs: an account, a token for its own server, a start that can be followed, and an end.

The requests name one user each, so a service may have every scope for that user alone (`!user=…`): JupyterHub 5.5
applies such a filter to a user who does not exist yet, too (`scopes.py`, `needs_scope`).
"""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from http import HTTPStatus
from typing import Final

import aiohttp

from clients.answers import Json, if_object, json_object, needed, text
from clients.errors import Rejected, Unavailable
from clients.http import read_whole
from clients.hub.connection import SYSTEM, Connection, check_status, path_of, unknown
from clients.hub.progress import SpawnEvent, events

_LARGEST: Final = 1 << 20
# Of what the hub says why.
_LONGEST_MESSAGE: Final = 300
_THROTTLED: Final = 429


class SyntheticUsers(Connection):
    """Accounts that the bot makes for itself, made as `HubReader` is. Methods raise Unavailable.

    A hub answers a start once it is certain, or after `slow_spawn_timeout` (10 s, JupyterHub 5.5).
    """

    TIMEOUT = 30.0

    async def create(self, user: str) -> bool:
        """Make a user. Return False if there is one of that name. Needs the scope `admin:users!user=…`.

        Raise Rejected for a name that the hub does not take.
        """
        status, body = await self._answered("POST", path_of(user))
        match status:
            case HTTPStatus.CREATED:
                return True
            case HTTPStatus.CONFLICT:
                return False
            case HTTPStatus.BAD_REQUEST:
                raise _refused("does not make the user", body)
            case HTTPStatus.NOT_FOUND:
                # So JupyterHub answers whoever has the scope for another user (5.5, `needs_scope`).
                status = HTTPStatus.FORBIDDEN
        raise self._unexpected(status, f"admin:users!user={user}")

    async def delete(self, user: str) -> bool:
        """Delete a user. Return True once there is none, False while their server stops.

        Needs the scope `delete:users!user=…` (`admin:users!user=…` includes it). KubeSpawner deletes the claim of
        their home then, unless `delete_pvc` is off.
        """
        status, body = await self._answered("DELETE", path_of(user))
        match status:
            case HTTPStatus.NO_CONTENT | HTTPStatus.NOT_FOUND:
                return True
            case HTTPStatus.BAD_REQUEST if "stopping" in text(body, "message"):
                return False
            case HTTPStatus.BAD_REQUEST:
                raise _refused("does not delete the user", body)
        raise self._unexpected(status, f"delete:users!user={user}")

    async def token(self, user: str, note: str, seconds: int) -> str:
        """Return a token for the user's own server alone, which expires. Needs the scope `tokens!user=…`."""
        wanted = {"note": note, "expires_in": seconds, "scopes": [f"access:servers!user={user}"]}
        status, body = await self._answered("POST", f"{path_of(user)}/tokens", wanted)
        if status == HTTPStatus.CREATED:
            return needed(body, "token")
        if status == HTTPStatus.BAD_REQUEST:
            raise _refused("gives no token for the user’s server", body)
        raise self._unexpected(status, f"tokens!user={user}")

    async def start(self, user: str, options: Mapping[str, object]) -> bool:
        """Start the user's default server. Return True if it is ready, False while it starts.

        `options` are the `user_options`, such as a profile. One that runs or starts is left as it is. Needs the scope
        `servers!user=…`. Raise Rejected if the start fails at once, or the hub turns it away.
        """
        status, body = await self._answered("POST", f"{path_of(user)}/server", options)
        message = text(body, "message")
        match status:
            case HTTPStatus.CREATED:
                return True
            case HTTPStatus.ACCEPTED:
                return False
            case HTTPStatus.BAD_REQUEST if re.search(r"\balready running\b", message):
                return True
            case HTTPStatus.BAD_REQUEST if re.search(r"\bpending spawn\b", message):
                return False
            case HTTPStatus.BAD_REQUEST | HTTPStatus.INTERNAL_SERVER_ERROR:
                raise _refused("does not start the server", body)
            case HTTPStatus.NOT_FOUND:
                raise unknown(user)
        if status == _THROTTLED:
            raise _refused("turns the start away", body)
        raise self._unexpected(status, f"servers!user={user}")

    async def progress(self, user: str, seconds: float) -> AsyncIterator[SpawnEvent]:
        """Yield what the hub tells of the start of the default server, for at most `seconds`.

        Nothing is yielded where nothing starts. Needs the scope `read:servers`.
        """
        async with self._bounded(seconds):
            path = f"{path_of(user)}/server/progress"
            asked = self._ask("GET", path, {}, authorized=True, accept="text/event-stream")
            async with asked as response:
                if response.status in (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND):
                    return
                check_status(response.status, "read:servers")
                async with aclosing(events(response)) as told:  # type: ignore[type-var] # an async generator
                    async for event in told:
                        yield event

    async def _answered(self, method: str, path: str, body: Mapping[str, object] | None = None) -> tuple[int, Json]:
        async with self._bounded(), self._ask(method, path, {}, authorized=True, body=body) as response:
            return response.status, await _told(response)

    def _unexpected(self, status: int, scope: str) -> Exception:
        """Return the error for a status that no request expects."""
        try:
            check_status(status, scope)
        except Exception as error:  # noqa: BLE001 - it is returned, to be raised where mypy sees it
            return error
        return Unavailable(SYSTEM, f"answered with something unexpected ({status})")


async def _told(response: aiohttp.ClientResponse) -> Json:
    body = await read_whole(response, _LARGEST)
    return json_object(body) if response.status == HTTPStatus.CREATED and body else if_object(body)


def _refused(what: str, body: Json) -> Rejected:
    said = " ".join(text(body, "message").split())[:_LONGEST_MESSAGE].rstrip(".")
    why = f"it says “{said}”" if said else "it does not say why"
    return Rejected(SYSTEM, "refused", f"The hub {what}: {why}.")
