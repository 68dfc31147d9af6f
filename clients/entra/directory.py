"""Microsoft Graph, limited to people and their groups.

Read against Graph v1.0. Membership through other groups counts (`checkMemberGroups` is transitive).
"""

import asyncio
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from clients.answers import Json, number, part, parts, text
from clients.azure.identity import Token
from clients.entra.graph import SYSTEM, Graph, unreadable
from clients.errors import NotFound
from clients.http import segment

__all__ = ["SYSTEM", "Directory", "DirectoryUser"]

# Graph takes at most so many ids in one checkMemberGroups, objects in one getByIds, requests in one $batch.
IDS_A_CALL: Final = 20
OBJECTS_A_CALL: Final = 1000
REQUESTS_A_CALL: Final = 20
_BY_ID: Final = "/v1.0/directoryObjects/getByIds"
_FIELDS: Final = "id,displayName,userPrincipalName,accountEnabled"
# Entra's longest user principal name has 113 characters.
_LONGEST_NAME: Final = 200
_NEEDS: Final = "the application permissions User.Read.All and GroupMember.Read.All"
_GUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True)
class DirectoryUser:
    """A person of the tenant. `upn` is the user principal name, in the directory's spelling.

    `enabled` is False for one who is kept, but may not log in.
    """

    object_id: str
    name: str
    upn: str
    enabled: bool = True


class Directory:
    """A client of Graph for people. Every method takes at most `timeout` seconds and raises Unavailable.

    `token` returns a bearer token for Graph and is called for each request. After "too many requests" nothing is sent
    until the time that Graph asked for is over, a minute at most. Raises ValueError for an address that is not plain
    http or https.
    """

    def __init__(self, base_url: str, token: Token, *, timeout: float = 5.0) -> None:
        self._graph = Graph(base_url, token, needs=_NEEDS, timeout=timeout)

    async def close(self) -> None:
        """Close the session. The next call opens another."""
        await self._graph.close()

    async def member_groups(self, object_id: str, group_ids: Collection[str]) -> frozenset[str]:
        """Return those of the groups that the person is in, directly or through other groups.

        Nobody by that id is in none. Group ids are returned in Graph's spelling, which is lower case.
        """
        if not _GUID.fullmatch(object_id):
            return frozenset()
        wanted = sorted(group_ids)
        parts = [wanted[start : start + IDS_A_CALL] for start in range(0, len(wanted), IDS_A_CALL)]
        async with self._graph.bounded():
            found = await asyncio.gather(*(self._check_member_groups(object_id, part) for part in parts))
        return frozenset[str]().union(*found)

    async def _check_member_groups(self, object_id: str, ids: list[str]) -> frozenset[str]:
        path = f"/v1.0/users/{object_id}/checkMemberGroups"
        status, answer = await self._graph.ask("POST", path, {}, {"groupIds": ids})
        if status == HTTPStatus.NOT_FOUND:
            return frozenset()
        listed = answer.get("value")
        if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
            raise unreadable()
        return frozenset(one.lower() for one in listed)

    async def user(self, object_id_or_upn: str) -> DirectoryUser:
        """Return the person with an object id or a user principal name. Raise NotFound."""
        path = f"/v1.0/users/{_name(object_id_or_upn)}"
        async with self._graph.bounded():
            status, answer = await self._graph.ask("GET", path, {"$select": "id,displayName,userPrincipalName"})
        if status == HTTPStatus.NOT_FOUND:
            raise NotFound(f"{SYSTEM} knows nobody by that name")
        return _user(answer)

    async def by_id(self, object_ids: Collection[str]) -> dict[str, DirectoryUser]:
        """Return those of these people whom the directory has, by object id in lower case; a thousand a request."""
        wanted = sorted({one.lower() for one in object_ids if _GUID.fullmatch(one)})
        found: dict[str, DirectoryUser] = {}
        for first in range(0, len(wanted), OBJECTS_A_CALL):
            body: Json = {"ids": wanted[first : first + OBJECTS_A_CALL], "types": ["user"]}
            async with self._graph.bounded():
                status, answer = await self._graph.ask("POST", _BY_ID, {"$select": _FIELDS}, body)
            if status != HTTPStatus.OK or not isinstance(answer.get("value"), list):
                raise unreadable()
            found |= {one.object_id.lower(): one for one in map(_user, parts(answer, "value"))}
        return found

    async def by_name(self, upns: Collection[str]) -> dict[str, DirectoryUser]:
        """Return those of these people whom the directory has, by the names as given; twenty a request (`$batch`).

        Raise Unavailable where Graph answers part of it with "too many requests": nothing is sent then for as long as
        it asks for.
        """
        wanted = sorted({one for one in upns if _is_sendable(one)})
        found: dict[str, DirectoryUser] = {}
        for first in range(0, len(wanted), REQUESTS_A_CALL):
            found |= await self._batch(wanted[first : first + REQUESTS_A_CALL])
        return found

    async def _batch(self, upns: Sequence[str]) -> dict[str, DirectoryUser]:
        asked = [
            {"id": str(place), "method": "GET", "url": f"/users/{_name(upn)}?$select={_FIELDS}"}
            for place, upn in enumerate(upns)
        ]
        async with self._graph.bounded():
            _, answer = await self._graph.ask("POST", "/v1.0/$batch", {}, {"requests": asked})
        answers = {text(one, "id"): one for one in parts(answer, "responses")}
        if len(answers) != len(upns):
            raise unreadable()
        found: dict[str, DirectoryUser] = {}
        for place, upn in enumerate(upns):
            one = answers.get(str(place), {})
            self._graph.check(number(one, "status"), text(part(one, "headers"), "Retry-After"))
            if number(one, "status") == HTTPStatus.OK:
                found[upn] = _user(part(one, "body"))
        return found


def _user(answer: Json) -> DirectoryUser:
    if not (object_id := text(answer, "id")):
        raise unreadable()
    enabled = answer.get("accountEnabled") is not False
    return DirectoryUser(object_id, text(answer, "displayName"), text(answer, "userPrincipalName"), enabled)


def _is_sendable(upn: str) -> bool:
    try:
        return bool(_name(upn))
    except NotFound:
        return False


def _name(object_id_or_upn: str) -> str:
    """Return the name quoted as one segment of a path. Raise NotFound for a name that nobody can have."""
    try:
        if len(object_id_or_upn) <= _LONGEST_NAME:
            return segment(object_id_or_upn)
    except ValueError:
        pass
    raise NotFound(f"{SYSTEM} knows nobody by that name")
