"""A registry of Azure's over HTTP: its tag and manifest APIs, tags that can be locked, and its faults.

Shapes are those of Azure Container Registry's data plane (`/acr/v1`) and of the OCI distribution specification 1.1.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from aiohttp import web

from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.http.outage import Handler, hang_up
from sandbox.registry.errors import Denied, RegistryError
from sandbox.registry.images import Registry, Tag
from sandbox.registry.tokens_routes import TokensRoutes

_SLOW_SECONDS: Final = 30.0
_FAULT_PATH: Final = "/_sandbox/fault"
_PAGE: Final = 100
_LARGEST_PAGE: Final = 500
_MEDIA_TYPE: Final = "application/vnd.docker.distribution.manifest.v2+json"
_REPOSITORY: Final = r"{repository:[a-z0-9._/-]+}"


class ImagesRoutes:
    """The routes of one registry."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._tokens = TokensRoutes(registry.tokens)

    def app(self) -> web.Application:
        """Return an application to be served on loopback."""
        app = web.Application(middlewares=[self._guard])
        tags, manifests = f"/acr/v1/{_REPOSITORY}/_tags", f"/acr/v1/{_REPOSITORY}/_manifests"
        app.add_routes(
            [
                *self._tokens.routes(),
                web.get("/v2/", self._base),
                web.get(tags, self._list_tags),
                web.get(tags + "/{tag}", self._show_tag),
                web.patch(tags + "/{tag}", self._change_tag),
                web.get(manifests, self._list_manifests),
                web.get(manifests + "/{digest}", self._show_manifest),
                web.get(f"/v2/{_REPOSITORY}/manifests/{{reference}}", self._manifest),
                web.put(_FAULT_PATH, self._set_fault),
            ]
        )
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            if request.path == _FAULT_PATH:
                return await handler(request)
            if self._registry.fault == "absent":
                return hang_up(request)
            await self._misbehave()
            return await handler(request)
        except Denied as error:
            body = _errors("UNAUTHORIZED", str(error), error.detail)
            return web.json_response(body, status=401, headers={"Www-Authenticate": error.challenge})
        except RegistryError as error:
            return web.json_response(_errors(error.code, str(error)), status=error.status, headers=error.headers)
        except web.HTTPNotFound:
            return web.json_response(_errors("NOT_FOUND", "404 page not found"), status=404)

    async def _misbehave(self) -> None:
        match self._registry.fault:
            case "slow":
                await asyncio.sleep(_SLOW_SECONDS)
            case "throttled":
                raise RegistryError(429, "TOOMANYREQUESTS", "too many requests", {"Retry-After": "5"})
            case "broken":
                raise RegistryError(500, "UNKNOWN", "unknown error")
            case "denied":
                raise RegistryError(403, "DENIED", "requested access to the resource is denied")

    async def _base(self, request: web.Request) -> web.StreamResponse:
        self._tokens.check(request, "", "")
        return web.json_response({})

    async def _list_tags(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["repository"]
        self._tokens.check(request, name, "metadata_read")
        tags = self._registry.ordered(name, request.query.get("orderby", ""))
        page, link = _page(request, [tag.name for tag in tags])
        models = [_tag_model(tag) for tag in tags if tag.name in page]
        return web.json_response({**self._head(name), "tags": models}, headers=link)

    async def _show_tag(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["repository"]
        self._tokens.check(request, name, "metadata_read")
        return web.json_response(
            {**self._head(name), "tag": _tag_model(self._registry.tag(name, request.match_info["tag"]))}
        )

    async def _change_tag(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["repository"]
        self._tokens.check(request, name, "metadata_write")
        tag, wanted = self._registry.tag(name, request.match_info["tag"]), await _body(request)
        changes = {key: wanted[key] for key in ("writeEnabled", "deleteEnabled") if key in wanted}
        if not all(isinstance(value, bool) for value in changes.values()):
            raise RegistryError(400, "INVALID_REQUEST", "attributes are true or false")
        tag.write, tag.delete = changes.get("writeEnabled", tag.write), changes.get("deleteEnabled", tag.delete)
        return web.json_response({**self._head(name), "tag": _tag_model(tag)})

    async def _list_manifests(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["repository"]
        self._tokens.check(request, name, "metadata_read")
        tags = self._registry.ordered(name, request.query.get("orderby", ""))
        found = {tag.digest: _manifest(tag, self._registry.tags(name)) for tag in tags}
        page, link = _page(request, list(found))
        models = [model for key, model in found.items() if key in page]
        return web.json_response({**self._head(name), "manifests": models}, headers=link)

    async def _show_manifest(self, request: web.Request) -> web.StreamResponse:
        name, wanted = request.match_info["repository"], request.match_info["digest"]
        self._tokens.check(request, name, "metadata_read")
        tag = next((one for one in self._registry.tags(name).values() if one.digest == wanted), None)
        if tag is None:
            raise RegistryError(404, "MANIFEST_UNKNOWN", "manifest unknown")
        return web.json_response({**self._head(name), "manifest": _manifest(tag, self._registry.tags(name))})

    async def _manifest(self, request: web.Request) -> web.StreamResponse:
        name, wanted = request.match_info["repository"], request.match_info["reference"]
        self._tokens.check(request, name, "pull")
        tag = next((one for one in self._registry.tags(name).values() if wanted in (one.name, one.digest)), None)
        if tag is None:
            raise RegistryError(404, "MANIFEST_UNKNOWN", "manifest unknown")
        config = {"mediaType": "application/vnd.docker.container.image.v1+json", "size": 7023, "digest": tag.digest}
        layers = [{"mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip", "size": tag.size}]
        body = {"schemaVersion": 2, "mediaType": _MEDIA_TYPE, "config": config, "layers": layers}
        headers = {"Docker-Content-Digest": tag.digest}
        return web.json_response(body, content_type=_MEDIA_TYPE, headers=headers)

    async def _set_fault(self, request: web.Request) -> web.StreamResponse:
        kind = str((await _body(request)).get("kind"))
        try:
            self._registry.misbehave(kind)
        except ValueError as error:
            raise RegistryError(400, "INVALID_REQUEST", str(error)) from None
        return web.json_response({"kind": kind})

    def _head(self, repository: str) -> Json:
        return {"registry": self._registry.login_server, "imageName": repository}


def _page(request: web.Request, keys: list[str]) -> tuple[frozenset[str], dict[str, str]]:
    """Return the keys on the requested page, and the header with the link to the next one."""
    count = request.query.get("n", str(_PAGE))
    if not count.isdecimal() or not 1 <= int(count) <= _LARGEST_PAGE:
        raise RegistryError(400, "INVALID_REQUEST", f"n is from 1 to {_LARGEST_PAGE}")
    last = request.query.get("last", "")
    if last and last not in keys:
        raise RegistryError(400, "INVALID_REQUEST", "last is not an item of the list")
    first = keys.index(last) + 1 if last else 0
    page = keys[first : first + int(count)]
    if first + len(page) >= len(keys):
        return frozenset(page), {}
    following = request.rel_url.update_query({"last": page[-1], "n": count})
    return frozenset(page), {"Link": f'<{following}>; rel="next"'}


def _tag_model(tag: Tag) -> Json:
    return {
        "name": tag.name,
        "digest": tag.digest,
        "createdTime": _moment(tag.created),
        "lastUpdateTime": _moment(tag.created),
        "signed": False,
        "changeableAttributes": _attributes(tag),
    }


def _manifest(tag: Tag, tags: Mapping[str, Tag]) -> Json:
    return {
        "digest": tag.digest,
        "imageSize": tag.size,
        "createdTime": _moment(tag.created),
        "lastUpdateTime": _moment(tag.created),
        "architecture": "amd64",
        "os": "linux",
        "mediaType": _MEDIA_TYPE,
        "tags": [one.name for one in tags.values() if one.digest == tag.digest],
        "changeableAttributes": {**_attributes(tag), "quarantineState": "Passed"},
    }


def _attributes(tag: Tag) -> Json:
    return {"deleteEnabled": tag.delete, "writeEnabled": tag.write, "readEnabled": True, "listEnabled": True}


def _moment(moment: datetime) -> str:
    # Azure writes seven decimals.
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}0Z"


def _errors(code: str, message: str, detail: object = None) -> Json:
    return {"errors": [{"code": code, "message": message, "detail": detail}]}


async def _body(request: web.Request) -> Json:
    try:
        given = await request.json()
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise RegistryError(400, "INVALID_REQUEST", "the body is not a JSON object")
    return given
