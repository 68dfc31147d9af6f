"""The verbs on those parts of objects that are not the object itself: log, scale, eviction, finalize."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import web

from sandbox.apiserver import responses
from sandbox.apiserver.logs import LogOptions, LogSource, container_of, followed, selected
from sandbox.apiserver.objects.errors import bad_request, method_not_allowed
from sandbox.apiserver.objects.json_objects import at
from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.apiserver.patching.apply import JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, patched
from sandbox.apiserver.paths import Target
from sandbox.apiserver.request_options import WriteOptions, deletion_of
from sandbox.apiserver.serialization.request_bodies import read_object, read_patch
from sandbox.apiserver.storage.records import Record, encode
from sandbox.apiserver.storage.store import Store
from sandbox.apiserver.subresources import evict, rescale, scale_of

Handler = Callable[[web.Request, Target], Awaitable[web.StreamResponse]]


class Parts:
    """The handlers of requests for subresources."""

    def __init__(self, store: Store, logs: LogSource) -> None:
        self._store = store
        self._logs = logs
        self._handlers: dict[tuple[str, str], Handler] = {
            ("log", "GET"): self._log,
            ("scale", "GET"): self._scale,
            ("scale", "PUT"): self._put_scale,
            ("scale", "PATCH"): self._patch_scale,
            ("eviction", "POST"): self._evict,
            ("finalize", "PUT"): self._finalize,
        }

    async def handle(self, request: web.Request, target: Target) -> web.StreamResponse:
        """Return the response to a request for that target, which has a subresource. Raise ApiError."""
        handler = self._handlers.get((target.subresource or "", request.method))
        if handler is None:
            raise method_not_allowed()
        return await handler(request, target)

    def _object(self, target: Target) -> Json:
        return self._store.get(target.kind, target.namespace, target.name or "")

    async def _log(self, request: web.Request, target: Target) -> web.StreamResponse:
        pod = self._object(target)
        options = LogOptions.of(request.query)
        if not at(pod, "spec", "nodeName"):
            return web.Response(text="")
        container = container_of(pod, request.query.get("container", ""), options)
        if options.follow:
            return await self._follow(request, pod, container, options)
        text = self._logs(pod, container, options)
        return web.Response(text=selected(text, options, self._store.clock.now()))

    async def _follow(self, request: web.Request, pod: Json, container: str, options: LogOptions) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/plain"})
        await response.prepare(request)
        async for text in followed(self._store, self._logs, pod, container, options):
            if request.transport is None or request.transport.is_closing():
                break
            if text:
                await response.write(text.encode())
        return response

    async def _scale(self, _: web.Request, target: Target) -> web.StreamResponse:
        return responses.json_answer(encode(scale_of(self._object(target))))

    async def _put_scale(self, request: web.Request, target: Target) -> web.StreamResponse:
        return self._rescaled(request, target, await read_object(request))

    async def _patch_scale(self, request: web.Request, target: Target) -> web.StreamResponse:
        patch = await read_patch(request, (JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH))
        current = scale_of(self._object(target))
        return self._rescaled(request, target, patched(request.content_type, target.kind, current, patch))

    def _rescaled(self, request: web.Request, target: Target, scale: Json) -> web.Response:
        options = WriteOptions.of(request.query)
        new = rescale(self._store, target.kind, self._object(target), scale, dry_run=options.dry_run)
        return responses.json_answer(encode(new))

    async def _evict(self, request: web.Request, target: Target) -> web.StreamResponse:
        eviction = await read_object(request)
        if eviction.get("kind", "Eviction") != "Eviction":
            raise bad_request(f"expected an Eviction, got {eviction['kind']}")
        how = deletion_of(request.query, eviction.get("deleteOptions") or {})
        evict(self._store, self._object(target), how)
        return responses.succeeded(status=HTTPStatus.CREATED)

    async def _finalize(self, request: web.Request, target: Target) -> web.StreamResponse:
        """Set what still has to happen before a namespace may go."""
        wanted = at(await read_object(request), "spec", "finalizers") or []
        old = self._object(target)

        def change(namespace: Json) -> None:
            namespace.setdefault("spec", {})["finalizers"] = wanted

        new = self._store.modify(target.kind, None, old["metadata"]["name"], change)
        return responses.one(request, self._store, Record(target.kind, new or old))
