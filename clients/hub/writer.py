"""Changes of the hub: stopping of servers, and users under another name."""

import re
from http import HTTPStatus

from clients.answers import Json, if_object, text
from clients.errors import Rejected, Unavailable
from clients.http import read_whole, segment
from clients.hub.connection import LARGEST, SYSTEM, Connection, check_status, path_of, unknown

# Of what the hub says why.
_LONGEST_MESSAGE = 300
_TAKEN = (HTTPStatus.CREATED, HTTPStatus.NO_CONTENT, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)


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

    async def rename_user(self, user: str, name: str) -> str:
        """Give a user another name, and return it as the hub writes it: in lower case.

        Groups, tokens and shares stay with the user, as does what the spawner remembers of their servers. Needs the
        scope `admin:users`. Raise NotFound, and Rejected where the name is taken or not allowed.
        """
        status, answer = await self._changed("PATCH", path_of(user), "admin:users", {"name": name})
        if status == HTTPStatus.NOT_FOUND:
            raise unknown(user)
        return text(answer, "name")

    async def create_user(self, name: str) -> bool:
        """Create a user. Return False if the hub has one of that name. Needs the scope `admin:users`."""
        status, _ = await self._changed("POST", path_of(name), "admin:users")
        return status == HTTPStatus.CREATED

    async def delete_user(self, user: str) -> bool:
        """Delete a user, whose spawners delete the claims that they remember. Return False if there is none.

        Needs the scope `delete:users`. Raise Rejected while a server of theirs stops.
        """
        status, _ = await self._changed("DELETE", path_of(user), "delete:users")
        return status == HTTPStatus.NO_CONTENT

    async def join_group(self, group: str, user: str) -> bool:
        """Make a user a member of a group. Return False if the hub has no such group. Needs the scope `groups`."""
        try:
            path = f"/hub/api/groups/{segment(group)}/users"
        except ValueError:
            return False
        status, _ = await self._changed("POST", path, "groups", {"users": [user]})
        return status == HTTPStatus.OK

    async def _changed(self, method: str, path: str, scope: str, body: Json | None = None) -> tuple[int, Json]:
        """Send a change and return its status (a success, 404 or 409) and answer. Raise Rejected for a 400."""
        async with self._bounded(), self._ask(method, path, {}, authorized=True, body=body) as response:
            status, said = response.status, if_object(await read_whole(response, LARGEST))
        if status == HTTPStatus.BAD_REQUEST:
            raise Rejected(SYSTEM, "400", f"The hub refuses it: {_quoted(text(said, 'message'))}")
        if status not in _TAKEN:
            check_status(status, scope)
        return status, said


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
    return Rejected(SYSTEM, "400", f"The hub does not stop the server: {_quoted(said)}")


def _quoted(message: str) -> str:
    """Return what the hub says of a refusal as the end of a sentence."""
    said = " ".join(message.split())[:_LONGEST_MESSAGE]
    return (f"“{said}”." if said else "it does not say why (400).").replace(".”.", ".”")
