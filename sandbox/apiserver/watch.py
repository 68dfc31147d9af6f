"""Watches: the present objects, then every change, as the watcher's selectors see it."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from aiohttp import web

from sandbox.apiserver.list_pages import Selection
from sandbox.apiserver.objects.errors import ApiError, too_large_revision, too_old
from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.apiserver.printers.tables import metadata_only, table
from sandbox.apiserver.query import number, truth
from sandbox.apiserver.serialization.negotiation import Form
from sandbox.apiserver.storage.history import Change, Subscription
from sandbox.apiserver.storage.records import Record, encode
from sandbox.apiserver.storage.store import Store

_LONGEST = 1800.0
_LOOK = 2.0
"""Seconds between looks whether the client is still there; an idle stream does not tell by itself."""


@dataclass(frozen=True)
class Watch:
    """The parameters of one watch."""

    store: Store
    selection: Selection
    form: Form
    include: str
    revision: int
    from_now: bool
    initial: bool
    announces_end: bool
    bookmarks: bool
    seconds: float

    @classmethod
    def of(cls, store: Store, selection: Selection, form: Form, query: Mapping[str, str]) -> "Watch":
        """Return the watch of a request. Raise ApiError 400 for malformed numbers, 504 for a future revision."""
        revision = number(query, "resourceVersion")
        if revision > store.revision:
            raise too_large_revision(revision, store.revision)
        asks_initial = truth(query, "sendInitialEvents")
        return cls(
            store=store,
            selection=selection,
            form=form,
            include=query.get("includeObject", ""),
            revision=revision,
            from_now=not revision or asks_initial,
            initial=asks_initial or (not revision and not query.get("sendInitialEvents")),
            announces_end=asks_initial,
            bookmarks=truth(query, "allowWatchBookmarks"),
            seconds=number(query, "timeoutSeconds") or _LONGEST,
        )

    def beginning(self) -> Iterator[bytes]:
        """Yield the events before the first new change. Raise ApiError 410 if the revision is compacted."""
        if not self.from_now:
            yield from self.events(self.store.changes_since(self.revision))
        elif self.initial:
            for record in self.store.records(self.selection.kind, self.selection.namespace):
                if self.selection(record.obj):
                    yield self._event("ADDED", record)
        if self.announces_end:
            yield self.bookmark({"k8s.io/initial-events-end": "true"})

    def events(self, changes: Iterable[Change]) -> Iterator[bytes]:
        """Yield the changes as this watcher is to see them."""
        for change in changes:
            event = self._seen(change) if self._concerns(change) else None
            if event:
                yield event

    def _concerns(self, change: Change) -> bool:
        if change.kind is not self.selection.kind:
            return False
        metadata, wanted = change.obj["metadata"], self.selection
        if wanted.name is not None and metadata["name"] != wanted.name:
            return False
        return wanted.namespace is None or metadata.get("namespace") == wanted.namespace

    def _seen(self, change: Change) -> bytes | None:
        """Return the event for a change: an object that begins to match is ADDED, one that ceases to is DELETED."""
        before = change.previous is not None and self.selection(change.previous.obj)
        after = change.type != "DELETED" and self.selection(change.obj)
        if after:
            return self._event("MODIFIED" if before else "ADDED", change.record)
        if before and change.previous is not None:
            return self._event("DELETED", _departed(change.previous, change))
        return None

    def _event(self, name: str, record: Record) -> bytes:
        return b'{"type":"%s","object":%s}\n' % (name.encode(), self._body(record))

    def _body(self, record: Record) -> bytes:
        if self.form == "object":
            return record.text()
        if self.form == "metadata":
            return encode(metadata_only(record.obj))
        version: Json = {"resourceVersion": record.obj["metadata"]["resourceVersion"]}
        now = self.store.clock.now()
        return encode(table(self.selection.kind, [record.obj], version, self.include, now))

    def bookmark(self, annotations: Mapping[str, str] | None = None) -> bytes:
        """Return an event that only has the revision that the watcher has reached."""
        metadata: Json = {"resourceVersion": str(self.store.revision), "creationTimestamp": None}
        if annotations:
            metadata["annotations"] = dict(annotations)
        kind = self.selection.kind
        if self.form == "table":
            body = table(
                kind, [], {"resourceVersion": metadata["resourceVersion"]}, self.include, self.store.clock.now()
            )
        elif self.form == "metadata":
            body = metadata_only({"metadata": metadata})
        else:
            body = {"kind": kind.kind, "apiVersion": kind.api_version, "metadata": metadata}
        return b'{"type":"BOOKMARK","object":%s}\n' % encode(body)


def _departed(previous: Record, change: Change) -> Record:
    """Return the object as it was, at the revision at which it was deleted."""
    metadata = {**previous.obj["metadata"], "resourceVersion": str(change.revision)}
    return Record(previous.kind, {**previous.obj, "metadata": metadata})


def failure(error: ApiError) -> bytes:
    """Return an error as the last event of a stream that has already begun."""
    return b'{"type":"ERROR","object":%s}\n' % encode(error.body)


async def serve(
    request: web.Request, watch: Watch, streams: set[Subscription], bookmark_seconds: float
) -> web.StreamResponse:
    """Stream a watch until its timeout, the client's departure or the server's stop.

    `streams` holds the subscriptions that are open, for the server to close when it stops.
    """
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    with watch.store.subscribe(watch.selection.kind) as subscription:
        streams.add(subscription)
        try:
            # The first events are gathered before anything is awaited, so that no change can fall between.
            first = _first(watch)
            await response.prepare(request)
            await response.write(b"".join(first))
            if not first or not first[-1].startswith(b'{"type":"ERROR"'):
                await _go_on(request, response, watch, subscription, bookmark_seconds)
        except ConnectionError:
            return response
        finally:
            streams.discard(subscription)
    return response


def _first(watch: Watch) -> list[bytes]:
    try:
        return list(watch.beginning())
    except ApiError as error:
        return [failure(error)]


async def _go_on(
    request: web.Request,
    response: web.StreamResponse,
    watch: Watch,
    subscription: Subscription,
    bookmark_seconds: float,
) -> None:
    now = asyncio.get_running_loop().time
    end = now() + watch.seconds
    next_bookmark = now() + bookmark_seconds
    while now() < end and not subscription.closed and not _left(request):
        await _wait(subscription, min(end - now(), max(next_bookmark - now(), 0), _LOOK))
        events = b"".join(watch.events(subscription.take()))
        if watch.bookmarks and now() >= next_bookmark:
            events += watch.bookmark()
        if now() >= next_bookmark:
            next_bookmark = now() + bookmark_seconds
        if events:
            await response.write(events)
    if subscription.lagged:
        await response.write(failure(too_old(watch.revision, watch.store.revision)))
    elif watch.bookmarks and not _left(request):
        await response.write(b"".join(watch.events(subscription.take())) + watch.bookmark())


async def _wait(subscription: Subscription, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await subscription.wait()
    except TimeoutError:
        return


def _left(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()
