"""The writing half of the world, handed to `apply` and to nothing else."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from cards.views import Notice
from clients.acr import Tag
from clients.aks import Cluster, Pool
from clients.applications import NewSecret
from clients.builds import Build, Source
from clients.helm import UpgradeResult
from clients.kube import Claim, DaemonSet, Puller, Snapshot
from clients.values import Author, ValueChange


class HelmWrites(Protocol):
    """What `apply` may ask of Helm."""

    async def upgrade(
        self,
        *,
        version: str,
        values: Mapping[str, object],
        description: str,
        labels: Mapping[str, str],
        stop: asyncio.Event,
        wait_seconds: float,
        wait: bool,
        install: bool,
    ) -> UpgradeResult:
        """Upgrade the release to exactly these values, as `clients.helm.Helm.upgrade` promises."""

    async def rollback(
        self, *, revision: int, hidden: Mapping[str, object], stop: asyncio.Event, wait_seconds: float
    ) -> UpgradeResult:
        """Make what an earlier revision was the newest, as `clients.helm.Helm.rollback` promises."""

    async def uninstall(
        self, *, hidden: Mapping[str, object], stop: asyncio.Event, wait_seconds: float
    ) -> UpgradeResult:
        """Delete what the release is made of and keep its record, as `clients.helm.Helm.uninstall` promises."""


class KubeWrites(Protocol):
    """What `apply` may ask of Kubernetes. Every method raises Unavailable."""

    async def create_snapshot(
        self, *, name: str, claim: str, snapshot_class: str, labels: Mapping[str, str], annotations: Mapping[str, str]
    ) -> Snapshot:
        """Have a snapshot of a claim taken; one of that name and source that is there already is as good."""

    async def delete_snapshot(self, name: str, uid: str) -> bool:
        """Delete exactly this snapshot; False when it is gone or another has its name."""

    async def create_claim(
        self,
        *,
        name: str,
        storage_class: str,
        size: int,
        access_modes: Sequence[str],
        labels: Mapping[str, str],
        annotations: Mapping[str, str],
        snapshot: str = "",
    ) -> Claim:
        """Make a claim of `size` bytes, empty or from a snapshot; one of that name that is there is returned."""

    async def create_puller(self, puller: Puller) -> DaemonSet:
        """Have an image pulled onto nodes; a daemon set of that name that pulls the same image is as good."""

    async def delete_daemon_set(self, name: str, uid: str) -> bool:
        """Delete exactly this daemon set, with its pods; False when it is gone or another has its name."""

    async def delete_claim(self, name: str, uid: str) -> bool:
        """Delete exactly this claim; False when it is gone or another has its name."""

    async def delete_pod(self, name: str, uid: str) -> bool:
        """Delete exactly this pod; False when it is gone or another has its name."""

    async def delete_deployment(self, name: str, uid: str) -> bool:
        """Delete exactly this deployment, with its pods; False when it is gone or another has its name."""

    async def delete_secret(self, name: str, uid: str) -> bool:
        """Delete exactly this Secret; False when it is gone or another has its name."""

    async def restart(self, deployment: str, uid: str, mark: str, at: datetime) -> bool:
        """Replace the pods of exactly this deployment; False when it is gone. `mark` becomes `Deployment.restart`."""

    async def mark_revision(self, release: str, revision: int, labels: Mapping[str, str]) -> bool:
        """Give Helm's record of a revision these labels as well; False when there is no such record."""

    async def cordon(self, node: str) -> bool:
        """Let no more pods onto a node; False when there is no such node."""


class HubWrites(Protocol):
    """What `apply` may ask of the hub. Every method raises Unavailable."""

    async def stop_server(self, user: str, server: str = "") -> bool:
        """Stop a server: True when it does not run (any more), False while it is stopping.

        Raises NotFound, and Rejected where the hub stops it neither now nor later.
        """


class MessageWrites(Protocol):
    """What may be said to one person alone."""

    async def send(self, operation: str, object_id: str, view: Notice) -> None:
        """Write to a person personally, in the tenant of where the change `operation` was asked for.

        Raises NotFound where the chat platform lets the bot write to them nowhere, Unavailable.
        """


class WorkWrites(Protocol):
    """What may be asked of the bot's own work."""

    async def stop(self, operation: str, object_id: str, name: str) -> bool:
        """Ask a change to stop at the next safe point; False when it had ended. Raises Unavailable."""


class ScheduleWrites(Protocol):
    """What may be asked of the schedules. Every method raises Unavailable."""

    async def add(self, operation: str, cron: str, line: str) -> str:
        """Keep a schedule: its creator, place and approvers are those of the change `operation`. The id of it.

        Asked again for the same operation, it is kept once.
        """

    async def remove(self, schedule: str, object_id: str, name: str) -> bool:
        """Take it away, with what it has announced; False where it is gone."""


class AlertWrites(Protocol):
    """What may be asked of the bot's alerts. Every method raises Unavailable."""

    async def subscribe(self, operation: str, minimum: str, only: Sequence[str]) -> None:
        """Have alerts go to where the change `operation` was asked for."""

    async def unsubscribe(self, operation: str) -> bool:
        """Have none go there any more; False where none did."""

    async def snooze(self, alert: str, until: datetime, name: str) -> bool:
        """Say no more of an alert until then, unless it becomes worse; False where it is over."""

    async def acknowledge(self, alert: str, name: str) -> bool:
        """Say on its card who sees to it; False where it is over."""

    async def test(self, operation: str, name: str) -> str:
        """Raise an alert that is only a test, once for the change `operation`; its id."""


class AzureWrites(Protocol):
    """What `apply` may ask of Azure. What begins an operation returns a token for `finish`.

    Every method raises Unavailable, NotFound, Conflict where the thing was changed since it was read, and Rejected.
    """

    async def scale(self, pool: Pool, count: int, tags: Mapping[str, str]) -> str:
        """Have exactly `count` nodes, the autoscaler off, and these tags on the pool."""

    async def autoscale(self, pool: Pool, minimum: int, maximum: int, count: int, tags: Mapping[str, str]) -> str:
        """Let the autoscaler keep the pool between two counts, beginning with `count`, and have these tags on it."""

    async def create_pool(
        self, name: str, *, size: str, minimum: int, maximum: int, labels: Mapping[str, str], taints: tuple[str, ...]
    ) -> str:
        """Make a user pool that the autoscaler keeps between two counts."""

    async def delete_pool(self, pool: Pool) -> str:
        """Take the pool away with its nodes."""

    async def disable_addon(self, cluster: Cluster, addon: str) -> str:
        """Turn an add-on off."""

    async def stop(self) -> str:
        """Stop the cluster, its API server too."""

    async def start(self) -> str:
        """Start the cluster."""

    async def finish(self, token: str, *, within: float) -> None:
        """Wait until an operation is over, at most `within` seconds; Rejected where it failed."""


class RegistryWrites(Protocol):
    """What `apply` may ask of the registry. Every method raises Unavailable, NotFound."""

    async def lock(self, repository: str, name: str) -> Tag:
        """Let a tag be neither moved nor deleted, as it may be already."""


class BuildWrites(Protocol):
    """What `apply` may ask about builds. Every method raises Unavailable, NotFound, Rejected."""

    async def begin(self, name: str, source: Source) -> Build:
        """Begin a build under a name; one of that name with the same source is not begun again."""

    async def cancel(self, run: str) -> None:
        """Stop a build; one that has ended stays as it is."""

    async def forget(self, name: str) -> None:
        """Take a name away, with the request that Azure keeps under it; its run and log stay."""


class ApplicationWrites(Protocol):
    """What `apply` may ask of Entra. Every method raises Unavailable, NotFound, and Rejected where Graph refuses."""

    async def add_secret(self, client_id: str, name: str, life: timedelta) -> NewSecret:
        """Make a client secret of that name. Its text goes where it is used, and into no step's result."""

    async def remove_secret(self, client_id: str, key_id: str) -> bool:
        """Remove a client secret; False when it is gone."""


class ValuesWrites(Protocol):
    """What `apply` may ask of the home of the hub's values."""

    async def save(
        self, changes: Sequence[ValueChange], *, base: str, author: Author, message: str, operation: str
    ) -> str:
        """Write these down, where they are not so already; the version that has them. `base` is the planned-on one.

        A home that is the release does nothing: helm writes there. In a file comments, order and quotes stay as they
        are. Raises Unavailable, Rejected for what cannot be written, and Conflict where somebody else has changed
        one of the same values since `base`.
        """


class ChoiceWrites(Protocol):
    """Which of the bot's hubs is meant where a command names none."""

    async def mean(self, operation: str, hub: str) -> bool:
        """Have `hub` be meant where the change `operation` was asked for; False where the configuration forbids it."""


@dataclass(frozen=True)
class Writes:
    """Everything that can change something."""

    helm: HelmWrites
    kube: KubeWrites
    hub: HubWrites
    work: WorkWrites
    schedules: ScheduleWrites = field(kw_only=True)
    alerts: AlertWrites = field(kw_only=True)
    values: ValuesWrites = field(kw_only=True)
    azure: AzureWrites | None = None
    """None where no cluster is configured; commands have refused by then."""
    registry: RegistryWrites | None = None
    builds: BuildWrites | None = None
    applications: ApplicationWrites | None = None
    messages: MessageWrites | None = None
    """None where nobody can be written to personally."""
    choice: ChoiceWrites | None = None
    """None where there is one hub only; commands have refused by then."""
