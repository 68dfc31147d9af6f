"""Azure Key Vault over HTTP (REST API 7.4): one secret read by its name."""

from typing import Final

from aiohttp import web

from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.azure.key_vault import KeyVault
from sandbox.http.outage import hang_up

API: Final = "7.4"


class KeyVaultRoutes:
    """The routes of one vault."""

    def __init__(self, vault: KeyVault) -> None:
        self._vault = vault

    def app(self) -> web.Application:
        """Return an application to be served on loopback."""
        app = web.Application()
        app.add_routes([web.get("/secrets/{name}", self._secret), web.get("/secrets/{name}/{version}", self._secret)])
        return app

    async def _secret(self, request: web.Request) -> web.StreamResponse:
        self._vault.requests += 1
        if self._vault.fault == "absent":
            return hang_up(request)
        return self._refused(request) or self._given(request)

    def _refused(self, request: web.Request) -> web.Response | None:
        if self._vault.fault == "throttled":
            return _refusal(429, "Throttled", "Request was not processed because too many requests were received.")
        if self._vault.fault == "denied":
            return _refusal(403, "Forbidden", "Caller is not authorized to perform action on resource.")
        if request.headers.get("Authorization") != f"Bearer {self._vault.token}":
            return _refusal(401, "Unauthorized", "AKV10000: Request is missing a Bearer or PoP token.")
        if request.query.get("api-version") != API:
            return _refusal(400, "BadParameter", "The request URI contains an invalid API version.")
        return None

    def _given(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        # Every secret here has one version, its current one.
        if name not in self._vault.values or "version" in request.match_info:
            return _refusal(404, "SecretNotFound", f"A secret with (name/id) {name} was not found in this key vault.")
        if name in self._vault.disabled:
            return _refusal(403, "Forbidden", "Operation get is not allowed on a disabled secret.")
        return web.json_response(self._bundle(str(request.url.origin()), name))

    def _bundle(self, origin: str, name: str) -> Json:
        id_ = f"{origin}/secrets/{name}/{'0' * 32}"
        attributes = {"enabled": True, "created": 1767225600, "updated": 1767225600, "recoveryLevel": "Recoverable"}
        return {
            "value": self._vault.values[name],
            "id": id_,
            "attributes": attributes,
        }


def _refusal(status: int, code: str, message: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message}}, status=status)
