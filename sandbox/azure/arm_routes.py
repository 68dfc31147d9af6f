"""Azure Resource Manager over HTTP: authentication, the form of its errors, and its faults.

The managed resources bring their own routes: the cluster and its node pools, the registry's builds.
"""

import asyncio
from collections.abc import Iterable
from typing import Final

from aiohttp import web

from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.azure.arm import FAULTS, Arm
from sandbox.azure.errors import ArmError
from sandbox.http.outage import Handler, hang_up

_SLOW_SECONDS: Final = 30.0
_FAULT_PATH: Final = "/_sandbox/fault"
# Controls of other services on the same port: they need no token and know no faults.
_OPEN: Final = (_FAULT_PATH, "/_sandbox/cert")


class ArmRoutes:
    """The front end through which the routes of all managed resources are reached."""

    def __init__(self, arm: Arm) -> None:
        self._arm = arm

    def app(self, routes: Iterable[web.AbstractRouteDef]) -> web.Application:
        """Return an application with these routes, to be served on loopback. Their handlers may raise ArmError."""
        app = web.Application(middlewares=[self._guard])
        app.add_routes([*routes, web.put(_FAULT_PATH, self._set_fault)])
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            if request.path in _OPEN:
                return await handler(request)
            if self._arm.fault == "absent":
                return hang_up(request)
            await self._misbehave(request)
            self._check(request)
            return await handler(request)
        except ArmError as error:
            beside = {"subcode": error.subcode} if error.subcode else {}
            body = {"error": {"code": error.code, "message": str(error), **beside}}
            return web.json_response(body, status=error.status, headers=error.headers)
        except web.HTTPNotFound:
            body = {"error": {"code": "InvalidResourceType", "message": "The resource type could not be found."}}
            return web.json_response(body, status=404)

    async def _misbehave(self, request: web.Request) -> None:
        match self._arm.fault:
            case "slow":
                await asyncio.sleep(_SLOW_SECONDS)
            case "throttled":
                raise ArmError(429, "TooManyRequests", "The request is being throttled.", {"Retry-After": "7"})
            case "broken":
                raise ArmError(500, "InternalServerError", "Encountered internal server error.")
            case "denied":
                raise ArmError(403, "AuthorizationFailed", _unauthorized(request))

    def _check(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != f"Bearer {self._arm.token}":
            raise ArmError(401, "AuthenticationFailed", "Authentication failed.")

    async def _set_fault(self, request: web.Request) -> web.StreamResponse:
        kind = (await request.json()).get("kind")
        if kind not in FAULTS:
            raise ArmError(400, "BadRequest", f"kind is one of {', '.join(map(repr, FAULTS))}")
        self._arm.fault = kind
        return web.json_response({"kind": kind})


async def body_of(request: web.Request) -> Json:
    """Return the JSON object that was sent. Raise ArmError for anything else."""
    try:
        given = await request.json()
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise ArmError(400, "InvalidRequestContent", "The request content was invalid and could not be deserialized.")
    return given


def _unauthorized(request: web.Request) -> str:
    """Return Azure's words for a missing role, with the action and the scope of the request."""
    scope, _, what = request.path.rpartition("/providers/")
    provider, *names = what.split("/")
    verb = {"GET": "read", "DELETE": "delete", "POST": "action"}.get(request.method, "write")
    action = "/".join((provider, *names[::2], verb))
    what = "/".join((provider, *names[: len(names) // 2 * 2]))
    return (
        "The client 'jhub-bot' with object id 'jhub-bot' does not have authorization to perform action "
        f"'{action}' over scope '{scope}/providers/{what}' or the scope is invalid. If access was recently granted, "
        "please refresh your credentials."
    )
