"""The bot's own tokens, with which it may write in conversations."""

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from bot.teams.settings import TeamsSettings
from clients.azure.identity import credential

_LOG = logging.getLogger("jhub_bot.teams.credentials")

SCOPE: Final = "https://api.botframework.com/.default"
# A token is renewed this many seconds before it expires, and used until then if that fails.
_EARLY: Final = 300.0
_TIMEOUT: Final = 20.0


class TokenUnavailable(Exception):  # noqa: N818 - named after what the caller is told
    """No token could be had. The message holds an error code at most."""


class IssuedToken(Protocol):
    """A token and its end, in seconds since 1970. azure-core's AccessToken is one."""

    @property
    def token(self) -> str:
        """The secret."""

    @property
    def expires_on(self) -> int:
        """End of the token."""


class AsyncCredential(Protocol):
    """Interface that every asynchronous credential of azure-identity has."""

    def get_token(self, *scopes: str) -> Awaitable[IssuedToken]:
        """Return a token for the scopes."""

    async def close(self) -> None:
        """Release its connections."""


class TokenSource(Protocol):
    """Source of the connector client's tokens."""

    async def get(self) -> str:
        """Return a token that is good for now, empty where none is needed. Raise TokenUnavailable."""

    def forget(self) -> None:
        """Drop the present token as no good."""


class NoTokens:
    """Token source for the Playground, which asks for no token."""

    async def get(self) -> str:
        """Return no token."""
        return ""

    def forget(self) -> None:
        """Do nothing: there is no token to drop."""


class CachedTokens:
    """Tokens of a credential that is made anew for each of them, so that a changed secret is noticed.

    A token is kept until shortly before its end; one fetch runs at a time.
    """

    def __init__(self, make: Callable[[], Awaitable[AsyncCredential]], now: Callable[[], float] = time.time) -> None:
        self._make = make
        self._now = now
        self._token = ""
        self._expires = 0.0
        self._one_at_a_time = asyncio.Lock()

    async def get(self) -> str:
        """Return a token that is good for now. Raise TokenUnavailable."""
        async with self._one_at_a_time:
            if self._now() >= self._expires - _EARLY:
                await self._renew()
            return self._token

    def forget(self) -> None:
        """Drop the token, so that a new one is fetched next time."""
        self._token, self._expires = "", 0.0

    async def _renew(self) -> None:
        try:
            async with asyncio.timeout(_TIMEOUT):
                issued = await self._fetch()
        except Exception as error:  # noqa: BLE001 - azure-identity and its transport raise of many kinds
            # azure-identity's messages may quote what they sent and got: only the kind and the code are told.
            what = _what(error)
            _LOG.error("no token for Bot Framework: %s", what)
            if self._now() >= self._expires:
                raise TokenUnavailable(what) from None
        else:
            self._token, self._expires = issued.token, float(issued.expires_on)

    async def _fetch(self) -> IssuedToken:
        credential = await self._make()
        try:
            return await credential.get_token(SCOPE)
        finally:
            await credential.close()


# What each type of app, as Azure Bot Service calls it, is to azure-identity.
_IDENTITIES: Final = {
    "SingleTenant": "ClientSecret",
    "UserAssignedMSI": "ManagedIdentity",
    "WorkloadIdentity": "WorkloadIdentity",
    "AzureCli": "AzureCli",
}


def azure_tokens(settings: TeamsSettings) -> CachedTokens:
    """Return the token source of the app in `settings`, which must have an app id.

    Loads azure-identity, which takes a tenth of a second and more: call it at start.
    """
    from clients.azure import credentials  # noqa: F401, PLC0415 - not paid for by those who run without an app id

    async def secret() -> str:
        return await settings.secret() if settings.secret else ""

    async def make() -> AsyncCredential:
        identity = _IDENTITIES[settings.app_type]
        # An identity of Azure's own knows its tenant.
        tenant = settings.tenants[0] if identity in ("ClientSecret", "AzureCli") else ""
        return credential(identity, tenant_id=tenant, client_id=settings.app_id, secret=secret)

    return CachedTokens(make)


def _what(error: Exception) -> str:
    code = re.search(r"\bAADSTS\d+\b", str(error))
    return f"{type(error).__name__} {code.group()}" if code else type(error).__name__
