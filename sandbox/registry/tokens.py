"""How callers show a registry of Azure's who they are: an Entra token for a refresh token, that for access tokens.

Access tokens are good for one scope and for a short time, by the sandbox's clock.
"""

import base64
import json
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from aiohttp import web

from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.clock import Clock

USUAL_LIFETIME: Final = 60.0


class Denied(Exception):  # noqa: N818 - named after the answer
    """Somebody must show a better token. `challenge` says how to get it."""

    def __init__(self, challenge: str, detail: object) -> None:
        super().__init__("authentication required, visit https://aka.ms/acr/authorization for more information.")
        self.challenge = challenge
        self.detail = detail


@dataclass
class RegistryTokens:
    """Gives tokens and looks at them. `entra` is the token of Entra that is believed; lifetimes are in seconds."""

    clock: Clock
    service: str
    entra: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    usual_lifetime: float = USUAL_LIFETIME
    lifetime: float = USUAL_LIFETIME
    _refresh: set[str] = field(default_factory=set, repr=False)
    _access: dict[str, tuple[str, float]] = field(default_factory=dict, repr=False)

    def routes(self) -> list[web.RouteDef]:
        """Where tokens are had."""
        return [web.post("/oauth2/exchange", self._exchange), web.post("/oauth2/token", self._token)]

    def check(self, request: web.Request, repository: str, action: str) -> None:
        """Raises Denied unless the request shows an access token for this action that has not expired."""
        shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
        scope, until = self._access.get(shown, ("", 0.0))
        if shown and until > self.clock.now().timestamp() and (not repository or _allows(scope, repository, action)):
            return
        detail = [{"Type": "repository", "Name": repository, "Action": action}] if repository else None
        raise Denied(self._challenge(request, repository, action, wrong=bool(shown)), detail)

    def _challenge(self, request: web.Request, repository: str, action: str, *, wrong: bool) -> str:
        realm = request.url.origin().with_path("/oauth2/token")
        scope = f',scope="repository:{repository}:{action}"' if repository else ""
        error = ',error="invalid_token"' if wrong else ""
        return f'Bearer realm="{realm}",service="{self.service}"{scope}{error}'

    async def _exchange(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        if (form.get("grant_type"), form.get("service")) != ("access_token", self.service):
            return _refused(400, "INVALID_REQUEST", "grant_type or service is wrong")
        if form.get("access_token") != self.entra:
            return _refused(401, "UNAUTHORIZED", "AAD access token is not valid")
        token = secrets.token_urlsafe(24)
        self._refresh.add(token)
        return web.json_response({"refresh_token": token})

    async def _token(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        if (form.get("grant_type"), form.get("service")) != ("refresh_token", self.service):
            return _refused(400, "INVALID_REQUEST", "grant_type or service is wrong")
        if form.get("refresh_token") not in self._refresh:
            return _refused(401, "UNAUTHORIZED", "refresh token is not valid")
        until, scope = self.clock.now() + timedelta(seconds=self.lifetime), str(form.get("scope") or "")
        token = _jwt({"aud": self.service, "exp": int(until.timestamp()), "jti": secrets.token_hex(8)})
        self._access[token] = (scope, until.timestamp())
        return web.json_response({"access_token": token})


def _allows(scope: str, repository: str, action: str) -> bool:
    kind, _, rest = scope.partition(":")
    name, _, actions = rest.rpartition(":")
    return (kind, name) == ("repository", repository) and action in actions.split(",")


def _jwt(claims: Json) -> str:
    """In the form of a JWT, so that callers may read when it expires; nobody checks the signature."""
    parts = [json.dumps({"alg": "RS256", "typ": "JWT"}).encode(), json.dumps(claims).encode(), secrets.token_bytes(32)]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def _refused(status: int, code: str, message: str) -> web.Response:
    return web.json_response({"errors": [{"code": code, "message": message}]}, status=status)
