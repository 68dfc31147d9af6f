"""Interfaces to Kubernetes. Objects are of the hub's namespace unless a method says otherwise."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from clients.kube import (
    AutoscalerStatus,
    Claim,
    DaemonSet,
    Deployment,
    DeprecatedApi,
    DisruptionBudget,
    Event,
    Gateway,
    HttpRoute,
    Ingress,
    IngressClass,
    LimitRange,
    Node,
    Permission,
    Pod,
    PodRefusal,
    Puller,
    ResourceQuota,
    Snapshot,
    SnapshotClass,
    StorageClass,
    Volume,
)


class KubeReads(Protocol):
    """Reads of Kubernetes. Every method raises `clients.errors.Unavailable`."""

    async def version(self) -> str:
        """Return the API server's version, such as "v1.35.4"."""

    async def pods(self, selector: str = "") -> list[Pod]:
        """Return the pods that match a label selector (all without one), by name."""

    async def system_pods(self) -> list[Pod]:
        """Return the pods of kube-system, where a cluster's own components and add-ons are, by name."""

    async def nodes(self) -> list[Node]:
        """Return every node of the cluster."""

    async def events(self, since: datetime | None = None) -> list[Event]:
        """Return the events last seen at or after `since` (all without it); the latest is last."""

    async def autoscaler_events(self, since: datetime) -> list[Event]:
        """Return the cluster autoscaler's events about node groups, last at or after `since`; the latest is last."""

    async def autoscaler_status(self) -> AutoscalerStatus | None:
        """Return the cluster autoscaler's account of itself; None where it wrote none that can be read."""

    async def quotas(self) -> list[ResourceQuota]:
        """Return the namespace's resource quotas, by name."""

    async def limit_ranges(self) -> list[LimitRange]:
        """Return the namespace's limit ranges, by name."""

    def watch_pods(self, selector: str = "") -> AsyncIterator[list[Pod]]:
        """Yield the complete list of matching pods, now and after each change, until the caller stops."""

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
        """Return the last `lines` lines of a container's log, of the last `since` if given; 1 MiB at most.

        It is not redacted. With `previous`, of its life before the last restart; with `stamped`, each line begins with
        its time in RFC 3339 and a space. Raise NotFound where there is no such log (yet).
        """

    def follow_log(
        self, pod: str, container: str, *, since: timedelta | None = None, lines: int = 0
    ) -> AsyncIterator[list[str]]:
        """Yield the last `lines` lines, then new ones as they come, some at a time. Raise NotFound.

        It ends when the container does. Nothing is redacted.
        """

    async def deployment(self, name: str) -> Deployment:
        """Return one deployment. Raise NotFound."""

    async def daemon_sets(self, selector: str = "") -> list[DaemonSet]:
        """Return the daemon sets that match a label selector (all without one), by name."""

    async def secret_uid(self, name: str) -> str:
        """Return the UID of a Secret, without its contents. Raise NotFound."""

    async def load_balancer(self, service: str) -> tuple[str, ...]:
        """Return the public addresses (or names) of a service; none where it has none (yet). Raise NotFound."""

    async def ingresses(self) -> list[Ingress]:
        """Return the Ingresses, by name."""

    async def ingress_classes(self) -> list[IngressClass]:
        """Return the cluster's classes of Ingresses, by name."""

    async def http_routes(self) -> list[HttpRoute]:
        """Return the HTTPRoutes, by name. Raise NotFound where the cluster does not have the kind."""

    async def gateway(self, namespace: str, name: str) -> Gateway:
        """Return one Gateway, which may be of another namespace. Raise NotFound, also where there is no such kind."""

    async def claims(self, selector: str = "") -> list[Claim]:
        """Return the persistent volume claims that match a label selector (all without one), by name."""

    def claim_pages(self, selector: str = "") -> AsyncIterator[list[Claim]]:
        """Yield the same claims, a page at a time, for namespaces with more than should be in memory."""

    async def unbound_claims(self) -> list[Claim]:
        """Return the claims without a volume (yet, or any more), by name."""

    async def claim(self, name: str) -> Claim:
        """Return one claim. Raise NotFound."""

    async def volumes(self, selector: str = "") -> list[Volume]:
        """Return the persistent volumes of the cluster that match a label selector, all without one."""

    async def volume(self, name: str) -> Volume:
        """Return one persistent volume of the cluster. Raise NotFound."""

    async def storage_classes(self) -> list[StorageClass]:
        """Return the storage classes of the cluster."""

    async def snapshot_classes(self) -> list[SnapshotClass]:
        """Return the snapshot classes of the cluster; none where it does not support snapshots."""

    async def snapshots(self) -> list[Snapshot]:
        """Return the volume snapshots; none where the cluster does not support snapshots."""

    async def snapshot(self, name: str) -> Snapshot:
        """Return one snapshot. Raise NotFound."""

    async def disruption_budgets(self) -> list[DisruptionBudget]:
        """Return the pod disruption budgets of all namespaces."""

    async def deprecated_apis(self) -> list[DeprecatedApi]:
        """Return the deprecated APIs that were requested since the API server started, as its own metrics tell."""

    async def denied(self) -> list[Permission]:
        """Return the permissions that the bot needs and lacks."""

    async def refused_pod(self, pod: Mapping[str, object], *, strict: bool = True) -> PodRefusal | None:
        """Return why a new pod would be refused, by a dry run that changes nothing; None for one that would be created.

        With `strict`, unknown fields are refused as well. Raise Unavailable where the pod is not judged, among others
        for want of the right to create pods. The refusal may quote what is in the pod: it is not redacted.
        """

    async def secret(self, name: str) -> dict[str, bytes]:
        """Return the data of one Secret, which must not be shown. Raise NotFound."""


class KubeWrites(Protocol):
    """Changes of Kubernetes, for `apply`. Every method raises Unavailable."""

    async def create_snapshot(
        self, *, name: str, claim: str, snapshot_class: str, labels: Mapping[str, str], annotations: Mapping[str, str]
    ) -> Snapshot:
        """Take a snapshot of a claim, or return the existing one of that name and source.

        It is ready when `Snapshot.ready` says so, some time later.
        """

    async def delete_snapshot(self, name: str, uid: str) -> bool:
        """Delete exactly this snapshot. Return False if it is gone or another has its name."""

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
        volume: str = "",
    ) -> Claim:
        """Create a claim of `size` bytes, or return the existing one of that name.

        It is empty, made from a snapshot, or bound to that volume as soon as that is free for it.
        """

    async def mark_volume(
        self,
        name: str,
        uid: str,
        *,
        policy: str,
        labels: Mapping[str, str | None],
        annotations: Mapping[str, str | None],
    ) -> bool:
        """Set the reclaim policy of exactly this volume, and these marks; None removes one. Return False if it is gone.

        All of it is one request: there is no moment with half of it.
        """

    async def keep_volume(self, name: str, uid: str, claim: str) -> bool:
        """Keep exactly this volume for the claim of that name instead of another. Return False if it is gone.

        The former claim has to be gone.
        """

    async def mark_snapshot(self, name: str, uid: str, annotations: Mapping[str, str | None]) -> bool:
        """Set these annotations of exactly this snapshot; None removes one. Return False if it is gone."""

    async def expand_claim(self, name: str, uid: str, size: int) -> bool:
        """Have exactly this claim ask for `size` bytes. Return False if it is gone or another has its name.

        `Claim.is_growing` says whether it has them yet. Raise Rejected where its class, a quota or its size forbids it.
        """

    async def create_puller(self, puller: Puller) -> DaemonSet:
        """Create a daemon set that pulls an image, or return the existing one of that name and image."""

    async def delete_daemon_set(self, name: str, uid: str) -> bool:
        """Delete exactly this daemon set, with its pods. Return False if it is gone or another has its name."""

    async def delete_claim(self, name: str, uid: str) -> bool:
        """Delete exactly this claim. Return False if it is gone or another has its name.

        While a pod mounts it, it stays with a deletion under way: `Claim.terminating`.
        """

    async def delete_pod(self, name: str, uid: str) -> bool:
        """Delete exactly this pod. Return False if it is gone or another has its name."""

    async def delete_deployment(self, name: str, uid: str) -> bool:
        """Delete exactly this deployment, with its pods. Return False if it is gone or another has its name."""

    async def delete_secret(self, name: str, uid: str) -> bool:
        """Delete exactly this Secret. Return False if it is gone or another has its name."""

    async def restart(self, deployment: str, uid: str, mark: str, at: datetime) -> bool:
        """Replace the pods of exactly this deployment. Return False if it is gone.

        `mark` becomes `Deployment.restart`, by which the caller can tell that it was done; `at` is recorded as its
        time.
        """

    async def put_config_map(self, name: str, data: Mapping[str, str]) -> None:
        """Give the ConfigMap of that name these entries; create it where there is none. Its other entries stay."""

    async def mark_revision(self, release: str, revision: int, labels: Mapping[str, str]) -> bool:
        """Add these labels to Helm's record of a revision. Return False if there is no such record."""

    async def cordon(self, node: str) -> bool:
        """Cordon a node of the cluster. Return False if there is no such node."""
