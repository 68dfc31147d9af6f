"""Microsoft Graph, as far as it tells who is in which group: a few endpoints by plain HTTP.

Read against Graph v1.0. Membership through other groups counts (`checkMemberGroups` is transitive).
"""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from clients.errors import NotFound, Unavailable
from clients.http import TooLongError, is_loopback, read_whole, segment
from clients.identity import Token

Json = dict[str, Any]

SYSTEM: Final = "Microsoft Graph"
# Graph takes at most so many ids in one checkMemberGroups.
IDS_A_CALL: Final = 20
_LARGEST: Final = 1 << 20
# Entra's longest user principal name has 113 characters.
_LONGEST_NAME: Final = 200
# Whoever waits for a card does not wait longer for Graph to recover; nor is it asked meanwhile.
_LONGEST_PAUSE: Final = 60.0
_PERMISSIONS: Final = "User.Read.All and GroupMember.Read.All"
_GUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True)
class DirectoryUser:
    """A person of the tenant. `upn` is the user principal name, in the directory's spelling."""

    object_id: str
    name: str
    upn: str


class Directory:
    """Asks Graph about people. Every method takes at most `timeout` seconds and raises Unavailable.

    `token` gives a bearer token for Graph and is asked for each call. After "too many requests" nothing is sent until
    the time that Graph asked for is over, a minute at most. Raises ValueError for an address that is not plain http
    or https.
    """

    def __init__(self, base_url: str, token: Token, *, timeout: float = 5.0) -> None:
        address = urlsplit(base_url)
        if address.scheme not in ("http", "https") or not address.hostname or address.username or address.query:
            raise ValueError("Graph's address must be a plain http or https address")
        self._root = base_url.rstrip("/")
        self._loopback = is_loopback(base_url)
        self._token = token
        self._timeout = timeout
        self._session: aiohttp.ClientSession | None = None
        self._pause_until = 0.0

    async def close(self) -> None:
        """Close the session. The next call would open another."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def member_groups(self, object_id: str, group_ids: Collection[str]) -> frozenset[str]:
        """Which of the groups the person is in, directly or through other groups. Nobody knows a stranger: none.

        Group ids are answered in Graph's spelling, which is lower case.
        """
        if not _GUID.fullmatch(object_id):
            return frozenset()
        wanted = sorted(group_ids)
        parts = [wanted[start : start + IDS_A_CALL] for start in range(0, len(wanted), IDS_A_CALL)]
        async with self._bounded():
            found = await asyncio.gather(*(self._check_member_groups(object_id, part) for part in parts))
        return frozenset[str]().union(*found)

    async def _check_member_groups(self, object_id: str, ids: list[str]) -> frozenset[str]:
        path = f"/v1.0/users/{object_id}/checkMemberGroups"
        status, answer = await self._ask("POST", path, {}, {"groupIds": ids})
        if status == HTTPStatus.NOT_FOUND:
            return frozenset()
        listed = answer.get("value")
        if not isinstance(listed, list):
            raise Unavailable(SYSTEM, "gave an answer that cannot be read")
        return frozenset(str(one).lower() for one in listed)

    async def user(self, object_id_or_upn: str) -> DirectoryUser:
        """The person behind an object id or a user principal name. Raises NotFound."""
        path = f"/v1.0/users/{_name(object_id_or_upn)}"
        async with self._bounded():
            status, answer = await self._ask("GET", path, {"$select": "id,displayName,userPrincipalName"})
        if status == HTTPStatus.NOT_FOUND:
            raise NotFound(f"{SYSTEM} knows nobody of that name")
        if not isinstance(answer.get("id"), str):
            raise Unavailable(SYSTEM, "gave an answer that cannot be read")
        return DirectoryUser(
            answer["id"], str(answer.get("displayName") or ""), str(answer.get("userPrincipalName") or "")
        )

    async def _ask(
        self, method: str, path: str, query: Mapping[str, str], body: Json | None = None
    ) -> tuple[int, Json]:
        self._check_pause()
        token = await self._token()
        # Meanwhile Graph may have asked for peace.
        self._check_pause()
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self._session = self._session or aiohttp.ClientSession(trust_env=not self._loopback)
        url = URL(self._root + path, encoded=True).update_query(query)
        async with self._session.request(method, url, headers=headers, json=body, allow_redirects=False) as response:
            content = await _read(response)
            self._check(response.status, response.headers.get("Retry-After", ""))
            return response.status, _object(content)

    def _check_pause(self) -> None:
        left = self._pause_until - time.monotonic()
        if left > 0:
            raise Unavailable(SYSTEM, f"was asked too often: try again in {left:.0f} s")

    def _check(self, status: int, retry_after: str) -> None:
        match status:
            case HTTPStatus.OK | HTTPStatus.NOT_FOUND:
                return
            case HTTPStatus.TOO_MANY_REQUESTS | HTTPStatus.SERVICE_UNAVAILABLE:
                pause = min(float(retry_after) if retry_after.isdecimal() else 1.0, _LONGEST_PAUSE)
                self._pause_until = time.monotonic() + pause
                raise Unavailable(SYSTEM, f"was asked too often: try again in {pause:.0f} s")
            case HTTPStatus.UNAUTHORIZED:
                raise Unavailable(SYSTEM, "refused the bot’s token (401)")
            case HTTPStatus.FORBIDDEN:
                raise Unavailable(SYSTEM, f"refused (403): the bot needs the application permissions {_PERMISSIONS}")
        raise Unavailable(SYSTEM, f"answered with an error ({status})")

    @asynccontextmanager
    async def _bounded(self) -> AsyncIterator[None]:
        """Everything inside takes at most `timeout` seconds, and fails in words that can be shown."""
        try:
            async with asyncio.timeout(self._timeout):
                yield
        except TimeoutError as error:
            raise Unavailable(SYSTEM, f"did not answer within {self._timeout:g} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise Unavailable(SYSTEM, "cannot be reached") from error


def _name(object_id_or_upn: str) -> str:
    """The name as part of a path. Raises NotFound for what nobody can be called."""
    try:
        if len(object_id_or_upn) <= _LONGEST_NAME:
            return segment(object_id_or_upn)
    except ValueError:
        pass
    raise NotFound(f"{SYSTEM} knows nobody of that name")


async def _read(response: aiohttp.ClientResponse) -> bytes:
    try:
        return await read_whole(response, _LARGEST)
    except TooLongError as error:
        raise Unavailable(SYSTEM, "gave an answer that is too long") from error


def _object(content: bytes) -> Json:
    try:
        answer = json.loads(content)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
