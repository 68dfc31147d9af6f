"""Following the pods of a namespace: list once, then apply what the API server streams.

A watch may end at any time, by its own time limit, a dropped connection or a resource version that was
compacted away (410); each is mended without the caller noticing, except that nothing new is heard meanwhile.
"""

import asyncio
import json
import random
from collections.abc import AsyncGenerator
from contextlib import aclosing
from http import HTTPStatus

import aiohttp

from clients.errors import Unavailable
from clients.kube.api import SYSTEM, Expired, Json, KubeApi
from clients.kube.fields import part, text
from clients.kube.listing import list_all
from clients.kube.pods import Pod

# The server ends each watch after this many seconds: a connection that silently died is noticed by then.
WATCH_SECONDS = 10
LONGEST_LINE = 16 * 2**20
SHORTEST_PAUSE, LONGEST_PAUSE = 0.2, 5.0


class PodWatch:
    """The pods at `path` that match `selector`, kept current.

    Gives up with Unavailable when nothing worked for `patience` seconds; the first list is not tried twice.
    """

    def __init__(self, api: KubeApi, path: str, selector: str, *, patience: float = 60.0) -> None:
        self._api = api
        self._path = path
        self._selector = selector
        self._patience = patience
        self._pods: dict[str, Pod] = {}
        self._version = ""

    async def snapshots(self) -> AsyncGenerator[list[Pod], None]:
        """The complete list now, and again after each change; changes that arrive together count as one."""
        await self._list()
        yield self._snapshot()
        loop = asyncio.get_running_loop()
        worked, pause = loop.time(), SHORTEST_PAUSE
        while True:
            try:
                async with aclosing(self._changes()) as changes:
                    async for changed in changes:
                        worked, pause = loop.time(), SHORTEST_PAUSE
                        if changed:
                            yield self._snapshot()
            except Unavailable:
                if loop.time() - worked > self._patience:
                    raise
                pause = min(pause * 2, LONGEST_PAUSE)
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads load, guards nothing

    def _snapshot(self) -> list[Pod]:
        return sorted(self._pods.values(), key=lambda pod: pod.name)

    async def _list(self) -> None:
        async with self._api.bounded("list pods"):
            items, self._version = await list_all(self._api, self._path, "list pods", {"labelSelector": self._selector})
        self._pods = {text(part(item, "metadata"), "uid"): Pod.from_json(item) for item in items}

    async def _changes(self) -> AsyncGenerator[bool, None]:
        """Run one watch to its end; True after each batch of lines that changed a pod, False if none did."""
        try:
            async with aclosing(self._batches()) as batches:
                async for lines in batches:
                    yield self._apply(lines)
        except Expired:
            before = self._pods
            await self._list()
            yield self._pods != before

    async def _batches(self) -> AsyncGenerator[list[bytes], None]:
        query = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": self._version,
            "timeoutSeconds": str(WATCH_SECONDS),
            **({"labelSelector": self._selector} if self._selector else {}),
        }
        limits = aiohttp.ClientTimeout(sock_connect=self._api.timeout, sock_read=WATCH_SECONDS + self._api.timeout)
        rest = b""
        async with self._api.open(self._path, "watch pods", query, limits) as response:
            yield []
            async for chunk in response.content.iter_any():
                *lines, rest = (rest + chunk).split(b"\n")
                if len(rest) > LONGEST_LINE:
                    raise Unavailable(SYSTEM, "sent a change that is too long")
                if lines:
                    yield lines

    def _apply(self, lines: list[bytes]) -> bool:
        changes = [self._apply_one(line) for line in lines if line.strip()]
        return any(changes)

    def _apply_one(self, line: bytes) -> bool:
        change = _decode(line)
        kind, pod = change.get("type"), part(change, "object")
        if kind == "ERROR":
            raise Expired if pod.get("code") == HTTPStatus.GONE else Unavailable(SYSTEM, "broke off the watch")
        metadata = part(pod, "metadata")
        self._version = text(metadata, "resourceVersion") or self._version
        if kind == "DELETED":
            return self._pods.pop(text(metadata, "uid"), None) is not None
        if kind in ("ADDED", "MODIFIED"):
            self._pods[text(metadata, "uid")] = Pod.from_json(pod)
            return True
        return False


def _decode(line: bytes) -> Json:
    try:
        change = json.loads(line)
    except ValueError:
        change = None
    if not isinstance(change, dict):
        raise Unavailable(SYSTEM, "sent a change that cannot be read")
    return change
