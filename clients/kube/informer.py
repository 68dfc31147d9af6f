"""The cluster as watchers see it: pods, nodes, events, claims without a disk, by watches, kept current in memory.

It is drawn only while somebody looks. Watchers look each minute, and only where the lease is held: a replica that
stands by has no watch open, and one that lost its lease closes them after some minutes, without being told.
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
    """A reader that answers from memory what is watched; all else it asks of the cluster, as any reader does.

    What is watched raises Unavailable where Kubernetes has been silent for `silence` seconds. `changed` is called
    whenever something became different, as often as it does.
    """

    def __init__(
        self, api: KubeApi, namespace: str, changed: Callable[[], None] = lambda: None, *, silence: float = SILENCE
    ) -> None:
        """Raises ValueError for a namespace that cannot exist."""
        super().__init__(api, namespace)
        self._kept_pods = _Kept(self.following_pods, changed, silence)
        self._kept_nodes = _Kept(self.following_nodes, changed, silence)
        self._kept_claims = _Kept(self.following_unbound_claims, changed, silence)
        self._kept_events = _Kept(lambda: self.following_events(MOST_EVENTS), changed, silence)

    async def close(self) -> None:
        """End the watches; the next look begins them anew."""
        await asyncio.gather(
            self._kept_pods.close(), self._kept_nodes.close(), self._kept_claims.close(), self._kept_events.close()
        )

    async def pods(self, selector: str = "") -> list[Pod]:
        """The pods of the hub's namespace that match a selector of equalities, by name."""
        found = [pod for pod in await self._kept_pods.items() if _matches(pod.labels, selector)]
        return sorted(found, key=lambda pod: pod.name)

    async def nodes(self) -> list[Node]:
        """Every node of the cluster, by name."""
        return sorted(await self._kept_nodes.items(), key=lambda node: node.name)

    async def unbound_claims(self) -> list[Claim]:
        """The claims that have no disk, by name. The others, which may be many thousands, are not kept in memory."""
        return sorted(await self._kept_claims.items(), key=lambda claim: claim.name)

    async def events(self, since: datetime | None = None, *, kind: str = "", name: str = "") -> list[Event]:
        """The events of the last hour that there were any, at most MOST_EVENTS, the latest last."""
        about = [
            event
            for event in await self._kept_events.items()
            if kind in ("", event.kind) and name in ("", event.name) and event.last is not None
        ]
        newest = max((event.last or _LONG_AGO for event in about), default=_LONG_AGO)
        begin = max(since or _LONG_AGO, newest - _KEPT if newest > _LONG_AGO else _LONG_AGO)
        found = [event for event in about if (event.last or _LONG_AGO) >= begin]
        return sorted(found, key=lambda event: event.last or _LONG_AGO)


class _Kept(Generic[T]):
    """Objects of one kind, followed while somebody asks for them."""

    def __init__(self, begin: Callable[[], Watch[T]], tell: Callable[[], None], silence: float) -> None:
        self._begin = begin
        self._tell = tell
        self._silence = silence
        self._watch: Watch[T] | None = None
        self._error: Unavailable | None = None
        self._settled = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._wanted = 0.0

    async def items(self) -> list[T]:
        """All there are. Raises Unavailable where that is not known, or not lately."""
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
        if self._now() - self._watch.heard > self._silence:
            raise self._error or Unavailable(_SYSTEM, f"has been silent for {self._silence:.0f} s")
        return list(self._watch.items.values())

    async def close(self) -> None:
        """Follow them no longer."""
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
                    self._tell()
                if self._now() - self._wanted >= _UNWANTED:
                    return

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


def _matches(labels: Mapping[str, str], selector: str) -> bool:
    wanted = (term.partition("=") for term in selector.split(",") if term)
    return all(labels.get(key.strip()) == value.lstrip("=").strip() for key, _, value in wanted)
