"""The hub's REST API, as JupyterHub 5.5 answers, behind the proxy that users reach it by.

The proxy's answer while no hub is ready and the scope that each call needs are JupyterHub's.
"""

from datetime import timedelta
from typing import Final, Protocol

from aiohttp import web

from sandbox.apiserver.objects.errors import ApiError
from sandbox.apiserver.objects.resource_kinds import DEPLOYMENT, Json
from sandbox.apiserver.storage.store import Store
from sandbox.http.outage import Handler, hang_up
from sandbox.jupyterhub.announcement import AnnouncementRoutes, shown
from sandbox.jupyterhub.api_tokens import Token
from sandbox.jupyterhub.config import hub_version
from sandbox.jupyterhub.notebook_routes import NotebookRoutes, ServerTokens
from sandbox.jupyterhub.oauth import SignIn
from sandbox.jupyterhub.oauth_routes import OAuthRoutes
from sandbox.jupyterhub.process import hub_process
from sandbox.jupyterhub.progress import SpawnProgress
from sandbox.jupyterhub.user_model import user_model
from sandbox.jupyterhub.user_options import UnknownProfileError
from sandbox.jupyterhub.user_routes import UserRoutes
from sandbox.jupyterhub.users import HubUsers, Server, User

_PAGE: Final = 50
_LARGEST_PAGE: Final = 200
_PAGINATED: Final = "application/jupyterhub-pagination+json"
# How often it is looked whether a server has stopped, in the sandbox's seconds.
_LOOK: Final = 0.1


class Tokens(Protocol):
    """The hub's API tokens by their text, as in a mapping."""

    def get(self, text: str, /) -> Token | None:
        """Return the token with this text, None if there is none."""


class HubRoutes:
    """The routes of the hub and its login. `tokens` are the API tokens that are accepted.

    `slow_stop_timeout` is for how many of the sandbox's seconds the DELETE of a server is held while that stops, 10 as
    in JupyterHub 5.5 (`handlers/base.py`).
    """

    def __init__(
        self, store: Store, users: HubUsers, tokens: Tokens, sign_in: SignIn, *, slow_stop_timeout: float = 10.0
    ) -> None:
        self._store = store
        self._users = users
        self._tokens = tokens
        self._sign_in = sign_in
        self._slow_stop_timeout = slow_stop_timeout
        self._given = ServerTokens(store.clock)

    def app(self) -> web.Application:
        """Return an application to be served on plain HTTP and on TLS alike."""
        app = web.Application(middlewares=[self._through_proxy])
        app.add_routes(
            [
                web.get("/", _to_hub),
                web.get("/hub/health", _health),
                web.get("/hub/login", self._login),
                *OAuthRoutes(self._sign_in).routes(),
                *AnnouncementRoutes(self._store, self._users.profile.namespace, self._token).routes(),
                web.get("/hub/metrics", self._metrics),
                web.get("/hub/api", self._show_version),
                web.get("/hub/api/", self._show_version),
                web.get("/hub/api/info", self._info),
                web.get("/hub/api/users", self._list),
                *UserRoutes(self._users, self._store.clock, self._token).routes(),
                web.post("/hub/api/users/{user}/tokens", self._give_token),
                web.get("/hub/api/users/{user}/server/progress", self._progress),
                *NotebookRoutes(self._users, self._given).routes(),
                web.post("/hub/api/users/{user}/server", self._start),
                web.delete("/hub/api/users/{user}/server", self._stop),
                web.post("/hub/api/users/{user}/servers/{server}", self._start),
                web.delete("/hub/api/users/{user}/servers/{server}", self._stop),
            ]
        )
        return app

    @web.middleware
    async def _through_proxy(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if not self._is_up("proxy"):
            # Nothing listens: the connection ends without an answer.
            return hang_up(request)
        if not self._is_up("hub"):
            return web.Response(
                status=503, text="Service Unavailable: the hub does not answer", content_type="text/html"
            )
        try:
            return await handler(request)
        except web.HTTPException as error:
            if not request.path.startswith("/hub/api") or error.status < 400:  # noqa: PLR2004 - errors, not redirects
                raise
            return web.json_response({"status": error.status, "message": error.reason}, status=error.status)

    def _is_up(self, deployment: str) -> bool:
        found = self._store.find(DEPLOYMENT, self._users.profile.namespace, deployment)
        return found is not None and int(found.get("status", {}).get("readyReplicas") or 0) > 0

    def _token(self, request: web.Request, scope: str = "") -> Token:
        """Return the token of a request. A scope that it needs is for the user in its path, if there is one."""
        kind, _, text = request.headers.get("Authorization", "").partition(" ")
        token = self._tokens.get(text.strip()) if kind.lower() in ("token", "bearer") else None
        if token is None or (token.expires and token.expires <= self._store.clock.now()):
            raise web.HTTPForbidden(reason="Missing or invalid credentials.")
        if scope and not token.allows(scope, request.match_info.get("user", "")):
            if token.allows_for_some(scope):
                raise web.HTTPNotFound(reason="No access to resources or resources not found")
            raise web.HTTPForbidden(reason=f"Action is not authorized with current scopes; requires any of [{scope}]")
        return token

    def _user(self, request: web.Request) -> User:
        user = self._users.find(request.match_info["user"])
        if user is None:
            raise web.HTTPNotFound(reason="No such user")
        return user

    async def _login(self, _: web.Request) -> web.StreamResponse:
        told = shown(self._store, self._users.profile.namespace)
        banner = f'<div class="announcement alert alert-warning">{told}</div>' if told else ""
        page = f'<!doctype html><title>JupyterHub</title>{banner}<a href="/hub/oauth_login">Sign in with Microsoft</a>'
        return web.Response(text=page, content_type="text/html")

    async def _show_version(self, _: web.Request) -> web.StreamResponse:
        return web.json_response({"version": self._version()})

    def _version(self) -> str:
        return hub_version(self._store, self._users.profile.namespace)

    async def _metrics(self, request: web.Request) -> web.StreamResponse:
        self._token(request, "read:metrics")
        users = self._users.all()
        running = sum(self._users.is_ready(s) for user in users for s in user.servers.values())
        self._users.spawns.begin(hub_process(self._store, self._users.profile.namespace), self._store.clock.now())
        lines = (
            *self._users.spawns.lines(),
            "# TYPE jupyterhub_running_servers gauge",
            f"jupyterhub_running_servers {running}",
            "# TYPE jupyterhub_total_users gauge",
            f"jupyterhub_total_users {len(users)}",
        )
        return web.Response(text="".join(f"{line}\n" for line in lines))

    async def _info(self, request: web.Request) -> web.StreamResponse:
        self._token(request, "read:hub")
        return web.json_response(
            {
                "version": self._version(),
                "python": "3.12.11 (main)",
                "sys_executable": "/usr/local/bin/python3.12",
                "authenticator": {"class": "oauthenticator.azuread.AzureAdOAuthenticator", "version": "17.3.0"},
                "spawner": {"class": "kubespawner.spawner.KubeSpawner", "version": "7.1.0"},
            }
        )

    async def _list(self, request: web.Request) -> web.StreamResponse:
        token = self._token(request, "list:users")
        users = [user for user in self._users.all() if self._is_in(user, request.query.get("state"))]
        paginated = _PAGINATED in request.headers.get("Accept", "")
        offset = _number(request, "offset", 0)
        limit = max(1, min(_number(request, "limit", _PAGE if paginated else _LARGEST_PAGE), _LARGEST_PAGE))
        items = [user_model(self._users, user, token) for user in users[offset : offset + limit]]
        # Without the media type of pagination the answer is one large page, which does not mention the others.
        if not paginated:
            return web.json_response(items)
        page = {"items": items, "_pagination": _pagination(request, offset, limit, len(users))}
        return web.json_response(page, content_type=_PAGINATED)

    def _is_in(self, user: User, state: str | None) -> bool:
        match state:
            case None:
                return True
            case "active":
                return bool(user.servers)
            case "ready":
                return any(self._users.is_ready(server) for server in user.servers.values())
            case "inactive":
                return not user.servers
        raise web.HTTPBadRequest(reason=f"Unrecognized state filter: {state!r}")

    async def _give_token(self, request: web.Request) -> web.StreamResponse:
        self._token(request, "tokens")
        user, wanted = self._user(request), await _object(request)
        scopes = wanted.get("scopes") or []
        if not all(scope == f"access:servers!user={user.name}" for scope in scopes):
            raise web.HTTPBadRequest(reason=f"Token would have more scopes than {user.name}")
        text = self._given.give(user.name, int(wanted.get("expires_in") or 0))
        made = {"token": text, "id": "a1", "kind": "api_token", "user": user.name, "note": wanted.get("note", "")}
        return web.json_response({**made, "scopes": scopes}, status=201)

    async def _progress(self, request: web.Request) -> web.StreamResponse:
        self._token(request, "read:servers")
        user = self._user(request)
        if "" not in user.servers:
            raise web.HTTPNotFound
        return await SpawnProgress(self._users, self._store.clock).told(request, user)

    async def _start(self, request: web.Request) -> web.StreamResponse:
        self._token(request, "start:servers")
        user, name = self._user(request), request.match_info.get("server", "")
        server = user.servers.get(name)
        if server is None:
            try:
                self._users.start(user, name, await _object(request))
            except UnknownProfileError as error:
                raise web.HTTPBadRequest(reason=str(error)) from None
            except ApiError:
                # The hub does not pass on what Kubernetes says: that is in its log.
                raise web.HTTPInternalServerError(reason=f"Unhandled error starting server {user.name}") from None
        elif server.stopping:
            raise web.HTTPBadRequest(reason=f"{user.name}:{name} is pending stop")
        elif self._users.is_ready(server):
            raise web.HTTPBadRequest(reason=f"{user.name}:{name} is already running")
        return web.Response(status=202)

    async def _stop(self, request: web.Request) -> web.StreamResponse:
        self._token(request, "delete:servers")
        user, name = self._user(request), request.match_info.get("server", "")
        server = user.servers.get(name)
        if server is None:
            if name:
                raise web.HTTPNotFound(reason=f"{user.name} has no server named '{name}'")
            return web.Response(status=204)
        if server.stopping:
            return web.Response(status=202)
        self._users.stop(server)
        await self._wait_stopped(server)
        return web.Response(status=202 if self._users.pod(server) else 204)

    async def _wait_stopped(self, server: Server) -> None:
        clock = self._store.clock
        end = clock.now() + timedelta(seconds=self._slow_stop_timeout)
        while self._users.pod(server) and clock.now() < end:
            await clock.sleep(_LOOK)


async def _object(request: web.Request) -> Json:
    """Return the JSON object of a request's body; empty without one."""
    try:
        found = await request.json() if request.can_read_body else {}
    except ValueError:
        raise web.HTTPBadRequest(reason="Invalid JSON in body of request") from None
    return found if isinstance(found, dict) else {}


async def _to_hub(_: web.Request) -> web.StreamResponse:
    raise web.HTTPFound("/hub/login")


async def _health(_: web.Request) -> web.StreamResponse:
    return web.Response(text="")


def _number(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name, str(default))
    try:
        # JupyterHub drops the sign.
        return abs(int(text))
    except ValueError:
        raise web.HTTPBadRequest(reason="Invalid argument type, offset and limit must be integers") from None


def _pagination(request: web.Request, offset: int, limit: int, total: int) -> Json:
    following = offset + limit
    more = None
    if following < total:
        url = request.url.update_query({"offset": str(following), "limit": str(limit)})
        more = {"offset": following, "limit": limit, "url": str(url)}
    return {"offset": offset, "limit": limit, "total": total, "next": more}
