"""The event stream of a start, as JupyterHub 5.5 (`apihandlers/users.py`) and kubespawner 7.1 write it."""

import contextlib
import json
from typing import Final

from aiohttp import web

from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.clock import Clock
from sandbox.jupyterhub.users import HubUsers, User

# How often it is looked whether the server is ready, and how seldom the connection hears anything, in the sandbox's
# seconds.
_LOOK: Final = 0.1
_KEEPALIVE: Final = 8.0


class SpawnProgress:
    """The stream for a user's default server, until that is ready or is gone."""

    def __init__(self, users: HubUsers, clock: Clock) -> None:
        self._users = users
        self._clock = clock

    async def told(self, request: web.Request, user: User) -> web.StreamResponse:
        """Answer a request with the events, as long as somebody listens."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
        await response.prepare(request)
        with contextlib.suppress(ConnectionResetError):
            await self._tell(response, user)
        return response

    async def _tell(self, response: web.StreamResponse, user: User) -> None:
        await _send(response, {"progress": 0, "message": "Server requested"})
        quiet = 0.0
        while (server := user.servers.get("")) is not None and not self._users.is_ready(server):
            await self._clock.sleep(_LOOK)
            self._users.find(user.name)
            quiet += _LOOK
            if quiet >= _KEEPALIVE:
                quiet = 0.0
                await response.write(b"\n\n")
        await _send(response, _ready(user) if server else _FAILED)


_FAILED: Final[Json] = {"progress": 100, "failed": True, "message": "Spawn failed"}


def _ready(user: User) -> Json:
    return {
        "progress": 100,
        "ready": True,
        "message": f"Server ready at /user/{user.name}/",
        "url": f"/user/{user.name}/",
    }


async def _send(response: web.StreamResponse, event: Json) -> None:
    await response.write(f"data: {json.dumps(event)}\n\n".encode())
