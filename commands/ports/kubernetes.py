"""What commands may ask of Kubernetes."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from clients.kube import (
    Claim,
    DaemonSet,
    Deployment,
    Event,
    Node,
    Permission,
    Pod,
    Puller,
    Snapshot,
    SnapshotClass,
    StorageClass,
    Volume,
)


class KubeReads(Protocol):
    """What commands ask of Kubernetes. Every method raises clients.errors.Unavailable."""

    async def pods(self, selector: str = "") -> list[Pod]:
        """The pods of the hub's namespace that match a label selector."""

    async def system_pods(self) -> list[Pod]:
        """The pods of kube-system, where a cluster's own parts and add-ons are."""

    async def nodes(self) -> list[Node]:
        """Every node of the cluster."""

    async def events(self, since: datetime | None = None) -> list[Event]:
        """The events of the hub's namespace."""

    async def autoscaler_events(self, since: datetime) -> list[Event]:
        """What the cluster autoscaler says of node groups, last at or after `since`; the latest is last."""

    def watch_pods(self, selector: str = "") -> AsyncIterator[list[Pod]]:
        """The complete list of pods now, and again after each change, for ever."""

    async def log(
        self,
        pod: str,
        container: str,
        *,
        since: timedelta | None,
        lines: int,
        previous: bool = False,
        stamped: bool = False,
    ) -> str:
        """The last lines of a container's log, secrets and all, with their times if `stamped`; 1 MiB at most.

        Raises NotFound.
        """

    def follow_log(
        self, pod: str, container: str, *, since: timedelta | None = None, lines: int = 0
    ) -> AsyncIterator[list[str]]:
        """The last lines, then new ones as they come, some at a time. Raises NotFound."""

    async def deployment(self, name: str) -> Deployment:
        """One deployment of the hub's namespace. Raises NotFound."""

    async def daemon_sets(self, selector: str = "") -> list[DaemonSet]:
        """The daemon sets of the hub's namespace that match a label selector."""

    async def secret_uid(self, name: str) -> str:
        """The UID of a Secret of the hub's namespace, of whose contents nothing is read. Raises NotFound."""

    async def load_balancer(self, service: str) -> tuple[str, ...]:
        """The public addresses of a service; none where it has none (yet). Raises NotFound."""

    async def claims(self, selector: str = "") -> list[Claim]:
        """The persistent volume claims of the hub's namespace that match a label selector."""

    def claim_pages(self, selector: str = "") -> AsyncIterator[list[Claim]]:
        """The same, a page at a time, for namespaces with more claims than anybody wants in memory."""

    async def unbound_claims(self) -> list[Claim]:
        """The claims that have no disk (yet, or any more), by name."""

    async def claim(self, name: str) -> Claim:
        """One claim. Raises NotFound."""

    async def volume(self, name: str) -> Volume:
        """One persistent volume. Raises NotFound."""

    async def storage_classes(self) -> list[StorageClass]:
        """The storage classes of the cluster."""

    async def snapshot_classes(self) -> list[SnapshotClass]:
        """The snapshot classes of the cluster; none where it knows no snapshots."""

    async def snapshots(self) -> list[Snapshot]:
        """The volume snapshots of the hub's namespace; none where the cluster knows no snapshots."""

    async def snapshot(self, name: str) -> Snapshot:
        """One snapshot. Raises NotFound."""

    async def denied(self) -> list[Permission]:
        """What the bot needs in Kubernetes and may not do."""

    async def secret(self, name: str) -> dict[str, bytes]:
        """The data of one Secret. Raises NotFound. Not to be shown."""


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
