"""Microsoft Graph v1.0, as far as people and groups go: who there is, and who is in what, through other groups too.

Shapes and refusals are Graph's; faults can be switched on to see what becomes of those who ask.
"""

import asyncio
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from aiohttp import web

from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.entra.people import PEOPLE, Person
from sandbox.http.outage import Handler, hang_up

_MOST_IDS: Final = 20
_PAGE: Final = 100
_SLOW_SECONDS: Final = 30.0
_SANDBOX: Final = "/_sandbox/"
FAULTS: Final = ("", "slow", "absent", "throttled", "wrong")
ROLES: Final = ("viewer", "operator", "approver", "admin")


@dataclass(frozen=True)
class Group:
    """A group: `members` are object ids of people and of other groups."""

    id: str
    name: str
    members: tuple[str, ...]


@dataclass
class Graph:
    """The directory, and how it misbehaves. `token` is what callers must show."""

    groups: dict[str, Group]
    people: dict[str, Person]
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    fault: str = ""

    def groups_of(self, object_id: str) -> frozenset[str]:
        """All groups that somebody is in, directly or through others, however those are nested."""
        found: set[str] = set()
        new = {object_id}
        while new:
            new = {g.id for g in self.groups.values() if g.id not in found and not new.isdisjoint(g.members)}
            found |= new
        return frozenset(found)

    def people_in(self, group: str) -> list[Person]:
        """Everybody in a group, directly or through others."""
        return [person for person in self.people.values() if group in self.groups_of(person.object_id)]

    def find(self, name: str) -> Person | None:
        """Somebody by object id or user principal name, in any case."""
        wanted = name.lower()
        return next((p for p in self.people.values() if wanted in (p.object_id, p.upn.lower())), None)

    def app(self, routes: Iterable[web.AbstractRouteDef] = ()) -> web.Application:
        """An application to be served on loopback, with what else Graph has as `routes`."""
        app = web.Application(middlewares=[self._misbehave])
        app.add_routes(
            [
                web.post("/v1.0/users/{user}/checkMemberGroups", self._check),
                web.get("/v1.0/users/{user}", self._user),
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
        match self.fault:
            case "slow":
                await asyncio.sleep(_SLOW_SECONDS)
            case "absent":
                return hang_up(request)
            case "throttled":
                return refusal(429, "TooManyRequests", "Too many requests.", {"Retry-After": "20"})
            case "wrong":
                return web.json_response({"unexpected": True})
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return refusal(401, "InvalidAuthenticationToken", "Access token is empty or invalid.")
        return await handler(request)

    async def _check(self, request: web.Request) -> web.StreamResponse:
        asked = await field_of(request, "groupIds")
        if not isinstance(asked, list) or not asked or len(asked) > _MOST_IDS:
            return refusal(400, "Request_BadRequest", f"The number of groupIds must be between 1 and {_MOST_IDS}.")
        person = self.find(request.match_info["user"])
        if person is None:
            return _unknown(request.match_info["user"])
        held = self.groups_of(person.object_id)
        return web.json_response({"value": [one for one in map(str, asked) if one.lower() in held]})

    async def _user(self, request: web.Request) -> web.StreamResponse:
        person = self.find(request.match_info["user"])
        return _unknown(request.match_info["user"]) if person is None else web.json_response(_told(person))

    async def _group(self, request: web.Request) -> web.StreamResponse:
        group = self.groups.get(request.match_info["group"].lower())
        if group is None:
            return _unknown(request.match_info["group"])
        return web.json_response({"id": group.id, "displayName": group.name, "securityEnabled": True})

    async def _members(self, request: web.Request) -> web.StreamResponse:
        group = self.groups.get(request.match_info["group"].lower())
        if group is None:
            return _unknown(request.match_info["group"])
        skip = int(request.query.get("$skiptoken", "0")) if request.query.get("$skiptoken", "0").isdecimal() else 0
        everybody = self.people_in(group.id)
        page: Json = {"value": [_told(person) for person in everybody[skip : skip + _PAGE]]}
        if skip + _PAGE < len(everybody):
            page["@odata.nextLink"] = str(request.url.update_query({"$skiptoken": str(skip + _PAGE)}))
        return web.json_response(page)

    async def _set_fault(self, request: web.Request) -> web.StreamResponse:
        kind = await field_of(request, "kind")
        if kind not in FAULTS:
            return refusal(400, "BadRequest", f"kind is one of {', '.join(map(repr, FAULTS))}")
        self.fault = kind
        return web.json_response({"kind": kind})


async def field_of(request: web.Request, name: str) -> object:
    """A field of the body, None where there is none, or no body that makes sense."""
    try:
        body = await request.json()
    except ValueError:
        return None
    return body.get(name) if isinstance(body, dict) else None


def directory(people: Iterable[Person] = PEOPLE) -> Graph:
    """The sandbox's people in the groups of their roles: some directly, the operators through a team's own group.

    Two groups contain each other, as happens; that gives nobody anything.
    """
    known = {person.object_id: person for person in people}
    by_role = {role: tuple(p.object_id for p in known.values() if p.role == role) for role in ROLES}
    team = Group(group_id("data-platform-team"), "data-platform-team", by_role["operator"])
    direct = {**by_role, "operator": (team.id,)}
    groups = [team, *(Group(group_id(f"jhub-{role}s"), f"jhub-{role}s", direct[role]) for role in ROLES)]
    left, right = group_id("seminar"), group_id("seminar-guests")
    groups += [Group(left, "seminar", (right,)), Group(right, "seminar-guests", (left,))]
    return Graph({group.id: group for group in groups}, known)


def group_id(name: str) -> str:
    """A group's object id: the same in every sandbox."""
    return str(uuid5(NAMESPACE_URL, f"https://hub.example.org/groups/{name}"))


def _told(person: Person) -> Json:
    return {"id": person.object_id, "displayName": person.name, "userPrincipalName": person.upn, "mail": person.upn}


def _unknown(name: str) -> web.Response:
    message = f"Resource '{name}' does not exist or one of its queried reference-property objects are not present."
    return refusal(404, "Request_ResourceNotFound", message)


def refusal(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> web.Response:
    """An error in Graph's form."""
    return web.json_response({"error": {"code": code, "message": message}}, status=status, headers=headers)
