"""Changes of the hub: stopping of servers."""

import re
from http import HTTPStatus

from clients.answers import (
    if_object,
    text,
)
from clients.errors import Rejected, Unavailable
from clients.http import read_whole
from clients.hub.connection import LARGEST, SYSTEM, Connection, check_status, path_of, unknown

# Of what the hub says why.
_LONGEST_MESSAGE = 300


class HubWriter(Connection):
    """A writer to one hub, made as `HubReader` is. Methods take at most `timeout` seconds and raise Unavailable.

    A hub holds the DELETE of a server until it has stopped, up to `slow_stop_timeout` (10 s, JupyterHub 5.5), after
    asking its proxy and its spawner. One that goes on for longer is asked anew, which does no harm.
    """

    TIMEOUT = 30.0

    async def stop_server(self, user: str, server: str = "") -> bool:
        """Stop a user's server, the default one unless named. Return True once it is stopped, False while it stops.

        Needs the scope `delete:servers` (`servers` includes it). Raise NotFound for a user or a named server that the
        hub does not know, Rejected where the hub stops it neither now nor later.
        """
        path = path_of(user, server) if server else f"{path_of(user)}/server"
        async with self._bounded(), self._ask("DELETE", path, {}, authorized=True) as response:
            status = response.status
            said = await read_whole(response, LARGEST) if status == HTTPStatus.BAD_REQUEST else b""
        match status:
            case HTTPStatus.NO_CONTENT:
                return True
            case HTTPStatus.ACCEPTED:
                return False
            case HTTPStatus.BAD_REQUEST:
                if _is_busy(message := text(if_object(said), "message")):
                    return False
                raise _not_stopped(message)
            case HTTPStatus.NOT_FOUND:
                raise unknown(user, server)
        check_status(status, "delete:servers")
        raise Unavailable(SYSTEM, f"answered with something unexpected ({status})")


def _is_busy(message: str) -> bool:
    """Return True if a 400 says that the server starts or stops just now: “ada is pending spawn, please wait”.

    JupyterHub 1 to 4 answer so (apihandlers/users.py); 5 breaks off a start instead.
    """
    return bool(re.search(r"\bis pending\b|\bplease wait\b|\balready stopping\b", message))


def _not_stopped(message: str) -> Rejected:
    said = " ".join(message.split())[:_LONGEST_MESSAGE]
    if said.startswith("Named servers are not enabled"):
        why = "named servers are not enabled. To stop one that still runs, set hub.allowNamedServers to true again."
        return Rejected(SYSTEM, "400", f"The hub does not stop the server: {why}")
    quoted = f"“{said}”" if said else "it does not say why (400)"
    return Rejected(SYSTEM, "400", f"The hub does not stop the server: {quoted}.".replace(".”.", ".”"))
