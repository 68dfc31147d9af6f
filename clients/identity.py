"""Who the bot is to Azure: credentials of azure-identity, chosen by configuration, and tokens for plain clients."""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any

from azure.core.credentials import AccessToken
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError, ClientAuthenticationError
from azure.identity.aio import (
    AzureCliCredential,
    ClientSecretCredential,
    ManagedIdentityCredential,
    WorkloadIdentityCredential,
)

from clients.errors import Unavailable

Token = Callable[[], Awaitable[str]]


def credential(
    identity: str, *, tenant_id: str = "", client_id: str = "", secret: Callable[[], Awaitable[str]] | None = None
) -> AsyncTokenCredential:
    """The credential, to be closed by whoever asked for it.

    `identity` is ManagedIdentity, WorkloadIdentity, AzureCli or ClientSecret; the last needs `tenant_id`, `client_id`
    and `secret`, which is asked for each token, so that a new one counts. Raises ValueError for what
    azure-identity does not take.
    """
    match identity:
        case "ManagedIdentity":
            return ManagedIdentityCredential(client_id=client_id) if client_id else ManagedIdentityCredential()
        case "WorkloadIdentity":
            known = {"tenant_id": tenant_id, "client_id": client_id}
            return WorkloadIdentityCredential(**{name: value for name, value in known.items() if value})
        case "AzureCli":
            return AzureCliCredential()
        case "ClientSecret" if secret is not None:
            return _WithSecret(tenant_id, client_id, secret)
    raise ValueError(f"no such identity: {identity}")


class _WithSecret(AsyncTokenCredential):
    """A ClientSecretCredential, made anew when the secret is another."""

    def __init__(self, tenant_id: str, client_id: str, secret: Callable[[], Awaitable[str]]) -> None:
        self._who = tenant_id, client_id
        # Refuses at once what is no tenant or no client; the secret is only known later.
        ClientSecretCredential(*self._who, "unknown")
        self._secret = secret
        self._known: tuple[str, ClientSecretCredential] | None = None
        self._one_at_a_time = asyncio.Lock()

    async def get_token(self, *scopes: str, **options: Any) -> AccessToken:  # noqa: ANN401 - as azure-core has it
        """A token. Raises what `secret` raises, and AzureError."""
        async with self._one_at_a_time:
            return await (await self._current()).get_token(*scopes, **options)

    async def _current(self) -> ClientSecretCredential:
        secret = await self._secret()
        if not secret:
            raise ClientAuthenticationError("the secret is empty")
        if self._known is None or self._known[0] != secret:
            await self.close()
            self._known = secret, ClientSecretCredential(*self._who, secret)
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


def tokens(known: AsyncTokenCredential, system: str, base_url: str) -> Token:
    """A way to get tokens for the API at `base_url`; they are kept while they are good. It raises Unavailable."""
    scope = f"{base_url.rstrip('/')}/.default"

    async def token() -> str:
        try:
            return (await known.get_token(scope)).token
        except AzureError as error:
            # Its text may quote what was sent.
            raise Unavailable(system, f"gave the bot no token ({type(error).__name__})") from None

    return token
