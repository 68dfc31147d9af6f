"""Validation of the token by which Bot Framework proves that a request is its own, and what the token vouches for.

After Microsoft's "Authentication with the Bot Connector API", section on requests from the connector to the bot. That
page asks for 403 in every case; a token that is not good gets 401 here, as HTTP means it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import jwt

from bot.teams.auth.jwks import KeysUnavailable, SigningKey, SigningKeys
from bot.teams.delivery import Delivery
from bot.teams.errors import RequestRejected

ISSUER = "https://api.botframework.com"
# Clocks may differ by this many seconds.
SKEW = 300
# Bearer and the token.
_PARTS = 2


@dataclass(frozen=True)
class TokenClaims:
    """Claims that a good token vouches for: one connector's address, and the channels its key may speak for."""

    service_url: str
    endorsements: frozenset[str]

    def check(self, activity: Delivery) -> None:
        """Raise RequestRejected where the activity claims what the token does not vouch for."""
        if not activity.service_url or activity.service_url != self.service_url:
            raise RequestRejected(401, "the token is for another serviceUrl")
        if activity.channel_id not in self.endorsements:
            raise RequestRejected(403, "the token's key is not endorsed for this channel")


class TokenCheck:
    """Validation of the tokens sent to the bot with one app id."""

    def __init__(self, app_id: str, keys: SigningKeys) -> None:
        self._app_id = app_id
        self._keys = keys

    async def check(self, authorization: Sequence[str]) -> TokenClaims:
        """Return what the token of the Authorization headers vouches for.

        Raise RequestRejected: 401, or 503 without keys.
        """
        token = _bearer(authorization)
        key = await self._key(_kid(token))
        claims = self._claims(token, key)
        return TokenClaims(_text(claims.get("serviceurl")), key.endorsements)

    async def _key(self, kid: str) -> SigningKey:
        try:
            key = await self._keys.find(kid)
        except KeysUnavailable:
            raise RequestRejected(503, "tokens cannot be checked at the moment") from None
        if key is None:
            raise RequestRejected(401, "the token is signed with an unknown key")
        return key

    def _claims(self, token: str, key: SigningKey) -> dict[str, object]:
        try:
            return jwt.decode(
                token,
                key.public,
                algorithms=["RS256"],
                audience=self._app_id,
                issuer=ISSUER,
                leeway=SKEW,
                options={"require": ["exp", "nbf", "iss", "aud"], "strict_aud": True},
            )
        except jwt.ExpiredSignatureError:
            raise RequestRejected(401, "the token has expired") from None
        except (jwt.PyJWTError, ValueError, TypeError, ArithmeticError, RecursionError):
            raise RequestRejected(401, "the token is not valid") from None


def _bearer(authorization: Sequence[str]) -> str:
    if len(authorization) != 1:
        raise RequestRejected(401, "a bearer token is needed")
    parts = authorization[0].split()
    if len(parts) != _PARTS or parts[0].casefold() != "bearer":
        raise RequestRejected(401, "a bearer token is needed")
    return parts[1]


def _kid(token: str) -> str:
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        raise RequestRejected(401, "the token is not valid") from None
    # Refused before the key is looked up, so that such tokens cannot cause a fetch. Extensions that a reader must
    # understand ("crit") are none of Bot Framework's.
    if header.get("alg") != "RS256" or "crit" in header or not _text(header.get("kid")):
        raise RequestRejected(401, "the token is not valid")
    return _text(header.get("kid"))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
