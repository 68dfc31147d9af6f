"""Settings of this package, independent of the configuration file."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal

AppType = Literal["SingleTenant", "UserAssignedMSI", "WorkloadIdentity", "AzureCli"]

# Where Bot Framework publishes the keys that it signs its requests to bots with (public Azure cloud).
METADATA_URL = "https://login.botframework.com/v1/.well-known/openidconfiguration"

# Hosts whose names only Microsoft can give away. `smba.trafficmanager.net` is Teams' connector; the rest of
# trafficmanager.net belongs to whoever asks for it.
SERVICE_HOSTS = ("smba.trafficmanager.net", "*.botframework.com", "*.teams.microsoft.com")


@dataclass(frozen=True)
class TeamsSettings:
    """The Azure Bot behind the app. Raises ValueError where something needed is missing.

    Without `app_id` only this machine is served. With one, `tenants` are served and the first of them is the
    tenant of the app itself. `secret` gives the client secret of a SingleTenant app; it is asked again for every
    new token (hourly). `service_hosts` are the only hosts that are ever sent
    a token; `*.` stands for any name below.
    """

    app_id: str = ""
    app_type: AppType = "SingleTenant"
    tenants: tuple[str, ...] = ()
    secret: Callable[[], Awaitable[str]] | None = field(default=None, repr=False)
    metadata_url: str = METADATA_URL
    service_hosts: tuple[str, ...] = SERVICE_HOSTS

    def __post_init__(self) -> None:
        if self.app_id and not self.tenants:
            raise ValueError("with an app id, the tenants that are served must be named")
        if self.app_id and self.app_type == "SingleTenant" and self.secret is None:
            raise ValueError("an app of type SingleTenant needs its client secret")

    @property
    def local(self) -> bool:
        """True if only this machine is served."""
        return not self.app_id

    def serves(self, tenant_id: str) -> bool:
        """Return True if people of this tenant are served. Without an app id, tenants need not be named."""
        if self.local and not self.tenants:
            return True
        return tenant_id.casefold() in {tenant.casefold() for tenant in self.tenants}
