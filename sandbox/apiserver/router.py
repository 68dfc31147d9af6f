"""The API server: takes requests apart and gives every failure the form that Kubernetes gives it."""

import hmac
import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import web

from sandbox.apiserver import discovery, openapi, openapi_v2, responses, reviews
from sandbox.apiserver.handlers import Crud
from sandbox.apiserver.logs import LogSource, no_logs
from sandbox.apiserver.metrics import exposition
from sandbox.apiserver.objects.errors import ApiError, internal, method_not_allowed, unauthorized, unknown_resource
from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.apiserver.paths import target_of
from sandbox.apiserver.serialization.request_bodies import LARGEST, read_object
from sandbox.apiserver.storage.history import Subscription
from sandbox.apiserver.storage.records import encode
from sandbox.apiserver.storage.store import Store
from sandbox.apiserver.subresource_handlers import Parts

Before = Callable[[web.Request], Awaitable[None]]
"""Awaited before a request is looked at; it may wait, or raise ApiError: the way to a slow or broken server."""

_log = logging.getLogger(__name__)
_METRICS = "/metrics"
_HEALTH = ("/healthz", "/readyz", "/livez")


async def _nothing(_: web.Request) -> None:
    return


# The switches that no real cluster has.
_DENIED_PATH = "/_sandbox/denied"
_DEPRECATED_PATH = "/_sandbox/deprecated"


def make_app(
    store: Store,
    *,
    logs: LogSource = no_logs,
    token: str | None = None,
    before: Before = _nothing,
    bookmark_seconds: float = 10.0,
) -> web.Application:
    """Return the API of one cluster, to be mounted at the root of a server.

    With `token`, every request but those for health and version must carry it as a bearer token. Watches that want
    bookmarks get one every `bookmark_seconds`. The application ends its open watches when it is shut down.
    """
    server = _Server(store, logs, token, before, bookmark_seconds)
    app = web.Application(client_max_size=LARGEST)
    app.on_shutdown.append(server.stop)
    app.router.add_put(_DENIED_PATH, server.deny)
    app.router.add_put(_DEPRECATED_PATH, server.deprecate)
    app.router.add_route("*", "/{path:.*}", server.handle)
    return app


class _Server:
    def __init__(
        self, store: Store, logs: LogSource, token: str | None, before: Before, bookmark_seconds: float
    ) -> None:
        self._store = store
        self._token = token
        self._before = before
        self._streams: set[Subscription] = set()
        self._crud = Crud(store, self._streams, bookmark_seconds)
        self._parts = Parts(store, logs)

    async def stop(self, _: web.Application) -> None:
        """Close the open watches, so that their handlers return."""
        for stream in tuple(self._streams):
            stream.close()

    async def deny(self, request: web.Request) -> web.Response:
        """Let reviews deny what `{"denied": ["delete pods", "get secrets"]}` lists, and nothing else."""
        try:
            content = await request.json()
        except ValueError:
            content = None
        denied = content.get("denied") if isinstance(content, dict) else None
        if not isinstance(denied, list) or not all(isinstance(one, str) for one in denied):
            raise web.HTTPBadRequest(text='denied is a list such as ["delete pods", "patch deployments.apps"]')
        self._store.denied = set(denied)
        return web.json_response({"denied": sorted(denied)})

    async def deprecate(self, request: web.Request) -> web.Response:
        """Let the metrics name `{"apis": [[resource, version, group, removed], …]}` as deprecated and requested."""
        content = await request.json()
        self._store.deprecated = [(str(a), str(b), str(c), str(d)) for a, b, c, d in content["apis"]]
        return web.json_response({"apis": self._store.deprecated})

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer any request whatever happens."""
        try:
            await self._before(request)
            return await self._route(request)
        except ApiError as error:
            return responses.failed(error)
        except (web.HTTPException, ConnectionError):
            raise
        except Exception:  # noqa: BLE001  # a client gets a Status for every fault, as from the real server
            _log.exception("%s %s failed", request.method, request.path)
            return responses.failed(internal("the sandbox's API server has a fault; its log tells more"))

    async def _route(self, request: web.Request) -> web.StreamResponse:
        path = request.path.rstrip("/")
        if public := self._public(path):
            return public
        self._check_token(request)
        match path.lstrip("/").split("/"):
            case ["metrics"]:
                return self._metrics()
            case ["openapi", *rest]:
                return _openapi(request, rest)
            case ["api", version, *rest]:
                return await self._group(request, "", version, rest)
            case ["apis", group, version, *rest]:
                return await self._group(request, group, version, rest)
            case parts:
                return _overview(parts, request.headers.get("Accept", ""))

    def _public(self, path: str) -> web.Response | None:
        """Return what is answered without a token."""
        if path in _HEALTH:
            return web.Response(text="ok")
        return _told(discovery.version(self._store.version)) if path == "/version" else None

    def _metrics(self) -> web.Response:
        if f"get {_METRICS}" in self._store.denied:
            return web.Response(text=f'User "sandbox-admin" cannot get path "{_METRICS}"', status=HTTPStatus.FORBIDDEN)
        return web.Response(text=exposition(self._store))

    def _check_token(self, request: web.Request) -> None:
        if self._token is None:
            return
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), self._token.encode()):
            raise unauthorized()

    async def _group(self, request: web.Request, group: str, version: str, rest: list[str]) -> web.StreamResponse:
        resources = discovery.resource_list(group, version) if version else None
        if resources is None:
            return _no_page()
        if not rest:
            return _told(resources)
        if (group, rest[-1]) in reviews.KINDS:
            return await self._review(request, group, rest[-1])
        target = target_of(group, version, rest)
        if target.subresource and target.subresource != "status":
            return await self._parts.handle(request, target)
        return await self._crud.handle(request, target)

    async def _review(self, request: web.Request, group: str, plural: str) -> web.Response:
        if request.method != "POST":
            raise method_not_allowed()
        asked = await read_object(request)
        return responses.json_answer(encode(reviews.answer(self._store, group, plural, asked)), HTTPStatus.CREATED)


def _overview(parts: list[str], accept: str) -> web.Response:
    match parts:
        case ["api" | "apis" as root] if discovery.AGGREGATED in accept:
            return _aggregated(root)
        case ["api"]:
            return _told(discovery.core_versions())
        case ["apis"]:
            return _told(discovery.group_list())
        case ["apis", group]:
            return _told(discovery.group(group))
    return _no_page()


def _aggregated(root: str) -> web.Response:
    body = encode(discovery.aggregated([""] if root == "api" else discovery.groups()))
    return web.Response(body=body, headers={"Content-Type": discovery.AGGREGATED})


def _told(document: Json | None) -> web.Response:
    return _no_page() if document is None else responses.json_answer(encode(document))


def _no_page() -> web.Response:
    return web.Response(text="404 page not found\n", status=HTTPStatus.NOT_FOUND)


def _openapi(request: web.Request, rest: list[str]) -> web.Response:
    match rest:
        case ["v2"]:
            return _openapi_v2(request.headers.get("Accept", ""))
        case ["v3"]:
            return responses.json_answer(openapi.index())
        case ["v3", "api", version]:
            document = openapi.document("", version)
        case ["v3", "apis", group, version]:
            document = openapi.document(group, version)
        case _:
            raise unknown_resource()
    return responses.json_answer(document) if document else _no_page()


def _openapi_v2(accept: str) -> web.Response:
    if "openapi.spec.v2" in accept:
        return web.Response(body=openapi_v2.as_protobuf(), headers={"Content-Type": openapi_v2.PROTOBUF})
    return responses.json_answer(openapi_v2.as_json())
