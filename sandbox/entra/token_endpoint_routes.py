"""Entra's token endpoint (v2.0), for applications that authenticate by a client secret.

Refusals are Entra's: AADSTS7000215 for a wrong secret, 7000222 for an expired one, 700016 for no such application,
90002 for no such tenant.
"""

import asyncio
import secrets
from typing import Final

from aiohttp import web

from sandbox.entra.applications import Applications
from sandbox.entra.people import TENANT
from sandbox.http.bodies import field_of
from sandbox.http.outage import Handler, hang_up

FAULTS: Final = ("", "slow", "absent", "throttled", "broken")
_SLOW_SECONDS: Final = 30.0
_FAULT_PATH: Final = "/_sandbox/fault"


class TokenEndpointRoutes:
    """The endpoint. `fault` is one of FAULTS, `requests` the number of requests for a token so far."""

    def __init__(self, applications: Applications) -> None:
        self._applications = applications
        self.fault = ""
        self.requests = 0

    def app(self) -> web.Application:
        """Return an application to be served on loopback."""
        app = web.Application(middlewares=[self._misbehave])
        app.add_routes(
            [web.post("/{tenant}/oauth2/v2.0/token", self._token), web.put(_FAULT_PATH, self._set_fault)],
        )
        return app

    @web.middleware
    async def _misbehave(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path == _FAULT_PATH:
            return await handler(request)
        match self.fault:
            case "slow":
                await asyncio.sleep(_SLOW_SECONDS)
            case "absent":
                return hang_up(request)
            case "throttled":
                return web.json_response({"error": "temporarily_unavailable"}, status=429, headers={"Retry-After": "5"})
            case "broken":
                return web.Response(status=500, text="Service error")
        return await handler(request)

    async def _token(self, request: web.Request) -> web.StreamResponse:
        self.requests += 1
        form = {name: str(value) for name, value in (await request.post()).items()}
        client, secret = form.get("client_id", "").lower(), form.get("client_secret", "")
        if refusal := _malformed(request.match_info["tenant"], form):
            return refusal
        if client not in self._applications.by_app_id:
            return _refused(400, "unauthorized_client", 700016, "Application was not found in the directory.")
        if self._applications.accepts(client, secret):
            token = f"sandbox.{secrets.token_urlsafe(24)}"
            return web.json_response({"token_type": "Bearer", "expires_in": 3599, "access_token": token})
        if self._applications.expired(client, secret):
            return _refused(401, "invalid_client", 7000222, "The provided client secret keys are expired.")
        return _refused(401, "invalid_client", 7000215, "Invalid client secret provided.")

    async def _set_fault(self, request: web.Request) -> web.StreamResponse:
        kind = await field_of(request, "kind")
        if kind not in FAULTS:
            raise web.HTTPBadRequest(text=f"kind is one of {', '.join(map(repr, FAULTS))}")
        self.fault = str(kind)
        return web.json_response({"kind": kind})


def _malformed(tenant: str, form: dict[str, str]) -> web.Response | None:
    if tenant.lower() != TENANT:
        return _refused(400, "invalid_request", 90002, "Tenant not found.")
    if form.get("grant_type") != "client_credentials":
        return _refused(400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type.")
    if not form.get("scope", "").endswith("/.default"):
        return _refused(400, "invalid_scope", 1002012, "The provided value for scope is not valid.")
    return None


def _refused(status: int, error: str, code: int, message: str) -> web.Response:
    body = {"error": error, "error_description": f"AADSTS{code}: {message}", "error_codes": [code]}
    return web.json_response(body, status=status)
