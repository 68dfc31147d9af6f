"""One user in the hub's REST API: shown, created, renamed, deleted, put into groups (JupyterHub 5.5, `apihandlers`)."""

from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol

from aiohttp import web

from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.jupyterhub.api_tokens import Token
from sandbox.jupyterhub.user_model import user_model
from sandbox.jupyterhub.users import HubUsers, User

# What the authenticator of the sandbox's hub takes for a name: Entra's, and those without a domain.
_LONGEST: Final = 255


class Clock(Protocol):
    """The sandbox's time."""

    def now(self) -> datetime:
        """Return this moment there."""


class UserRoutes:
    """The routes. `token` returns the token of a request, with a scope that it must have."""

    def __init__(self, users: HubUsers, clock: Clock, token: Callable[..., Token]) -> None:
        self._users = users
        self._clock = clock
        self._token = token

    def routes(self) -> list[web.RouteDef]:
        """Return them, to be added to the hub's."""
        return [
            web.get("/hub/api/user", self._whoami),
            web.get("/hub/api/users/{user}", self._show),
            web.post("/hub/api/users/{user}", self._create),
            web.patch("/hub/api/users/{user}", self._change),
            web.delete("/hub/api/users/{user}", self._delete),
            web.post("/hub/api/groups/{group}/users", self._join),
        ]

    async def _whoami(self, request: web.Request) -> web.StreamResponse:
        token = self._token(request)
        kind, _, name = token.owner.partition(":")
        return web.json_response({"kind": kind, "name": name, "scopes": sorted(token.scopes)})

    async def _show(self, request: web.Request) -> web.StreamResponse:
        token = self._token(request, "read:users:name")
        return web.json_response(user_model(self._users, self._user(request), token))

    async def _create(self, request: web.Request) -> web.StreamResponse:
        token, name = self._token(request, "admin:users"), request.match_info["user"]
        if self._users.find(name) is not None:
            raise web.HTTPConflict(reason=f"User {name} already exists")
        user = User(name, self._clock.now(), None)
        self._users.add(user)
        return web.json_response(user_model(self._users, user, token), status=201)

    async def _change(self, request: web.Request) -> web.StreamResponse:
        token, user = self._token(request, "admin:users"), self._user(request)
        name = str((await _body(request)).get("name", user.name)).lower()
        if name != user.name:
            if not name or len(name) > _LONGEST or "/" in name:
                raise web.HTTPBadRequest(reason=f"Invalid username: {name}")
            if self._users.find(name) is not None:
                raise web.HTTPBadRequest(reason=f"User {name} already exists, username must be unique")
            if user.admin:
                # A service's token is no admin's.
                raise web.HTTPForbidden(reason="Only admins can modify other admins")
            self._users.rename(user, name)
        return web.json_response(user_model(self._users, user, token))

    async def _delete(self, request: web.Request) -> web.StreamResponse:
        self._token(request, "delete:users")
        user = self._user(request)
        if any(server.stopping for server in user.servers.values()):
            raise web.HTTPBadRequest(reason=f"{user.name}'s server is in the process of stopping, please wait.")
        self._users.remove(user.name)
        return web.Response(status=204)

    async def _join(self, request: web.Request) -> web.StreamResponse:
        self._token(request, "groups")
        group, everybody = request.match_info["group"], self._users.all()
        if group not in self._users.groups:
            raise web.HTTPNotFound(reason=f"No such group: {group}")
        named = (await _body(request)).get("users")
        for user in everybody:
            if isinstance(named, list) and user.name in named and group not in user.groups:
                user.groups = (*user.groups, group)
        members = [user.name for user in everybody if group in user.groups]
        return web.json_response({"kind": "group", "name": group, "users": members})

    def _user(self, request: web.Request) -> User:
        user = self._users.find(request.match_info["user"])
        if user is None:
            raise web.HTTPNotFound(reason="No such user")
        return user


async def _body(request: web.Request) -> Json:
    try:
        found = await request.json()
    except ValueError:
        raise web.HTTPBadRequest(reason="Invalid JSON in body of request") from None
    return found if isinstance(found, dict) else {}
