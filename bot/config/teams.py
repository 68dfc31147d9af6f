"""Settings of the Teams app and of how much one person may ask."""

from pathlib import Path
from typing import Literal, Self

from pydantic import (
    Field,
    model_validator,
)

from bot.config.types import Secret, Section


class TeamsSection(Section):
    """The Azure Bot behind the app. Without an app id, the bot serves this machine only, for the Playground."""

    host: str = "127.0.0.1"
    """The address to listen on; without an app_id, it must be a loopback address."""
    port: int = Field(default=3978, ge=0, le=65535)
    """The port to listen on; 0 for any free port."""
    app_id: str = ""
    """The Microsoft App ID of the Azure Bot; without it, the bot serves this machine only."""
    app_type: Literal["SingleTenant", "UserAssignedMSI", "WorkloadIdentity", "AzureCli"] = "SingleTenant"
    """How the app authenticates."""
    app_secret: Secret | None = None
    """Where the app's client secret is stored; for SingleTenant only."""
    app_secret_file: Path | None = None
    """The same, as a file path."""
    tenants: tuple[str, ...] = ()
    """The ids of the tenants that the bot serves, the app's own first."""
    ingress_class: str = Field(default="", max_length=253)
    """The class of the Ingress by which Teams reaches the bot, for doctor; the chart fills it in."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.app_id and not self.tenants:
            raise ValueError("with an app_id, tenants must list the tenants that the bot serves")
        if self.app_id and self.app_type == "SingleTenant" and self.place_of("app_secret") is None:
            raise ValueError(
                "app_type SingleTenant needs app_secret_file, the path of a file with the secret, or app_secret"
            )
        return self


class LimitsSection(Section):
    """How much one person may type and press: `burst` at once, `per_minute` over time. 0 per minute means no limit."""

    per_minute: int = Field(default=60, ge=0, le=10_000)
    """How many commands and clicks one person may send per minute, over time; 0 for no limit."""
    burst: int = Field(default=20, ge=1, le=10_000)
    """How many of them may come at once."""
