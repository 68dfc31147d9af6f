"""The bot's identity at Azure: credentials of azure-identity, chosen by configuration, and tokens for plain clients."""

import os
from collections.abc import Awaitable, Callable
from typing import Final

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError

from clients.answers import UnusableError
from clients.errors import Unavailable

IDENTITY: Final = "The bot's workload identity"
Token = Callable[[], Awaitable[str]]
# What azure-identity raises besides its own errors where something else answers in Entra's place.
_TRIPPED_OVER: Final = (OSError, ValueError, LookupError, AttributeError, TypeError, RecursionError)


def credential(
    identity: str, *, tenant_id: str = "", client_id: str = "", secret: Callable[[], Awaitable[str]] | None = None
) -> AsyncTokenCredential:
    """Return the credential, to be closed by the caller.

    `identity` is ManagedIdentity, WorkloadIdentity, AzureCli or ClientSecret; the last needs `tenant_id`, `client_id`
    and `secret`, which is called for each token, so that a new secret takes effect. Raise ValueError for arguments that
    azure-identity does not accept.
    """
    from clients.azure.credentials import made  # noqa: PLC0415 - not paid for by those whose tokens lie in files

    return made(identity, tenant_id, client_id, secret)


def tokens(known: AsyncTokenCredential, system: str, base_url: str) -> Token:
    """Return a function that gets tokens for the API at `base_url`, cached while valid. It raises Unavailable."""
    scope = f"{base_url.rstrip('/')}/.default"

    async def token() -> str:
        try:
            return (await known.get_token(scope)).token
        except OSError as error:
            raise _unreadable(error) or _no_token(system, error) from None
        except (AzureError, UnusableError, *_TRIPPED_OVER) as error:
            # Its text may quote what was sent.
            raise _no_token(system, error) from None

    return token


def _no_token(system: str, error: Exception) -> Unavailable:
    return Unavailable(system, f"gave the bot no token ({type(error).__name__})")


def _unreadable(error: OSError) -> Unavailable | None:
    """Return the error for a workload identity's token file that cannot be read; None for any other error."""
    file = os.environ.get("AZURE_FEDERATED_TOKEN_FILE", "")
    if not file or str(error.filename) != file:
        return None
    why = "is missing" if isinstance(error, FileNotFoundError) else f"cannot be read ({error.strerror})"
    helps = "AKS puts it into pods with the label azure.workload.identity/use, whose service account has a client id"
    return Unavailable(IDENTITY, f"cannot log in: the file {file} {why}. {helps}")
