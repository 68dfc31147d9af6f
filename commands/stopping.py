"""Waiting until the hub has stopped a server."""

from functools import partial
from typing import Final

from clients.errors import NotFound, Rejected
from commands.spec import Steps
from commands.waiting import until

# A pod gets 30 s to end by Kubernetes' default; in seconds.
PATIENCE: Final = 120.0


async def stop(user: str, server: str, do: Steps) -> str:
    """Have the hub stop a server, and wait: empty once it has stopped, else why it has not."""
    try:
        if await until(partial(_stopped, user, server, do), do, seconds=PATIENCE):
            return ""
    except Rejected as error:
        return str(error)
    if do.stopping:
        return "Somebody asked to stop waiting. The hub is still stopping the server."
    return f"The hub has been stopping it for {PATIENCE / 60:.0f} minutes."


async def _stopped(user: str, server: str, do: Steps) -> bool | None:
    try:
        stopped = await do.writes.hub.stop_server(user, server)
    except NotFound:
        return True
    if not stopped:
        do.tell("The hub is stopping it …")
    return stopped or None
