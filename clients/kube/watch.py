"""Watches on the objects of one kind: list once, then apply what the API server streams.

A watch may end at any time, by its own time limit, a dropped connection or a resource version that was compacted away
(410); it is resumed without the caller noticing, except that nothing new arrives meanwhile.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from http import HTTPStatus
from typing import Generic, TypeVar

import aiohttp

from clients.answers import Json, UnreadableError, UnusableError, json_object, part, text
from clients.errors import Unavailable
from clients.http import lines
from clients.kube.api import SYSTEM, Expired, KubeApi
from clients.kube.listing import read_all
from clients.kube.pods import Pod

# The server ends each watch after this many seconds: a connection that silently died is noticed by then.
WATCH_SECONDS = 10
LONGEST_LINE = 16 * 2**20
# More than any hub has of one kind; what is followed is kept in memory.
MOST_KEPT = 100_000
SHORTEST_PAUSE, LONGEST_PAUSE = 0.2, 5.0

T = TypeVar("T")


class Watch(Generic[T]):
    """The objects of a kind at `path`, current in `items` by UID, each as `read` makes it of its JSON (None: left out).

    `what` describes the request in errors ("list pods"). `most` bounds how many are kept: beyond it those go that have
    not changed for longest. `last_answer` is when the API server last answered, by the event loop's clock.
    """

    def __init__(
        self,
        api: KubeApi,
        path: str,
        what: str,
        kind: str,
        read: Callable[[Json], T | None],
        *,
        selector: str = "",
        most: int | None = None,
    ) -> None:
        self.items: dict[str, T] = {}
        self.last_answer = 0.0
        self._api = api
        self._path = path
        self._what = what
        self._kind = kind
        self._read = read
        self._selector = {"labelSelector": selector} if selector else {}
        self._most = most
        self._version = ""

    async def changes(self, patience: float = 60.0) -> AsyncGenerator[bool, None]:
        """Yield True once `items` are listed, then at each answer True if they changed, without an end.

        Changes that arrive together count as one. Raise Unavailable when the first list fails, or when nothing worked
        for `patience` seconds.
        """
        await self._list()
        yield True
        loop, pause = asyncio.get_running_loop(), SHORTEST_PAUSE
        while True:
            try:
                async with aclosing(self._until_its_end()) as changes:
                    async for changed in changes:
                        self.last_answer, pause = loop.time(), SHORTEST_PAUSE
                        yield changed
            except Unavailable:
                if loop.time() - self.last_answer > patience:
                    raise
                pause = min(pause * 2, LONGEST_PAUSE)
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads load, guards nothing

    async def _list(self) -> None:
        async with self._api.bounded(self._what):
            self.items, self._version = await read_all(
                self._api, self._path, self._what, self._kind, self._selector, self._read
            )
        self._drop_oldest()
        self.last_answer = asyncio.get_running_loop().time()

    async def _until_its_end(self) -> AsyncGenerator[bool, None]:
        """Run one watch to its end; after each batch of lines yield True if it changed anything."""
        try:
            async with aclosing(self._batches()) as batches:
                async for batch in batches:
                    yield self._apply(batch)
        except UnusableError as error:
            raise Unavailable(SYSTEM, f"{error.what} (asked to {self._what})") from error
        except Expired:
            before = self.items
            await self._list()
            yield self.items != before

    async def _batches(self) -> AsyncGenerator[list[bytes], None]:
        query = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": self._version,
            "timeoutSeconds": str(WATCH_SECONDS),
            **self._selector,
        }
        limits = aiohttp.ClientTimeout(sock_connect=self._api.timeout, sock_read=WATCH_SECONDS + self._api.timeout)
        async with self._api.open(self._path, self._what.replace("list", "watch"), query, limits) as response:
            yield []
            async with aclosing(lines(response, LONGEST_LINE, cut=False)) as batches:
                async for batch in batches:
                    yield batch

    def _apply(self, batch: list[bytes]) -> bool:
        changes = [self._apply_one(line) for line in batch if line.strip()]
        self._drop_oldest()
        if len(self.items) > MOST_KEPT:
            raise Unavailable(SYSTEM, f"has more than {MOST_KEPT} objects where the bot was to {self._what}")
        return any(changes)

    def _apply_one(self, line: bytes) -> bool:
        change = json_object(line)
        kind, thing = change.get("type"), part(change, "object")
        if kind == "ERROR":
            raise Expired if thing.get("code") == HTTPStatus.GONE else Unavailable(SYSTEM, "ended the watch")
        if text(thing, "kind") != self._kind:
            raise UnreadableError
        metadata = part(thing, "metadata")
        self._version = text(metadata, "resourceVersion") or self._version
        if kind not in ("ADDED", "MODIFIED", "DELETED"):
            return False
        uid = text(metadata, "uid")
        # Taken out first, so that the order is that of the last change.
        before = self.items.pop(uid, None)
        if kind == "DELETED":
            return before is not None
        now = self._read(thing)
        if now is not None:
            self.items[uid] = now
        return now != before

    def _drop_oldest(self) -> None:
        while self._most is not None and len(self.items) > self._most:
            del self.items[next(iter(self.items))]


class PodWatch:
    """The pods at `path` that match `selector`, kept current.

    Raises Unavailable when nothing worked for `patience` seconds; the first list is not tried twice.
    """

    def __init__(self, api: KubeApi, path: str, selector: str, *, patience: float = 60.0) -> None:
        self._watch = Watch(api, path, "list pods", "Pod", Pod.from_json, selector=selector)
        self._patience = patience

    async def snapshots(self) -> AsyncGenerator[list[Pod], None]:
        """Yield the complete list now, and again after each change; changes that arrive together count as one."""
        async with aclosing(self._watch.changes(self._patience)) as changes:
            async for changed in changes:
                if changed:
                    yield sorted(self._watch.items.values(), key=lambda pod: pod.name)
