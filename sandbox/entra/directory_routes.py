"""Microsoft Graph v1.0, as far as people and groups go: membership, through other groups too.

Shapes and refusals are Graph's; faults can be switched on, to try those who call it.
"""

import asyncio
from collections.abc import Iterable
from typing import Final

from aiohttp import web
from yarl import URL

from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.entra.directory import FAULTS, Directory
from sandbox.entra.errors import refusal, unknown
from sandbox.entra.people import Person
from sandbox.http.bodies import field_of
from sandbox.http.outage import Handler, hang_up

_MOST_IDS: Final = 20
_MOST_OBJECTS: Final = 1000
# /users/{name}
_USER_PARTS: Final = 3
_PAGE: Final = 100
_SLOW_SECONDS: Final = 30.0
_SANDBOX: Final = "/_sandbox/"


class DirectoryRoutes:
    """The routes of one directory."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def app(self, routes: Iterable[web.AbstractRouteDef] = ()) -> web.Application:
        """Return an application to be served on loopback, with `routes` for what else Graph has."""
        app = web.Application(middlewares=[self._misbehave])
        app.add_routes(
            [
                web.post("/v1.0/users/{user}/checkMemberGroups", self._check),
                web.get("/v1.0/users/{user}", self._user),
                web.post("/v1.0/directoryObjects/getByIds", self._by_ids),
                web.post("/v1.0/$batch", self._batch),
                web.get("/v1.0/groups/{group}", self._group),
                web.get("/v1.0/groups/{group}/transitiveMembers", self._members),
                web.put(f"{_SANDBOX}fault", self._set_fault),
                *routes,
            ]
        )
        return app

    @web.middleware
    async def _misbehave(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(_SANDBOX):
            return await handler(request)
        match self._directory.fault:
            case "slow":
                await asyncio.sleep(_SLOW_SECONDS)
            case "absent":
                return hang_up(request)
            case "throttled":
                return refusal(429, "TooManyRequests", "Too many requests.", {"Retry-After": "20"})
            case "wrong":
                return web.json_response({"unexpected": True})
        if request.headers.get("Authorization") != f"Bearer {self._directory.token}":
            return refusal(401, "InvalidAuthenticationToken", "Access token is empty or invalid.")
        return await handler(request)

    async def _check(self, request: web.Request) -> web.StreamResponse:
        asked = await field_of(request, "groupIds")
        if not isinstance(asked, list) or not asked or len(asked) > _MOST_IDS:
            return refusal(400, "Request_BadRequest", f"The number of groupIds must be between 1 and {_MOST_IDS}.")
        person = self._directory.find(request.match_info["user"])
        if person is None:
            return unknown(request.match_info["user"])
        held = self._directory.groups_of(person.object_id)
        return web.json_response({"value": [one for one in map(str, asked) if one.lower() in held]})

    async def _user(self, request: web.Request) -> web.StreamResponse:
        person = self._directory.find(request.match_info["user"])
        return unknown(request.match_info["user"]) if person is None else web.json_response(_model(person))

    async def _by_ids(self, request: web.Request) -> web.StreamResponse:
        asked = await field_of(request, "ids")
        if not isinstance(asked, list) or not asked or len(asked) > _MOST_OBJECTS:
            return refusal(400, "Request_BadRequest", f"The number of ids must be between 1 and {_MOST_OBJECTS}.")
        found = (self._directory.people.get(str(one).lower()) for one in asked)
        select = request.query.get("$select", "")
        models = [{"@odata.type": "#microsoft.graph.user", **_model(one, select)} for one in found if one is not None]
        return web.json_response({"value": models})

    async def _batch(self, request: web.Request) -> web.StreamResponse:
        """Answer each of up to twenty requests for a user by itself, as Graph does."""
        asked = await field_of(request, "requests")
        if not isinstance(asked, list) or not asked or len(asked) > _MOST_IDS:
            return refusal(400, "BadRequest", f"Number of batch requests must be between 1 and {_MOST_IDS}.")
        return web.json_response({"responses": [self._part(one) for one in asked if isinstance(one, dict)]})

    def _part(self, asked: Json) -> Json:
        path = URL(str(asked.get("url", "")), encoded=True)
        is_known = asked.get("method") == "GET" and path.parts[:2] == ("/", "users") and len(path.parts) == _USER_PARTS
        person = self._directory.find(path.parts[2]) if is_known else None
        answer: Json = {"id": str(asked.get("id", "")), "status": 200 if person else 404, "headers": {}}
        error = {"error": {"code": "Request_ResourceNotFound", "message": "The resource does not exist."}}
        return answer | {"body": _model(person, path.query.get("$select", "")) if person else error}

    async def _group(self, request: web.Request) -> web.StreamResponse:
        group = self._directory.groups.get(request.match_info["group"].lower())
        if group is None:
            return unknown(request.match_info["group"])
        return web.json_response({"id": group.id, "displayName": group.name, "securityEnabled": True})

    async def _members(self, request: web.Request) -> web.StreamResponse:
        group = self._directory.groups.get(request.match_info["group"].lower())
        if group is None:
            return unknown(request.match_info["group"])
        skip = int(request.query.get("$skiptoken", "0")) if request.query.get("$skiptoken", "0").isdecimal() else 0
        everybody = self._directory.people_in(group.id)
        page: Json = {"value": [_model(person) for person in everybody[skip : skip + _PAGE]]}
        if skip + _PAGE < len(everybody):
            page["@odata.nextLink"] = str(request.url.update_query({"$skiptoken": str(skip + _PAGE)}))
        return web.json_response(page)

    async def _set_fault(self, request: web.Request) -> web.StreamResponse:
        kind = await field_of(request, "kind")
        if kind not in FAULTS:
            return refusal(400, "BadRequest", f"kind is one of {', '.join(map(repr, FAULTS))}")
        self._directory.fault = kind
        return web.json_response({"kind": kind})


def _model(person: Person, selected: str = "") -> Json:
    """Return a person with the properties that Graph gives unasked, and with whether they may log in if selected."""
    model = {"id": person.object_id, "displayName": person.name, "userPrincipalName": person.upn, "mail": person.upn}
    return model | ({"accountEnabled": True} if "accountEnabled" in selected.split(",") else {})
