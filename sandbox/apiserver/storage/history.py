"""The changes in order: the basis of watches, of consistent paging and of the controllers' wake-ups."""

import asyncio
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Self

from sandbox.apiserver.objects.errors import too_old
from sandbox.apiserver.objects.resource_kinds import Json, Kind
from sandbox.apiserver.storage.records import Record

ChangeType = Literal["ADDED", "MODIFIED", "DELETED"]

HISTORY_LIMIT = 10_000
"""Changes kept for watches that resume and pages that go on, and up to as many more; older ones are answered with
410. Each holds the object as it was before, so this is what bounds the memory of a busy cluster."""


@dataclass(frozen=True, slots=True)
class Change:
    """One write: what the object is now (or was last, when deleted) and what it was before."""

    revision: int
    type: ChangeType
    kind: Kind
    record: Record
    previous: Record | None

    @property
    def obj(self) -> Json:
        """The object after the change; never mutate it."""
        return self.record.obj


class Subscription:
    """The changes since it began, in order, until closed; use with `with` and `async for`.

    A subscriber that lets more than `limit` changes pile up is closed and `lagged` says so: it has to list
    again, as a client of the real API would.
    """

    def __init__(self, history: "History", kind: Kind | None, limit: int) -> None:
        self.lagged = False
        self.closed = False
        self._history = history
        self._kind = kind
        self._limit = limit
        self._pending: deque[Change] = deque()
        self._wake = asyncio.Event()

    def offer(self, change: Change) -> None:
        """Take one more change; the history calls this."""
        self._pending.append(change)
        if len(self._pending) > self._limit:
            self.lagged = True
            self._pending.clear()
            self.close()
        self._wake.set()

    def take(self) -> list[Change]:
        """Return the changes up to now, without waiting."""
        changes = list(self._pending)
        self._pending.clear()
        self._wake.clear()
        return changes

    async def wait(self) -> bool:
        """Wait until there is something to take; False when the subscription has ended instead."""
        while not self._pending and not self.closed:
            self._wake.clear()
            await self._wake.wait()
        return bool(self._pending)

    def close(self) -> None:
        """End the subscription; unread changes can still be read. Closing twice is harmless."""
        self.closed = True
        self._history.forget(self, self._kind)
        self._wake.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Change:
        if not await self.wait():
            raise StopAsyncIteration
        return self._pending.popleft()


class History:
    """The last changes, and the subscribers to the next."""

    def __init__(self, first: int, limit: int = HISTORY_LIMIT) -> None:
        self.compacted = first
        """The oldest revision one can still resume from."""
        self._limit = limit
        self._changes: list[Change] = []
        self._subscribers: dict[Kind | None, dict[Subscription, None]] = {}

    def append(self, change: Change) -> None:
        """Add a change and wake the subscribers of its kind."""
        self._changes.append(change)
        if len(self._changes) > 2 * self._limit:
            self.compact(self._limit)
        for kind in (change.kind, None):
            for subscriber in tuple(self._subscribers.get(kind, ())):
                subscriber.offer(change)

    def compact(self, keep: int) -> None:
        """Forget all but the last `keep` changes."""
        dropped = self._changes[: len(self._changes) - keep]
        if dropped:
            self.compacted = dropped[-1].revision
            del self._changes[: len(dropped)]

    def since(self, revision: int) -> list[Change]:
        """Return the changes after that revision. Raise ApiError 410 if some of them are compacted."""
        if revision < self.compacted:
            raise too_old(revision, self.compacted)
        return self._changes[bisect_right(self._changes, revision, key=lambda change: change.revision) :]

    def subscribe(self, kind: Kind | None, limit: int) -> Subscription:
        """Subscribe to every change of that kind, or of all kinds, from now on."""
        subscription = Subscription(self, kind, limit)
        self._subscribers.setdefault(kind, {})[subscription] = None
        return subscription

    def forget(self, subscription: Subscription, kind: Kind | None) -> None:
        """Stop telling that subscriber."""
        self._subscribers.get(kind, {}).pop(subscription, None)

    def undone(self, records: list[Record], kind: Kind, namespace: str | None, revision: int) -> list[Record]:
        """Return `records`, the present list, as it was at that revision. Raise ApiError 410 if that is compacted."""
        later = [change for change in self.since(revision) if _concerns(change, kind, namespace)]
        if not later:
            return records
        then = {_key(record): record for record in records}
        for change in reversed(later):
            if change.type == "ADDED":
                then.pop(_key(change.record), None)
            elif change.previous is not None:
                then[_key(change.record)] = change.previous
        return [then[key] for key in sorted(then)]

    def __iter__(self) -> Iterator[Change]:
        return iter(self._changes)


def _concerns(change: Change, kind: Kind, namespace: str | None) -> bool:
    if change.kind is not kind:
        return False
    return namespace is None or change.obj["metadata"].get("namespace", "") == namespace


def _key(record: Record) -> tuple[str, str]:
    metadata = record.obj["metadata"]
    return metadata.get("namespace") or "", metadata["name"]
