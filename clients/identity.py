"""Who the bot is to Azure: credentials of azure-identity, chosen by configuration, and tokens for plain clients."""

from collections.abc import Awaitable, Callable
from typing import Final

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError

from clients.answers import UnusableError
from clients.errors import Unavailable

Token = Callable[[], Awaitable[str]]
# What azure-identity raises besides its own errors where something else answers in Entra's place.
_TRIPPED_OVER: Final = (OSError, ValueError, LookupError, AttributeError, TypeError, RecursionError)


def credential(
    identity: str, *, tenant_id: str = "", client_id: str = "", secret: Callable[[], Awaitable[str]] | None = None
) -> AsyncTokenCredential:
    """The credential, to be closed by whoever asked for it.

    `identity` is ManagedIdentity, WorkloadIdentity, AzureCli or ClientSecret; the last needs `tenant_id`, `client_id`
    and `secret`, which is asked for each token, so that a new one counts. Raises ValueError for what
    azure-identity does not take.
    """
    from clients.azure_credentials import made  # noqa: PLC0415 - not paid for by those whose tokens lie in files

    return made(identity, tenant_id, client_id, secret)


def tokens(known: AsyncTokenCredential, system: str, base_url: str) -> Token:
    """A way to get tokens for the API at `base_url`; they are kept while they are good. It raises Unavailable."""
    scope = f"{base_url.rstrip('/')}/.default"

    async def token() -> str:
        try:
            return (await known.get_token(scope)).token
        except (AzureError, UnusableError, *_TRIPPED_OVER) as error:
            # Its text may quote what was sent.
            raise Unavailable(system, f"gave the bot no token ({type(error).__name__})") from None

    return token
