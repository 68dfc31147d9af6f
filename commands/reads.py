"""The reading half of the world, as commands see it. Nothing here can change anything."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from clients.helm import Release
from clients.hub import HubUser
from clients.kube import Event, Node, Pod
from clients.tls import Certificate


@dataclass(frozen=True)
class Caller:
    """Who asks. `level` is a `commands.spec.Level`; `name` is for showing, `object_id` is who it is."""

    object_id: str
    name: str
    level: int


class KubeReads(Protocol):
    """What commands ask of Kubernetes. Every method raises clients.errors.Unavailable."""

    async def pods(self, selector: str = "") -> list[Pod]:
        """The pods of the hub's namespace that match a label selector."""

    async def nodes(self) -> list[Node]:
        """Every node of the cluster."""

    async def events(self, since: datetime | None = None) -> list[Event]:
        """The events of the hub's namespace."""

    def watch_pods(self, selector: str = "") -> AsyncIterator[list[Pod]]:
        """The complete list of pods now, and again after each change, for ever."""


class ReleaseReads(Protocol):
    """What commands ask of Helm's records. Every method raises Unavailable."""

    async def current(self) -> Release | None:
        """The newest revision, whatever became of it."""

    async def deployed(self) -> Release | None:
        """The revision that is live."""

    async def history(self, limit: int = 10) -> list[Release]:
        """The newest revisions, newest first."""


class HubReads(Protocol):
    """What commands ask of the hub. Every method raises Unavailable."""

    async def version(self) -> str:
        """JupyterHub's version."""

    async def users(self, state: str | None = None) -> list[HubUser]:
        """The users in a state: active, ready, inactive; None for all."""


class CertificateReads(Protocol):
    """What the public address serves."""

    async def certificate(self) -> Certificate:
        """The certificate, by a real handshake. Raises Unavailable."""


@dataclass(frozen=True)
class ReleaseNames:
    """Which release, and from which chart: settings, not readings."""

    release: str
    namespace: str
    public_host: str
    timeout: timedelta


class AccessReads(Protocol):
    """What is known of the people who may do things."""

    def holders(self, level: int) -> Sequence[str]:
        """The names of those who have at least this level, as far as the configuration tells."""

    def name(self, object_id: str) -> str:
        """The person's name as far as it is known, else something to recognise the object id by."""


@dataclass(frozen=True)
class Reads:
    """Everything a command may look at."""

    caller: Caller
    kube: KubeReads
    releases: ReleaseReads
    hub: HubReads
    public: CertificateReads
    access: AccessReads
    names: ReleaseNames
    now: datetime
    charts: "ChartReads"


class ChartReads(Protocol):
    """What is known of the chart that an upgrade would use."""

    async def local_version(self) -> str | None:
        """The version of the chart on disk; None for a chart from a repository, which is asked for by version."""
