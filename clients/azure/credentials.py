"""The credentials of azure-identity, by the configuration's word for each.

Only `clients.azure.identity` loads this module, and only where it is needed: with msal and requests, which
azure-identity brings, it is a tenth of all that the bot would load at its start.
"""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any

from azure.core.credentials import AccessToken
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import ClientAuthenticationError
from azure.identity.aio import (
    AzureCliCredential,
    ClientSecretCredential,
    ManagedIdentityCredential,
    WorkloadIdentityCredential,
)

from clients.azure.transport import Transport


def made(
    identity: str, tenant_id: str, client_id: str, secret: Callable[[], Awaitable[str]] | None
) -> AsyncTokenCredential:
    """Return a credential as `clients.azure.identity.credential` describes it."""
    match identity:
        case "ManagedIdentity":
            return ManagedIdentityCredential(client_id=client_id or None, transport=_transport())
        case "WorkloadIdentity":
            known = {"tenant_id": tenant_id, "client_id": client_id}
            stated = {name: value for name, value in known.items() if value}
            return WorkloadIdentityCredential(**stated, transport=_transport())
        case "AzureCli":
            return AzureCliCredential(tenant_id=tenant_id)
        case "ClientSecret" if secret is not None:
            return _WithSecret(tenant_id, client_id, secret)
    raise ValueError(f"no such identity: {identity}")


def _transport() -> Transport:
    return Transport("https://login.microsoftonline.com", patience=1.0)


class _WithSecret(AsyncTokenCredential):
    """A ClientSecretCredential that is replaced when the secret changes."""

    def __init__(self, tenant_id: str, client_id: str, secret: Callable[[], Awaitable[str]]) -> None:
        self._who = tenant_id, client_id
        # Refuses at once what is no tenant or no client; the secret is only known later.
        ClientSecretCredential(*self._who, "unknown")
        self._secret = secret
        self._known: tuple[str, ClientSecretCredential] | None = None
        self._one_at_a_time = asyncio.Lock()

    async def get_token(self, *scopes: str, **options: Any) -> AccessToken:  # noqa: ANN401 - as azure-core has it
        """Return a token. Raise what `secret` raises, and AzureError."""
        async with self._one_at_a_time:
            return await (await self._current()).get_token(*scopes, **options)

    async def _current(self) -> ClientSecretCredential:
        secret = await self._secret()
        if not secret:
            raise ClientAuthenticationError("the secret is empty")
        if self._known is None or self._known[0] != secret:
            await self.close()
            self._known = secret, ClientSecretCredential(*self._who, secret, transport=_transport())
        return self._known[1]

    async def close(self) -> None:
        """Release the connections."""
        if self._known is not None:
            await self._known[1].close()
            self._known = None

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self.close()
