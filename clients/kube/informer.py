"""Pods, nodes, events and unbound claims for watchers, kept current in memory by watches.

A watch is open only while its objects are read. Watchers read each minute, and only where the lease is held: a standby
replica has no watch open, and one that lost its lease closes them after some minutes, without being notified.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Final, Generic, TypeVar

from clients.errors import Unavailable
from clients.kube import Claim, Event, KubeApi, KubeReader, Node, Pod, Watch

_SYSTEM: Final = "Kubernetes"
# The API server gives a sign each ten seconds at least, even where nothing changes.
SILENCE: Final = 60.0
# After so many seconds without a look nobody watches any more: several times the slowest watcher of the cluster.
_UNWANTED: Final = 300.0
_FIRST_LIST: Final = 5.0
_AGAIN: Final = 2.0
MOST_EVENTS: Final = 5_000
# As long as kube-apiserver keeps them by default (--event-ttl).
_KEPT: Final = timedelta(hours=1)
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)

T = TypeVar("T")


class CachedReader(KubeReader):
    """A reader that answers from memory for what is watched, and asks the cluster for everything else.

    What is watched raises Unavailable where Kubernetes has been silent for `silence` seconds. `on_change` is called
    whenever something became different, as often as it does.
    """

    def __init__(self, api: KubeApi, namespace: str, *, silence: float = SILENCE) -> None:
        """Raise ValueError for a namespace that cannot exist."""
        super().__init__(api, namespace)
        self.on_change: Callable[[], None] = lambda: None
        self._watched_pods = _WatchedObjects(self.following_pods, self._notify, silence)
        self._watched_nodes = _WatchedObjects(self.following_nodes, self._notify, silence)
        self._watched_claims = _WatchedObjects(self.following_unbound_claims, self._notify, silence)
        self._watched_events = _WatchedObjects(lambda: self.following_events(MOST_EVENTS), self._notify, silence)

    async def close(self) -> None:
        """End the watches. The next read begins them anew."""
        await asyncio.gather(
            self._watched_pods.close(),
            self._watched_nodes.close(),
            self._watched_claims.close(),
            self._watched_events.close(),
        )

    def _notify(self) -> None:
        self.on_change()

    async def pods(self, selector: str = "") -> list[Pod]:
        """Return the pods of the hub's namespace that match a selector of equalities, by name."""
        found = [pod for pod in await self._watched_pods.items() if _matches(pod.labels, selector)]
        return sorted(found, key=lambda pod: pod.name)

    async def nodes(self) -> list[Node]:
        """Return every node of the cluster, by name."""
        return sorted(await self._watched_nodes.items(), key=lambda node: node.name)

    async def unbound_claims(self) -> list[Claim]:
        """Return the claims without a volume, by name. The others, maybe many thousands, are not kept in memory."""
        return sorted(await self._watched_claims.items(), key=lambda claim: claim.name)

    async def events(self, since: datetime | None = None, *, kind: str = "", name: str = "") -> list[Event]:
        """Return the events of the last hour for which there are any, at most MOST_EVENTS, the latest last."""
        about = [
            event
            for event in await self._watched_events.items()
            if kind in ("", event.kind) and name in ("", event.name) and event.last is not None
        ]
        newest = max((event.last or _LONG_AGO for event in about), default=_LONG_AGO)
        begin = max(since or _LONG_AGO, newest - _KEPT if newest > _LONG_AGO else _LONG_AGO)
        found = [event for event in about if (event.last or _LONG_AGO) >= begin]
        return sorted(found, key=lambda event: event.last or _LONG_AGO)


class _WatchedObjects(Generic[T]):
    """Objects of one kind, watched while they are read."""

    def __init__(self, begin: Callable[[], Watch[T]], notify: Callable[[], None], silence: float) -> None:
        self._begin = begin
        self._notify = notify
        self._silence = silence
        self._watch: Watch[T] | None = None
        self._error: Unavailable | None = None
        self._settled = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._wanted = 0.0

    async def items(self) -> list[T]:
        """Return the objects. Raise Unavailable where they are not known, or were not updated lately."""
        self._wanted = asyncio.get_running_loop().time()
        if self._task is None or self._task.done():
            self._settled.clear()
            self._task = asyncio.create_task(self._follow(), name="cluster picture")
        if self._watch is None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_FIRST_LIST):
                    await self._settled.wait()
        if self._watch is None:
            raise self._error or Unavailable(_SYSTEM, f"did not answer within {_FIRST_LIST:.0f} s")
        if self._now() - self._watch.last_answer > self._silence:
            raise self._error or Unavailable(_SYSTEM, f"has been silent for {self._silence:.0f} s")
        return list(self._watch.items.values())

    async def close(self) -> None:
        """End the watch."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._watch = None

    async def _follow(self) -> None:
        while self._now() - self._wanted < _UNWANTED:
            try:
                await self._follow_once(self._begin())
            except Unavailable as error:
                self._error = error
                self._settled.set()
            await asyncio.sleep(_AGAIN)
        self._watch = None

    async def _follow_once(self, watch: Watch[T]) -> None:
        async with aclosing(watch.changes(self._silence)) as changes:
            async for changed in changes:
                self._watch, self._error = watch, None
                self._settled.set()
                if changed:
                    self._notify()
                if self._now() - self._wanted >= _UNWANTED:
                    return

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


def _matches(labels: Mapping[str, str], selector: str) -> bool:
    wanted = (term.partition("=") for term in selector.split(",") if term)
    return all(labels.get(key.strip()) == value.lstrip("=").strip() for key, _, value in wanted)
