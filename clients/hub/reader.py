"""Reads of the hub: its version, its users and their servers."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from aiohttp import ClientSession

from clients.answers import (
    Json,
    UnreadableError,
    UnusableError,
    decoded,
    if_object,
    json_object,
    needed,
    text,
)
from clients.errors import NotFound, Unavailable
from clients.http import read_whole
from clients.hub.connection import LARGEST, SYSTEM, Connection, check_status, is_refused, path_of, unknown
from clients.hub.spawns import SpawnCounts, SpawnHistory, SpawnReading
from clients.hub.users import HubUser, next_offset, user_of, users_on

# JupyterHub's own largest page (`api_page_max_limit`).
PAGE = 200
MOST_PAGES = 1000
_BLIND = "does not report on servers: the bot's token needs the scope read:servers"
_NOT_PERMITTED = (HTTPStatus.FORBIDDEN, HTTPStatus.UNAUTHORIZED)
PAGINATED = "application/jupyterhub-pagination+json"


class HubReader(Connection):
    """A reader of one hub. Every method takes at most `timeout` seconds and raises Unavailable.

    `base_url` is the hub's address without `/hub`, or with it, or with `/hub/api`. `token` is called for each request;
    it is sent to that address alone: no redirect is followed. `session` makes the one HTTP session, closed by `close`.
    Raises ValueError for an address that is not http or https.
    """

    def __init__(
        self,
        base_url: str,
        token: Callable[[], Awaitable[str]],
        session: Callable[[], ClientSession] | None = None,
        *,
        timeout: float = 5.0,
    ) -> None:
        super().__init__(base_url, token, session, timeout=timeout)
        self._spawns = SpawnHistory()

    async def version(self) -> str:
        """Return JupyterHub's version, such as "5.2.1". Needs no scope, and not even a token that the hub accepts."""
        async with self._bounded():
            return needed(await self._object("/hub/api/", scope=""), "version")

    async def users(self, state: str | None = None) -> list[HubUser]:
        """Return the users in `state`: "active" (with a server), "ready", "inactive", or None for all.

        Needs the scopes `list:users`, `read:servers` and `read:users:activity`; without `read:servers` the hub would
        count no servers at all, so that is Unavailable, too. The time-out is for each page of 200.
        """
        items = [item async for item in self._user_items(state)]
        if items and not any("servers" in item for item in items):
            raise Unavailable(SYSTEM, _BLIND)
        with _readable():
            return [user_of(item) for item in items]

    async def user(self, name: str) -> HubUser:
        """Return one user by the hub's exact name, with the servers that run, start or stop. Raise NotFound.

        Needs the scopes `read:users` and `read:servers`; without the latter it is Unavailable, as in `users`.
        """
        path = path_of(name)
        async with self._bounded():
            async with self._ask("GET", path, {}, authorized=True, accept="application/json") as response:
                status = response.status
                body = await read_whole(response, LARGEST) if status == HTTPStatus.OK else b""
            if status == HTTPStatus.NOT_FOUND:
                raise unknown(name)
            await self._check(status, "read:users")
            item = json_object(body)
            found = user_of(item)
        if "servers" not in item:
            raise Unavailable(SYSTEM, _BLIND)
        return found

    async def scopes(self) -> frozenset[str]:
        """Return the scopes of the bot's own token, those that others include among them; empty before JupyterHub 2."""
        async with self._bounded():
            try:
                answer = await self._object("/hub/api/user", scope="")
            except NotFound:
                return frozenset()
        found = answer.get("scopes")
        return frozenset(map(str, found)) if isinstance(found, list) else frozenset()

    async def spawns(self, within: timedelta) -> SpawnCounts | None:
        """Return how many starts the hub counted within that time, as far as this process has read its counters.

        None if the hub does not let the bot read them: that needs the scope `read:metrics`.
        """
        async with self._bounded(), self._ask("GET", "/hub/metrics", {}, authorized=True) as response:
            if response.status in _NOT_PERMITTED:
                return None
            check_status(response.status, "read:metrics")
            metrics = (await read_whole(response, LARGEST)).decode("utf-8", "replace")
        self._spawns.keep(SpawnReading.from_text(metrics, datetime.now(UTC)))
        return self._spawns.growth(within)

    async def _user_items(self, state: str | None) -> AsyncIterator[Json]:
        offset = 0
        for _ in range(MOST_PAGES):
            query = {"limit": str(PAGE), "offset": str(offset), **({"state": state} if state else {})}
            async with self._bounded():
                page = await self._answer("/hub/api/users", query, scope="list:users", accept=PAGINATED)
                listed = users_on(page)
            for item in listed:
                yield item
            following = next_offset(page)
            if following <= offset:
                return
            offset = following

    async def _object(self, path: str, *, scope: str) -> Json:
        answer = await self._answer(path, {}, scope=scope, accept="application/json")
        if not isinstance(answer, dict):
            raise UnreadableError
        return answer

    async def _answer(self, path: str, query: Mapping[str, str], *, scope: str, accept: str) -> object:
        async with self._ask("GET", path, query, authorized=True, accept=accept) as response:
            status = response.status
            body = await read_whole(response, LARGEST) if status == HTTPStatus.OK else b""
        await self._check(status, scope)
        return decoded(body)

    async def _check(self, status: int, scope: str) -> None:
        """Raise Unavailable or NotFound for any status but 200. A hub that refuses is asked how old it is."""
        check_status(status, scope, await self._open_version() if scope and is_refused(status) else "")

    async def _open_version(self) -> str:
        """Return JupyterHub's version, which it tells everybody; empty if it does not."""
        async with self._ask("GET", "/hub/api/", {}, authorized=False, accept="application/json") as response:
            if response.status != HTTPStatus.OK:
                return ""
            return text(if_object(await read_whole(response, LARGEST)), "version")


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except UnusableError as error:
        raise Unavailable(SYSTEM, error.what) from error
