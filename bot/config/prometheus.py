"""Settings of the Prometheus that knows how full volumes are."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from bot.config.types import Duration, Secret, Section

WORKSPACES: Final = tuple(f".prometheus.monitor.azure.{end}" for end in ("com", "us", "cn"))
"""The ends of the host names of Azure Monitor workspaces' query endpoints, in each of its clouds."""

# Azure Monitor answers for 32 days, the range within the query included.
_LONGEST: Final = timedelta(days=31)
_SHORTEST: Final = timedelta(days=1)
_HERE: Final = ("127.0.0.1", "::1", "localhost")


def _in_reach(given: timedelta) -> timedelta:
    if not _SHORTEST <= given <= _LONGEST:
        raise ValueError("from 1d to 31d: Azure Monitor looks back 32 days")
    return given


class PrometheusSection(Section):
    """The Prometheus that has kubelet's metrics of volumes: Azure Monitor's managed service, or one in the cluster.

    Without `url`, how full homes are is not known. An Azure Monitor workspace is asked with an identity, which needs
    the role Monitoring Data Reader on it; any other with `token`, or without.
    """

    url: str = Field(default="", pattern=r"^(https?://[^\s/@?#]+(/[^\s@?#]*)?)?$")
    """Its address: a workspace's query endpoint, or such as http://prometheus.monitoring.svc.cluster.local:9090."""
    labels: dict[Annotated[str, Field(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$")], Annotated[str, Field(max_length=200)]] = (
        Field(default={})
    )
    """Labels of the hub's cluster, if it has the metrics of several: `{cluster: aks-jhub}`."""
    history: Annotated[Duration, AfterValidator(_in_reach)] = timedelta(days=7)
    """How far back to look for the last measurement of a volume that nobody uses now, from 1d to 31d."""
    identity: Literal["", "ManagedIdentity", "WorkloadIdentity", "AzureCli"] = ""
    """The identity that the bot uses for a workspace; empty for the one of azure."""
    client_id: str = ""
    """The client id of a user-assigned identity, if it differs from azure's."""
    token: Secret | None = None
    """Where a ready-made bearer token is stored, instead of an identity."""
    token_file: Path | None = None
    """The same, as a file path."""
    trust_file: Path | None = None
    """A PEM file of the only authorities to trust for its certificate, instead of the system's."""

    @property
    def audience(self) -> str:
        """What a token is asked for, such as https://prometheus.monitor.azure.com; empty outside Azure Monitor."""
        host = urlsplit(self.url).hostname or ""
        return next((f"https://{end[1:]}" for end in WORKSPACES if host.endswith(end)), "")

    @model_validator(mode="after")
    def _kept_secret(self) -> Self:
        if self.identity and self.url and not self.audience:
            raise ValueError(f"identity is for an Azure Monitor workspace, whose host ends with {WORKSPACES[0]}")
        address = urlsplit(self.url)
        sends = self.audience or self.place_of("token") is not None
        if sends and address.scheme == "http" and address.hostname not in _HERE:
            raise ValueError("url must begin with https: a token is sent there")
        return self
