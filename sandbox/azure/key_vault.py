"""Azure Key Vault with a few secrets, as far as reading them goes (REST API 7.4)."""

import secrets
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.http.outage import hang_up

API: Final = "7.4"
FAULTS: Final = ("", "absent", "throttled", "denied")


@dataclass
class KeyVault:
    """The vault: `values` by name; `disabled` are kept and not given. `token` is what callers must show."""

    values: dict[str, str] = field(repr=False)
    disabled: set[str] = field(default_factory=set)
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    fault: str = ""
    asked: int = 0

    def app(self) -> web.Application:
        """An application to be served on loopback."""
        app = web.Application()
        app.add_routes([web.get("/secrets/{name}", self._secret), web.get("/secrets/{name}/{version}", self._secret)])
        return app

    async def _secret(self, request: web.Request) -> web.StreamResponse:
        self.asked += 1
        if self.fault == "absent":
            return hang_up(request)
        return self._refused(request) or self._given(request)

    def _refused(self, request: web.Request) -> web.Response | None:
        if self.fault == "throttled":
            return _refusal(429, "Throttled", "Request was not processed because too many requests were received.")
        if self.fault == "denied":
            return _refusal(403, "Forbidden", "Caller is not authorized to perform action on resource.")
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return _refusal(401, "Unauthorized", "AKV10000: Request is missing a Bearer or PoP token.")
        if request.query.get("api-version") != API:
            return _refusal(400, "BadParameter", "The request URI contains an invalid API version.")
        return None

    def _given(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        # Every secret here has one version, its current one.
        if name not in self.values or "version" in request.match_info:
            return _refusal(404, "SecretNotFound", f"A secret with (name/id) {name} was not found in this key vault.")
        if name in self.disabled:
            return _refusal(403, "Forbidden", "Operation get is not allowed on a disabled secret.")
        return web.json_response(self._told(str(request.url.origin()), name))

    def _told(self, origin: str, name: str) -> Json:
        attributes = {"enabled": True, "created": 1767225600, "updated": 1767225600, "recoveryLevel": "Recoverable"}
        return {"value": self.values[name], "id": f"{origin}/secrets/{name}/{'0' * 32}", "attributes": attributes}


def _refusal(status: int, code: str, message: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message}}, status=status)
