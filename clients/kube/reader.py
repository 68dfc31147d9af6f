"""Reads of the cluster: the hub's namespace, kube-system, nodes, volumes and classes."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any

from clients.answers import Json, UnreadableError, part, parts, text
from clients.errors import NotFound, Unavailable
from clients.kube.access_reviews import AccessReviews
from clients.kube.api import SYSTEM, KubeApi
from clients.kube.autoscaler import AutoscalerStatus
from clients.kube.deprecated_apis import GAUGE, ITS_OWN, DeprecatedApi, deprecated_apis
from clients.kube.disruption import DisruptionBudget
from clients.kube.events import Event
from clients.kube.listing import list_all, pages
from clients.kube.logs import Logs
from clients.kube.nodes import Node
from clients.kube.paths import (
    CLAIMS,
    DAEMON_SETS,
    DEPLOYMENTS,
    GATEWAYS,
    HTTP_ROUTES,
    INGRESSES,
    NAME,
    PODS,
    SNAPSHOTS,
    VOLUMES,
)
from clients.kube.permissions import AUTOSCALER_STATUS, PERMISSIONS, Permission
from clients.kube.pod_reviews import PodRefusal, PodReviews
from clients.kube.pods import Pod
from clients.kube.quotas import LimitRange, ResourceQuota
from clients.kube.routes import Gateway, HttpRoute, Ingress, IngressClass
from clients.kube.secrets import Secret
from clients.kube.storage import Claim, Snapshot, SnapshotClass, StorageClass, Volume
from clients.kube.watch import PodWatch, Watch
from clients.kube.workloads import DaemonSet, Deployment

_INGRESS_CLASSES = "/apis/networking.k8s.io/v1/ingressclasses"
_SYSTEM_NAMESPACE = "/api/v1/namespaces/kube-system"
_SNAPSHOT_CLASSES = "/apis/snapshot.storage.k8s.io/v1/volumesnapshotclasses"
LONG_AGO = datetime.min.replace(tzinfo=UTC)


class KubeReader:
    """A reader of one namespace, and of the cluster's nodes. Every method takes at most the connection's time-out.

    Every method raises Unavailable when the API server does not answer, or not usably.
    """

    def __init__(self, api: KubeApi, namespace: str) -> None:
        """Raise ValueError for a namespace that cannot exist."""
        if not NAME.fullmatch(namespace):
            raise ValueError("not the name of a namespace")
        self._api = api
        self.namespace = namespace
        self._reviews = AccessReviews(api, namespace)
        self._pod_reviews = PodReviews(api, namespace)
        self._namespace = f"/api/v1/namespaces/{namespace}"
        self._claims = CLAIMS.format(namespace=namespace)
        self._deployments = DEPLOYMENTS.format(namespace=namespace)
        self._snapshots = SNAPSHOTS.format(namespace=namespace)

    async def pods(self, selector: str = "") -> list[Pod]:
        """Return the pods that match a label selector (all without one), by name."""
        items = await self._list(f"{self._namespace}/pods", "list pods", "Pod", {"labelSelector": selector})
        return [Pod.from_json(item) for item in items]

    async def system_pods(self) -> list[Pod]:
        """Return the pods of kube-system, where a cluster's own components and add-ons are, by name."""
        items = await self._list(PODS.format(namespace="kube-system"), "list the system's pods", "Pod", {})
        return [Pod.from_json(item) for item in items]

    async def watch_pods(self, selector: str = "") -> AsyncIterator[list[Pod]]:
        """Yield the complete list of matching pods, now and after each change, until the caller stops.

        Survives dropped connections and expired versions. Raise Unavailable when the first list fails or when nothing
        worked for a minute.
        """
        watch = PodWatch(self._api, f"{self._namespace}/pods", selector)
        async with aclosing(watch.snapshots()) as snapshots:
            async for snapshot in snapshots:
                yield snapshot

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

        With `previous`, of its life before the last restart; with `stamped`, each line begins with its time in RFC 3339
        and a space. Raise NotFound where there is no such log (yet).
        """
        return await self._logs(pod).last(container, since=since, count=lines, previous=previous, stamped=stamped)

    async def follow_log(
        self, pod: str, container: str, *, since: timedelta | None = None, lines: int = 0
    ) -> AsyncIterator[list[str]]:
        """Yield the last `lines` lines, then new ones as they come, until the container ends or the caller stops."""
        async with aclosing(self._logs(pod).follow(container, since=since, count=lines)) as batches:
            async for batch in batches:
                yield batch

    def _logs(self, pod: str) -> Logs:
        if not NAME.fullmatch(pod):
            raise NotFound("There is no pod by that name")
        return Logs(self._api, f"{self._namespace}/pods/{pod}")

    def following_pods(self) -> Watch[Pod]:
        """Return a watch on the namespace's pods."""
        return Watch(self._api, f"{self._namespace}/pods", "list pods", "Pod", Pod.from_json)

    def following_nodes(self) -> Watch[Node]:
        """Return a watch on the cluster's nodes."""
        return Watch(self._api, "/api/v1/nodes", "list nodes", "Node", Node.from_json)

    def following_unbound_claims(self) -> Watch[Claim]:
        """Return a watch on the namespace's claims without a volume: of many thousands, those few."""
        return Watch(self._api, self._claims, "list claims", "PersistentVolumeClaim", _unbound)

    def following_events(self, most: int) -> Watch[Event]:
        """Return a watch on the newest `most` events of the namespace."""
        return Watch(self._api, f"{self._namespace}/events", "list events", "Event", Event.from_json, most=most)

    async def nodes(self) -> list[Node]:
        """Return every node of the cluster."""
        return [Node.from_json(item) for item in await self._list("/api/v1/nodes", "list nodes", "Node", {})]

    async def events(self, since: datetime | None = None, *, kind: str = "", name: str = "") -> list[Event]:
        """Return the events last seen at or after `since`, of the given object if any; the latest is last."""
        about = {"involvedObject.kind": kind, "involvedObject.name": name}
        return await self._events(self._namespace, about, since)

    async def autoscaler_events(self, since: datetime) -> list[Event]:
        """Return the cluster autoscaler's events about node groups, last at or after `since`; the latest is last.

        It attaches them to its own ConfigMap in kube-system, and not to the pods that wait (cluster-autoscaler 1.32,
        `clusterstate/utils/status.go`).
        """
        about = {"involvedObject.kind": "ConfigMap", "involvedObject.name": AUTOSCALER_STATUS}
        return await self._events(_SYSTEM_NAMESPACE, about, since)

    async def autoscaler_status(self) -> AutoscalerStatus | None:
        """Return the cluster autoscaler's account of itself; None where it wrote none that can be read."""
        try:
            found = await self._one(
                f"{_SYSTEM_NAMESPACE}/configmaps", AUTOSCALER_STATUS, "read the autoscaler's status", "ConfigMap"
            )
        except NotFound:
            return None
        # Of a cluster with many pools it is long, and its reader is slow.
        return await asyncio.to_thread(AutoscalerStatus.from_json, found)

    async def quotas(self) -> list[ResourceQuota]:
        """Return the namespace's resource quotas, by name."""
        items = await self._list(f"{self._namespace}/resourcequotas", "list quotas", "ResourceQuota", {})
        return [ResourceQuota.from_json(item) for item in items]

    async def limit_ranges(self) -> list[LimitRange]:
        """Return the namespace's limit ranges, by name."""
        items = await self._list(f"{self._namespace}/limitranges", "list limit ranges", "LimitRange", {})
        return [LimitRange.from_json(item) for item in items]

    async def _events(self, place: str, about: Mapping[str, str], since: datetime | None) -> list[Event]:
        selector = ",".join(f"{field}={value}" for field, value in about.items() if value)
        items = await self._list(f"{place}/events", "list events", "Event", {"fieldSelector": selector})
        found = [Event.from_json(item) for item in items]
        recent = [event for event in found if since is None or (event.last or LONG_AGO) >= since]
        return sorted(recent, key=lambda event: event.last or LONG_AGO)

    async def secret(self, name: str) -> dict[str, bytes]:
        """Return the data of one Secret, which must not be shown or logged. Raise NotFound."""
        if not NAME.fullmatch(name):
            raise NotFound("There is no Secret by that name")
        async with self._api.bounded("read a Secret"):
            item = await self._api.get(f"{self._namespace}/secrets/{name}", f"read the Secret {name}", "Secret")
        return dict(Secret.from_json(item).data)

    async def secrets(self, selector: str) -> list[Secret]:
        """Return the Secrets that match a label selector."""
        items = await self._list(f"{self._namespace}/secrets", "list Secrets", "Secret", {"labelSelector": selector})
        return [Secret.from_json(item) for item in items]

    async def secret_uid(self, name: str) -> str:
        """Return the UID of one Secret. Raise NotFound."""
        item = await self._one(f"{self._namespace}/secrets", name, "read a Secret", "Secret")
        return text(part(item, "metadata"), "uid")

    async def deployment(self, name: str) -> Deployment:
        """Return one Deployment. Raise NotFound."""
        return Deployment.from_json(await self._one(self._deployments, name, "read a deployment", "Deployment"))

    async def daemon_sets(self, selector: str = "") -> list[DaemonSet]:
        """Return the DaemonSets that match a label selector (all without one), by name."""
        path = DAEMON_SETS.format(namespace=self.namespace)
        items = await self._list(path, "list daemon sets", "DaemonSet", {"labelSelector": selector})
        return [DaemonSet.from_json(item) for item in items]

    async def load_balancer(self, service: str) -> tuple[str, ...]:
        """Return the public addresses (or names) of a Service; none where it has none (yet). Raise NotFound."""
        item = await self._one(f"{self._namespace}/services", service, "read a service", "Service")
        given = parts(part(item, "status", "loadBalancer"), "ingress")
        return tuple(address for one in given if (address := text(one, "ip") or text(one, "hostname")))

    async def ingresses(self) -> list[Ingress]:
        """Return the namespace's Ingresses, by name."""
        path = INGRESSES.format(namespace=self.namespace)
        return [Ingress.from_json(one) for one in await self._list(path, "list ingresses", "Ingress", {})]

    async def ingress_classes(self) -> list[IngressClass]:
        """Return the cluster's classes of Ingresses, by name."""
        items = await self._list(_INGRESS_CLASSES, "list ingress classes", "IngressClass", {})
        return [IngressClass.from_json(one) for one in items]

    async def http_routes(self) -> list[HttpRoute]:
        """Return the namespace's HTTPRoutes, by name. Raise NotFound where the cluster does not have the kind."""
        path = HTTP_ROUTES.format(namespace=self.namespace)
        return [HttpRoute.from_json(one) for one in await self._list(path, "list HTTP routes", "HTTPRoute", {})]

    async def gateway(self, namespace: str, name: str) -> Gateway:
        """Return one Gateway of a namespace. Raise NotFound."""
        if not NAME.fullmatch(namespace):
            raise NotFound("There is no namespace by that name")
        path = GATEWAYS.format(namespace=namespace)
        return Gateway.from_json(await self._one(path, name, "read a Gateway", "Gateway"))

    async def claims(self, selector: str = "") -> list[Claim]:
        """Return the claims that match a label selector (all without one), by name."""
        return [claim async for page in self.claim_pages(selector) for claim in page]

    async def claim_pages(self, selector: str = "") -> AsyncIterator[list[Claim]]:
        """Yield the same claims, 500 at a time; each page takes at most the connection's time-out.

        Between two pages claims may come and go: a list whose pages expire (410) is read on in one piece, in which
        those that were seen before are left out.
        """
        query = {"labelSelector": selector}
        async with aclosing(pages(self._api, self._claims, "list claims", "PersistentVolumeClaim", query)) as found:
            async for items in found:
                yield [Claim.from_json(item) for item in items]

    async def unbound_claims(self) -> list[Claim]:
        """Return the claims without a volume (yet, or any more), by name."""
        return [claim async for page in self.claim_pages() for claim in page if claim.phase != "Bound"]

    async def claim(self, name: str) -> Claim:
        """Return one claim. Raise NotFound."""
        return Claim.from_json(await self._one(self._claims, name, "read a claim", "PersistentVolumeClaim"))

    async def volumes(self, selector: str = "") -> list[Volume]:
        """Return the persistent volumes of the cluster that match a label selector, all without one."""
        return [
            Volume.from_json(item)
            for item in await self._list(VOLUMES, "list volumes", "PersistentVolume", {"labelSelector": selector})
        ]

    async def volume(self, name: str) -> Volume:
        """Return one persistent volume. Raise NotFound."""
        return Volume.from_json(await self._one(VOLUMES, name, "read a volume", "PersistentVolume"))

    async def storage_classes(self) -> list[StorageClass]:
        """Return the storage classes of the cluster."""
        items = await self._list("/apis/storage.k8s.io/v1/storageclasses", "list storage classes", "StorageClass", {})
        return [StorageClass.from_json(item) for item in items]

    async def snapshot_classes(self) -> list[SnapshotClass]:
        """Return the snapshot classes of the cluster; none where it does not support snapshots."""
        return [
            SnapshotClass.from_json(one)
            for one in await self._if_known(_SNAPSHOT_CLASSES, "list snapshot classes", "VolumeSnapshotClass")
        ]

    async def snapshots(self) -> list[Snapshot]:
        """Return the snapshots of the namespace; none where the cluster does not support snapshots."""
        return [
            Snapshot.from_json(one) for one in await self._if_known(self._snapshots, "list snapshots", "VolumeSnapshot")
        ]

    async def snapshot(self, name: str) -> Snapshot:
        """Return one snapshot. Raise NotFound."""
        return Snapshot.from_json(await self._one(self._snapshots, name, "read a snapshot", "VolumeSnapshot"))

    async def disruption_budgets(self) -> list[DisruptionBudget]:
        """Return the pod disruption budgets of all namespaces."""
        path = "/apis/policy/v1/poddisruptionbudgets"
        items = await self._list(path, "list disruption budgets", "PodDisruptionBudget", {})
        return [DisruptionBudget.from_json(item) for item in items]

    async def deprecated_apis(self) -> list[DeprecatedApi]:
        """Return the deprecated APIs that were requested since the API server started, as its own metrics tell."""
        found: list[bytes] = []
        are_metrics = False
        async with aclosing(self._api.metrics()) as batches:
            async for some in batches:
                are_metrics = are_metrics or any(line.startswith(ITS_OWN) for line in some)
                found += [line for line in some if line.startswith(GAUGE)]
        if not are_metrics:
            raise Unavailable(SYSTEM, f"{UnreadableError.what} (asked to read the API server's metrics)")
        return deprecated_apis(found)

    async def denied(self, wanted: Sequence[Permission] = PERMISSIONS) -> list[Permission]:
        """Return the permissions that the bot lacks (SelfSubjectAccessReview, which changes nothing)."""
        return await self._reviews.denied(wanted)

    async def refused_pod(self, pod: Mapping[str, Any], *, strict: bool = True) -> PodRefusal | None:
        """Return why a new pod would be refused, by a dry run; None for one that would be created.

        With `strict`, unknown fields are refused as well. Raise Unavailable where the pod is not judged.
        """
        return await self._pod_reviews.refusal(pod, strict=strict)

    async def version(self) -> str:
        """Return the API server's version, such as "v1.32.1"."""
        async with self._api.bounded("read the version"):
            return await self._api.version()

    async def _list(self, path: str, what: str, kind: str, query: dict[str, str]) -> list[Json]:
        async with self._api.bounded(what):
            items, _ = await list_all(self._api, path, what, kind, query)
        return items

    async def _if_known(self, path: str, what: str, kind: str) -> list[Json]:
        try:
            return await self._list(path, what, kind, {})
        except NotFound:
            return []

    async def _one(self, collection: str, name: str, what: str, kind: str) -> Json:
        if not NAME.fullmatch(name):
            raise NotFound(f"There is nothing by that name (asked to {what})")
        async with self._api.bounded(what):
            return await self._api.get(f"{collection}/{name}", f"{what}, {name}", kind)


def _unbound(item: Json) -> Claim | None:
    claim = Claim.from_json(item)
    return None if claim.phase == "Bound" else claim
