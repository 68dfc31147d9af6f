"""The tokens of a registry of Azure's: an Entra token is exchanged for a refresh token, that for access tokens.

Access tokens are valid for one scope and for a short time, by the sandbox's clock.
"""

import base64
import json
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.clock import Clock

USUAL_LIFETIME: Final = 60.0


@dataclass
class RegistryTokens:
    """Issues tokens and checks them. `entra` is the token of Entra that is accepted; lifetimes are in seconds."""

    clock: Clock
    service: str
    entra: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    usual_lifetime: float = USUAL_LIFETIME
    lifetime: float = USUAL_LIFETIME
    _refresh: set[str] = field(default_factory=set, repr=False)
    _access: dict[str, tuple[str, float]] = field(default_factory=dict, repr=False)

    def refresh_token(self) -> str:
        """Issue a refresh token."""
        token = secrets.token_urlsafe(24)
        self._refresh.add(token)
        return token

    def is_refresh_token(self, token: object) -> bool:
        """Return True if it is a refresh token that was issued here."""
        return token in self._refresh

    def access_token(self, scope: str) -> str:
        """Issue an access token for a scope, such as `repository:notebook:pull`, good for `lifetime` seconds."""
        until = self.clock.now() + timedelta(seconds=self.lifetime)
        token = _jwt({"aud": self.service, "exp": int(until.timestamp()), "jti": secrets.token_hex(8)})
        self._access[token] = (scope, until.timestamp())
        return token

    def allows(self, token: str, repository: str, action: str) -> bool:
        """Return True if it is an unexpired access token for the action; any scope will do without a repository."""
        scope, until = self._access.get(token, ("", 0.0))
        if not token or until <= self.clock.now().timestamp():
            return False
        return not repository or _allows(scope, repository, action)


def _allows(scope: str, repository: str, action: str) -> bool:
    kind, _, rest = scope.partition(":")
    name, _, actions = rest.rpartition(":")
    return (kind, name) == ("repository", repository) and action in actions.split(",")


def _jwt(claims: Json) -> str:
    """Return a token in the form of a JWT, so that callers can read its expiry; nobody checks the signature."""
    parts = [json.dumps({"alg": "RS256", "typ": "JWT"}).encode(), json.dumps(claims).encode(), secrets.token_bytes(32)]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
