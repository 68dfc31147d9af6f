"""The verbs on collections and objects: list, watch, create, get, update, patch, delete."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import web

from sandbox.apiserver import responses, watch
from sandbox.apiserver.list_pages import Page, Selection, list_page
from sandbox.apiserver.objects.errors import ApiError, Cause, bad_request, invalid, method_not_allowed, not_found
from sandbox.apiserver.objects.json_objects import timestamp
from sandbox.apiserver.objects.resource_kinds import NODE, Json
from sandbox.apiserver.ownership.managed_fields import APPLY, UPDATE, Writer, updated
from sandbox.apiserver.ownership.server_side_apply import applied
from sandbox.apiserver.patching.apply import APPLY_PATCH, PATCHES, patched
from sandbox.apiserver.paths import Target
from sandbox.apiserver.query import truth
from sandbox.apiserver.request_options import WriteOptions, accept, deletion_of
from sandbox.apiserver.serialization.negotiation import form_of
from sandbox.apiserver.serialization.request_bodies import read_object, read_options, read_patch
from sandbox.apiserver.storage import cascade
from sandbox.apiserver.storage.history import Subscription
from sandbox.apiserver.storage.records import Record
from sandbox.apiserver.storage.store import Store

Handler = Callable[[web.Request, Target], Awaitable[web.StreamResponse]]


class Crud:
    """The handlers of requests for collections, objects and their status."""

    def __init__(self, store: Store, streams: set[Subscription], bookmark_seconds: float) -> None:
        self._store = store
        self._streams = streams
        self._bookmark_seconds = bookmark_seconds
        self._collection: dict[str, Handler] = {
            "GET": self._list,
            "POST": self._create,
            "DELETE": self._delete_all,
        }
        self._object: dict[str, Handler] = {
            "GET": self._get,
            "PUT": self._put,
            "PATCH": self._patch,
            "DELETE": self._delete,
        }
        self._status = {method: self._object[method] for method in ("GET", "PUT", "PATCH")}

    async def handle(self, request: web.Request, target: Target) -> web.StreamResponse:
        """Return the response to a request for that target. Raise ApiError."""
        handlers = self._collection if target.name is None else self._object
        if target.subresource:
            handlers = self._status
        handler = handlers.get(request.method)
        nowhere = target.kind.namespaced and target.namespace is None
        if handler is None or (nowhere and request.method != "GET"):
            raise method_not_allowed()
        return await handler(request, target)

    # Collections

    async def _list(self, request: web.Request, target: Target) -> web.StreamResponse:
        selection = Selection.of(target.kind, target.namespace, request.query)
        if truth(request.query, "watch"):
            form = form_of(request.headers.get("Accept", ""))
            wanted = watch.Watch.of(self._store, selection, form, request.query)
            return await watch.serve(request, wanted, self._streams, self._bookmark_seconds)
        page = list_page(self._store, selection, request.query)
        return responses.many(request, self._store, target.kind, page)

    async def _create(self, request: web.Request, target: Target) -> web.StreamResponse:
        options = WriteOptions.of(request.query)
        obj = await read_object(request)
        warnings = accept(target, obj, options)
        if obj["metadata"].get("resourceVersion"):
            raise bad_request("resourceVersion should not be set on objects to be created")
        obj["metadata"].pop("managedFields", None)
        self._own(request, target, None, obj)
        return self._created(request, target, obj, options, warnings)

    async def _delete_all(self, request: web.Request, target: Target) -> web.StreamResponse:
        how = deletion_of(request.query, await read_options(request))
        selection = Selection.of(target.kind, target.namespace, request.query)
        page = list_page(self._store, selection, request.query)
        for record in page.records:
            cascade.delete(self._store, target.kind, target.namespace, record.obj["metadata"]["name"], how)
        return responses.many(request, self._store, target.kind, Page(page.records, self._store.revision))

    # Objects

    async def _get(self, request: web.Request, target: Target) -> web.StreamResponse:
        return responses.one(request, self._store, self._record(target))

    async def _put(self, request: web.Request, target: Target) -> web.StreamResponse:
        options = WriteOptions.of(request.query)
        obj = await read_object(request)
        live = self._record(target).obj
        warnings = accept(target, obj, options)
        self._own(request, target, live, obj)
        return self._replaced(request, target, obj, options, warnings)

    async def _patch(self, request: web.Request, target: Target) -> web.StreamResponse:
        options = WriteOptions.of(request.query)
        patch = await read_patch(request, PATCHES)
        if request.content_type == APPLY_PATCH:
            return self._apply(request, target, _configuration(request, patch), options)
        current = self._record(target).obj
        new = patched(request.content_type, target.kind, current, patch)
        _check_identity(target, current, new)
        warnings = accept(target, new, options)
        self._own(request, target, current, new)
        return self._replaced(request, target, new, options, warnings)

    async def _delete(self, request: web.Request, target: Target) -> web.StreamResponse:
        how = deletion_of(request.query, await read_options(request))
        name = target.name or ""
        deleted = cascade.delete(self._store, target.kind, target.namespace, name, how)
        held = self._store.find(target.kind, target.namespace, name) is not None and not how.dry_run
        if target.kind.returns_deleted or held:
            return responses.one(request, self._store, Record(target.kind, deleted))
        group = {"group": target.kind.group} if target.kind.group else {}
        uid = deleted["metadata"]["uid"]
        return responses.succeeded({"name": name, **group, "kind": target.kind.plural, "uid": uid})

    # The common ends

    def _record(self, target: Target) -> Record:
        return self._store.record(target.kind, target.namespace, target.name or "")

    def _created(
        self, request: web.Request, target: Target, obj: Json, options: WriteOptions, warnings: list[str]
    ) -> web.Response:
        # A kubelet brings its node's status along; for every other kind the server begins it.
        if target.kind.has_status and target.kind is not NODE:
            obj.pop("status", None)
        for webhook in self._store.webhooks:
            webhook(target.kind, obj)
        created = self._store.create(target.kind, target.namespace, obj, dry_run=options.dry_run)
        record = Record(target.kind, created)
        return responses.one(request, self._store, record, HTTPStatus.CREATED, warnings)

    def _apply(self, request: web.Request, target: Target, config: Json, options: WriteOptions) -> web.Response:
        live = self._store.find(target.kind, target.namespace, target.name or "")
        if live is None and target.subresource:
            raise not_found(target.kind, target.name or "")
        warnings = accept(target, config, options)
        writer, force = _writer(request, target, APPLY), truth(request.query, "force")
        new = applied(target.kind, live, config, writer, timestamp(self._store.clock.now()), force=force)
        if live is not None:
            _check_identity(target, live, new)
            return self._replaced(request, target, new, options, warnings)
        new["metadata"].pop("resourceVersion", None)
        return self._created(request, target, new, options, warnings)

    def _own(self, request: web.Request, target: Target, live: Json | None, obj: Json) -> None:
        """Note on an object which of its fields this request sets."""
        now = timestamp(self._store.clock.now())
        updated(live, obj, _writer(request, target, UPDATE), target.kind.api_version, now)

    def _replaced(
        self, request: web.Request, target: Target, obj: Json, options: WriteOptions, warnings: list[str]
    ) -> web.Response:
        new = self._store.replace(target.kind, obj, dry_run=options.dry_run, subresource=target.subresource)
        return responses.one(request, self._store, Record(target.kind, new), HTTPStatus.OK, warnings)


def _check_identity(target: Target, current: Json, new: Json) -> None:
    """Refuse a patch whose UID, which controllers send, is another object's: it is an immutable field."""
    given = (new.get("metadata") or {}).get("uid")
    if given and given != current["metadata"]["uid"]:
        cause = Cause.invalid("metadata.uid", given, "field is immutable")
        raise invalid(target.kind, target.name or "", [cause])


def _writer(request: web.Request, target: Target, operation: str) -> Writer:
    return Writer.of(request.query, request.headers.get("User-Agent", ""), operation, target.subresource)


def _configuration(request: web.Request, patch: object) -> Json:
    """Return what a request applies. Raise ApiError 400 or 422."""
    if not request.query.get("fieldManager"):
        message = 'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch'
        raise ApiError(422, "Invalid", message)
    if not isinstance(patch, dict):
        raise bad_request("error decoding patch: json: cannot unmarshal into Go value of type map[string]interface {}")
    metadata = patch.get("metadata")
    if isinstance(metadata, dict) and metadata.get("managedFields"):
        raise bad_request("metadata.managedFields must be nil")
    return patch
