"""Azure Resource Manager, as far as a hub's estate goes: who may ask, how it refuses, and how it misbehaves.

What it manages is added as routes by those who keep it: clusters and pools, the registry's builds.
"""

import asyncio
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.http.outage import Handler, hang_up

SUBSCRIPTION: Final = "6f1d2c3b-4a59-4687-9b8c-7d6e5f4a3b2c"
RESOURCE_GROUP: Final = "jhub"
CLUSTER: Final = "jhub-aks"
FAULTS: Final = ("", "slow", "absent", "throttled", "broken", "denied")
_SLOW_SECONDS: Final = 30.0
_FAULT_PATH: Final = "/_sandbox/fault"
# Controls of other stories on the same port: they need no token and know no faults.
_OPEN: Final = (_FAULT_PATH, "/_sandbox/cert")


class ArmError(Exception):
    """A refusal in Azure's form. `headers` go with it."""

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = headers or {}


@dataclass
class Arm:
    """The front door. `token` is what callers must show; `fault` how it misbehaves just now."""

    token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    fault: str = ""

    def app(self, routes: Iterable[web.AbstractRouteDef]) -> web.Application:
        """An application with these routes, to be served on loopback. Their handlers may raise ArmError."""
        app = web.Application(middlewares=[self._guard])
        app.add_routes([*routes, web.put(_FAULT_PATH, self._set_fault)])
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            if request.path in _OPEN:
                return await handler(request)
            if self.fault == "absent":
                return hang_up(request)
            await self._misbehave()
            self._check(request)
            return await handler(request)
        except ArmError as error:
            body = {"error": {"code": error.code, "message": str(error)}}
            return web.json_response(body, status=error.status, headers=error.headers)
        except web.HTTPNotFound:
            body = {"error": {"code": "InvalidResourceType", "message": "The resource type could not be found."}}
            return web.json_response(body, status=404)

    async def _misbehave(self) -> None:
        match self.fault:
            case "slow":
                await asyncio.sleep(_SLOW_SECONDS)
            case "throttled":
                raise ArmError(429, "TooManyRequests", "The request is being throttled.", {"Retry-After": "7"})
            case "broken":
                raise ArmError(500, "InternalServerError", "Encountered internal server error.")
            case "denied":
                raise ArmError(403, "AuthorizationFailed", "The client does not have authorization.")

    def _check(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            raise ArmError(401, "AuthenticationFailed", "Authentication failed.")

    async def _set_fault(self, request: web.Request) -> web.StreamResponse:
        kind = (await request.json()).get("kind")
        if kind not in FAULTS:
            raise ArmError(400, "BadRequest", f"kind is one of {', '.join(map(repr, FAULTS))}")
        self.fault = kind
        return web.json_response({"kind": kind})


async def body_of(request: web.Request) -> Json:
    """The JSON object that was sent. Raises ArmError for anything else."""
    try:
        given = await request.json()
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise ArmError(400, "InvalidRequestContent", "The request content was invalid and could not be deserialized.")
    return given
