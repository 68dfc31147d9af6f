"""Microsoft Graph v1.0, as far as app registrations go: shown, and their passwords added and removed.

Shapes and refusals are Graph's. A password's text is answered once, by `addPassword`.
"""

from typing import Final

from aiohttp import web

from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.entra.app_policies import PolicyError
from sandbox.entra.applications import BOT, Application, Applications
from sandbox.entra.errors import denied, refusal, unknown
from sandbox.http.bodies import field_of
from sandbox.http.outage import hang_up

_APP: Final = "/v1.0/applications(appId='{app}')"
_PRINCIPAL: Final = "/v1.0/servicePrincipals(appId='{app}')"


class ApplicationsRoutes:
    """The routes of the tenant's app registrations."""

    def __init__(self, applications: Applications) -> None:
        self._applications = applications

    def routes(self) -> list[web.RouteDef]:
        """Return the routes for `DirectoryRoutes.app`."""
        by_id = "/v1.0/applications/{id}"
        return [
            web.get("/v1.0/applications", self._list),
            web.get(_PRINCIPAL, self._principal),
            *(web.get(path, self._show) for path in (_APP, by_id)),
            *(web.post(f"{path}/addPassword", self._add) for path in (_APP, by_id)),
            *(web.post(f"{path}/removePassword", self._remove) for path in (_APP, by_id)),
            *(web.get(f"{path}/appManagementPolicies", self._own_policies) for path in (_APP, by_id)),
            web.get("/v1.0/policies/defaultAppManagementPolicy", self._policy),
            web.put("/_sandbox/applications", self._meddle),
            web.put("/_sandbox/app-policies", self._set_policies),
        ]

    async def _list(self, request: web.Request) -> web.StreamResponse:
        wanted = request.query.get("$filter", "")
        found = [
            app for app in self._applications.by_app_id.values() if not wanted or wanted == f"appId eq '{app.app_id}'"
        ]
        return web.json_response({"value": [_selected(request, app.model()) for app in found]})

    async def _show(self, request: web.Request) -> web.StreamResponse:
        app = self._find(request)
        return _missing(request) if app is None else web.json_response(_selected(request, app.model()))

    async def _principal(self, request: web.Request) -> web.StreamResponse:
        app = self._find(request)
        return _missing(request) if app is None else web.json_response(_selected(request, app.principal()))

    async def _add(self, request: web.Request) -> web.StreamResponse:
        app = self._find(request)
        if app is None:
            return _missing(request)
        if BOT not in app.owners:
            return denied()
        try:
            made = self._applications.add_password(app, await field_of(request, "passwordCredential"))
        except PolicyError as error:
            return refusal(400, error.code, str(error))
        except ValueError as error:
            return refusal(400, "Request_BadRequest", str(error))
        return self._lost(request) or web.json_response(made.model(text=True))

    async def _remove(self, request: web.Request) -> web.StreamResponse:
        app = self._find(request)
        if app is None:
            return _missing(request)
        if BOT not in app.owners:
            return denied()
        key_id = await field_of(request, "keyId")
        if not any(one.key_id == key_id for one in app.passwords):
            return refusal(400, "Request_BadRequest", f"No password credential found with keyId '{key_id}'.")
        app.passwords = [one for one in app.passwords if one.key_id != key_id]
        return self._lost(request) or web.Response(status=204)

    async def _policy(self, _: web.Request) -> web.StreamResponse:
        return web.json_response(self._applications.policy) if self._applications.policies_readable else denied()

    async def _own_policies(self, request: web.Request) -> web.StreamResponse:
        app = self._find(request)
        if app is None:
            return _missing(request)
        return web.json_response({"value": app.policies}) if self._applications.policies_readable else denied()

    async def _set_policies(self, request: web.Request) -> web.StreamResponse:
        """Set the tenant's policy, if the bot may read policies, and those of every app's own."""
        asked = await request.json()
        self._applications.policy = asked.get("tenant", self._applications.policy)
        self._applications.policies_readable = bool(asked.get("readable", True))
        for app in self._applications.by_app_id.values():
            app.policies = asked.get("own", app.policies)
        return web.json_response(asked)

    async def _meddle(self, request: web.Request) -> web.StreamResponse:
        """Take the bot's ownership of all apps away, or give it back."""
        owned = await field_of(request, "owned")
        for app in self._applications.by_app_id.values():
            app.owners = {BOT} if owned else set()
        return web.json_response({"owned": bool(owned)})

    def _lost(self, request: web.Request) -> web.StreamResponse | None:
        if self._applications.lose_answers <= 0:
            return None
        self._applications.lose_answers -= 1
        return hang_up(request)

    def _find(self, request: web.Request) -> Application | None:
        given = request.match_info
        return self._applications.find(app_id=given.get("app", ""), object_id=given.get("id", ""))


def _selected(request: web.Request, whole: Json) -> Json:
    wanted = request.query.get("$select", "")
    return {name: whole[name] for name in wanted.split(",") if name in whole} if wanted else whole


def _missing(request: web.Request) -> web.Response:
    return unknown(request.match_info.get("app") or request.match_info["id"])
