"""How a registry grants access to its repositories: by roles on the whole registry, or by repository (ABAC).

One GET of Microsoft.ContainerRegistry 2025-11-01 (azure-mgmt-containerregistry 15.0, RoleAssignmentMode). A registry
that grants by repository honours neither AcrPull nor AcrPush, and gives ACR Tasks no access of their own.
"""

from typing import Final

from azure.core.rest import HttpRequest

from clients.answers import part, text
from clients.azure.identity import Token
from clients.azure.pipeline import reading, resource_path, rest_client
from clients.errors import NotFound, Unavailable

_API: Final = "2025-11-01"
_MODES: Final = {"AbacRepositoryPermissions": True, "LegacyRegistryPermissions": False}


class RegistryMode:
    """A client of one registry's resource. Raises ValueError for a name that no registry can have.

    `token` returns a bearer token for Azure Resource Manager and is called for each request.
    """

    def __init__(
        self,
        base_url: str,
        token: Token,
        *,
        subscription_id: str,
        resource_group: str,
        registry: str,
        timeout: float = 5.0,
    ) -> None:
        self._path = resource_path(subscription_id, resource_group, "Microsoft.ContainerRegistry/registries", registry)
        self._timeout = timeout
        self._client = rest_client(base_url, token)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def by_repository(self) -> bool | None:
        """Return True if the registry grants access by repository; None where that cannot be read."""
        try:
            return await reading(self._read, self._timeout)
        except (Unavailable, NotFound):
            return None

    async def _read(self) -> bool | None:
        request = HttpRequest("GET", self._client.format_url(self._path), params={"api-version": _API})
        response = await self._client.send_request(request)
        response.raise_for_status()
        told = response.json()
        return _MODES.get(text(part(told if isinstance(told, dict) else {}, "properties"), "roleAssignmentMode"))
