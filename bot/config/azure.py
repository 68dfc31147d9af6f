"""Settings of Azure: the cluster, the registry, the key vault, images and prices."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    Field,
    model_validator,
)

from bot.config.types import Amount, DiskSize, Duration, Price, Secret, Section, known_zone
from commands.ports.usage import CostRules, DiskPrice


class AzureSection(Section):
    """The hub's cluster in Azure. Without `cluster`, commands that need Azure say so.

    In a sandbox, `token_file` replaces an identity.
    """

    url: str = "https://management.azure.com"
    """Azure Resource Manager's address."""
    subscription_id: str = ""
    """The subscription that the cluster is in."""
    resource_group: str = ""
    """The cluster's resource group."""
    cluster: str = ""
    """The cluster's name; without it, everything that needs Azure is off."""
    bot: str = ""
    """The name of the Azure Bot behind the app; without it, the doctor does not look at its channels."""
    bot_resource_group: str = ""
    """The Azure Bot's resource group, if it differs from the cluster's."""
    identity: Literal["ManagedIdentity", "WorkloadIdentity", "AzureCli"] = "ManagedIdentity"
    """The identity that the bot uses for Azure."""
    client_id: str = ""
    """The client id of a user-assigned identity."""
    token: Secret | None = None
    """Where a ready-made token is stored, instead of an identity; for the sandbox."""
    token_file: Path | None = None
    """The same, as a file path."""
    most_nodes: int = Field(default=0, ge=0, le=1000)
    """How many nodes one person may give a pool; more need an approval. 0 for the pool's own maximum as it is."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.cluster and not (self.subscription_id and self.resource_group):
            raise ValueError("a cluster needs subscription_id and resource_group")
        if self.bot and not (self.subscription_id and (self.bot_resource_group or self.resource_group)):
            raise ValueError("an Azure Bot needs subscription_id and bot_resource_group or resource_group")
        return self


class KeyVaultSection(Section):
    """The identity that reads secrets from Azure Key Vault: the one of `azure`, unless another is given.

    In a sandbox, `token_file` replaces an identity.
    """

    identity: Literal["", "ManagedIdentity", "WorkloadIdentity", "AzureCli"] = ""
    """The identity that the bot uses for key vaults; empty for the one of azure."""
    client_id: str = ""
    """The client id of a user-assigned identity, if it differs from azure's."""
    token_file: Path | None = None
    """The path of a file with a ready-made token, instead of an identity; for the sandbox."""


class RegistrySection(Section):
    """The Azure Container Registry of the users' image. Without `login_server`, tags are not checked.

    The identity is the one of `azure`, and so are the subscription and the resource group unless they are given. In a
    sandbox, `url` and `token_file` replace the real address and identity.
    """

    login_server: str = Field(default="", pattern=r"^([a-z0-9]([a-z0-9.-]*[a-z0-9])?)?$")
    """The start of the image's name, such as jhub.azurecr.io; without it, tags are not checked."""
    url: str = ""
    """The registry's address, if it is not https://<login_server>; for the sandbox."""
    name: str = ""
    """The registry's name in Azure, if it is not the first part of login_server."""
    subscription_id: str = ""
    """The registry's subscription, if it differs from azure's."""
    resource_group: str = ""
    """The registry's resource group, if it differs from azure's."""
    by_digest: bool = False
    """Deploy tag@sha256:…, so that moving a tag changes nothing."""
    token: Secret | None = None
    """Where a ready-made token is stored, instead of azure's identity; for the sandbox."""
    token_file: Path | None = None
    """The same, as a file path."""

    @property
    def address(self) -> str:
        """Address at which the registry is reached."""
        return self.url or f"https://{self.login_server}"

    @property
    def resource(self) -> str:
        """Its name as a resource of Azure."""
        return self.name or self.login_server.partition(".")[0]


class ImageSection(Section):
    """What the users' image is built from. Without `repository`, nothing can be built.

    `notebooks_repository` contains the sample notebooks that are added to the image, and must be public.
    """

    repository: str = ""
    """The https address of the git repository that the users' image is built from; without it, nothing can be built."""
    branch: str = "main"
    """The branch to build if the command names no ref."""
    folder: str = Field(default="", pattern=r"^[^:#\s]*$")
    """The build context: a folder in the repository."""
    dockerfile: str = Field(default="Dockerfile", min_length=1)
    """The path of the Dockerfile in that folder."""
    platform: str = Field(default="linux/amd64", pattern=r"^(linux|windows)/[a-z0-9]+$")
    """The platform to build for, such as linux/amd64."""
    repository_token: Secret | None = None
    """Where a token that can read a private repository is stored."""
    repository_token_file: Path | None = None
    """The same, as a file path."""
    notebooks_repository: str = ""
    """A public git repository whose notebooks are added to every image that is built."""
    notebooks_branch: str = Field(default="main", min_length=1)
    """The branch of the notebooks' repository."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.notebooks_repository and not self.repository:
            raise ValueError("notebooks are added to an image when it is built, so repository is needed as well")
        return self


class CostSection(Section):
    """What nodes and homes cost, and what the hub and each person may use in a month. Nothing is stopped by it.

    `disks` has a price for each GiB and month by storage class (managed-csi: 0.08), or that of each of Azure's tiers by
    its size in GiB (managed-csi: {4: 0.30, 8: 0.60, 16: 1.20}); a home is billed as the smallest tier that holds it.
    """

    currency: str = Field(default="EUR", pattern=r"^[A-Z]{3}$")
    """The currency as three letters, such as EUR."""
    prices: dict[str, Price] = Field(default={})
    """What a node costs per hour, by machine size."""
    disks: dict[str, Price | dict[DiskSize, Price]] = Field(default={})
    """What the disk of a home costs per month, by storage class: per GiB, or by the tier's size in GiB."""
    timezone: Annotated[str, AfterValidator(known_zone)] = "UTC"
    """The IANA name of the time zone of days and months."""
    budget: Amount | None = None
    """What the hub may cost in a month, in that currency; an alert comes at 80 and at 100 %."""
    hours_per_person: Amount | None = None
    """The hours that one person's servers may run in a month; those above it are reported."""
    amount_per_person: Amount | None = None
    """What one person's servers and homes may cost in a month; those above it are reported."""
    keep: Duration = Field(default=timedelta(days=400), ge=timedelta(days=31), le=timedelta(days=3660))
    """How long the daily sums of each person's use are kept."""

    @model_validator(mode="after")
    def _priced(self) -> Self:
        for name in ("budget", "amount_per_person"):
            if getattr(self, name) is not None and not self.prices:
                raise ValueError(f"{name} needs prices: without them, the bot counts hours only")
        return self

    @property
    def rules(self) -> CostRules:
        """The same, as commands know it."""
        return CostRules(
            disks={name: _disk_price(price) for name, price in self.disks.items()},
            zone=ZoneInfo(self.timezone),
            kept_days=self.keep.days,
            budget=self.budget,
            quota_hours=self.hours_per_person,
            quota_amount=self.amount_per_person,
        )


def _disk_price(given: Decimal | dict[int, Decimal]) -> DiskPrice:
    return DiskPrice(tiers=tuple(sorted(given.items()))) if isinstance(given, dict) else DiskPrice(given)
