"""Changes in the hub's namespace, deletions by UID only; and cordoning of nodes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Final

from clients.answers import Json, part
from clients.errors import NotFound, Unavailable
from clients.kube.api import SYSTEM
from clients.kube.image_puller import Puller
from clients.kube.paths import CLAIMS, CONFIG_MAPS, DAEMON_SETS, DEPLOYMENTS, NAME, PODS, SECRETS, SNAPSHOTS
from clients.kube.quantities import from_bytes
from clients.kube.refusals import check_judged, check_status, is_another
from clients.kube.storage import Claim, Snapshot
from clients.kube.volume_writer import VolumeWriter
from clients.kube.workloads import RESTARTED_AT, RESTARTED_BY, DaemonSet

_API: Final = "snapshot.storage.k8s.io"
_KINDS: Final = {
    CLAIMS: "PersistentVolumeClaim",
    CONFIG_MAPS: "ConfigMap",
    DAEMON_SETS: "DaemonSet",
    DEPLOYMENTS: "Deployment",
    PODS: "Pod",
    SECRETS: "Secret",
    SNAPSHOTS: "VolumeSnapshot",
}


class KubeWriter(VolumeWriter):
    """A writer to one namespace. Every method raises Unavailable when the API server does not answer, or refuses."""

    async def create_snapshot(
        self, *, name: str, claim: str, snapshot_class: str, labels: Mapping[str, str], annotations: Mapping[str, str]
    ) -> Snapshot:
        """Take a snapshot of a claim, or return the existing one of that name and source.

        It is ready when `Snapshot.ready` says so, some time later.
        """
        body: Json = {
            "apiVersion": f"{_API}/v1",
            "kind": _KINDS[SNAPSHOTS],
            "metadata": {"name": name, "labels": dict(labels), "annotations": dict(annotations)},
            "spec": {
                "volumeSnapshotClassName": snapshot_class,
                "source": {"persistentVolumeClaimName": claim},
            },
        }
        made = Snapshot.from_json(await self._create(SNAPSHOTS, body, "take a snapshot"))
        if made.claim != claim:
            raise Unavailable(SYSTEM, f"already has a snapshot {name} of something else")
        return made

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
        spec: Json = {
            "accessModes": list(access_modes),
            "resources": {"requests": {"storage": from_bytes(size)}},
        }
        # For a volume of no class the claim must have none either, not the cluster's default.
        if storage_class or volume:
            spec["storageClassName"] = storage_class
        if volume:
            spec["volumeName"] = volume
        if snapshot:
            spec["dataSource"] = {"apiGroup": _API, "kind": "VolumeSnapshot", "name": snapshot}
        body: Json = {
            "apiVersion": "v1",
            "kind": _KINDS[CLAIMS],
            "metadata": {"name": name, "labels": dict(labels), "annotations": dict(annotations)},
            "spec": spec,
        }
        return Claim.from_json(await self._create(CLAIMS, body, "create a claim"))

    async def expand_claim(self, name: str, uid: str, size: int) -> bool:
        """Have exactly this claim ask for `size` bytes. Return False if it is gone or another has its name.

        Raise Rejected, with Kubernetes' own words, where its class, a quota or its size forbids that.
        """
        what = "enlarge a claim"
        if not NAME.fullmatch(name):
            raise NotFound(f"{SYSTEM} has nothing by that name (asked to {what})")
        body: Json = {
            "metadata": {"uid": uid},
            "spec": {"resources": {"requests": {"storage": from_bytes(size)}}},
        }
        path = f"{CLAIMS.format(namespace=self._namespace)}/{name}"
        status, answer = await self._api.change("PATCH", path, what, body, _KINDS[CLAIMS])
        if status in (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT) or is_another(status, answer):
            return False
        check_judged(status, answer, what)
        return True

    async def create_puller(self, puller: Puller) -> DaemonSet:
        """Create a daemon set that pulls an image, or return the existing one of that name and image."""
        made = DaemonSet.from_json(await self._create(DAEMON_SETS, puller.manifest(), "pull an image onto the nodes"))
        if puller.image not in made.images:
            raise Unavailable(SYSTEM, f"already has a daemon set {puller.name} for something else")
        return made

    async def delete_daemon_set(self, name: str, uid: str) -> bool:
        """Delete exactly this daemon set, with its pods. Return False if it is gone or another has its name."""
        return await self._delete(DAEMON_SETS, name, uid, "delete a daemon set")

    async def delete_claim(self, name: str, uid: str) -> bool:
        """Delete exactly this claim. Return False if it is gone or another has its name.

        While a pod mounts it, it stays with a deletion under way: `Claim.terminating`.
        """
        return await self._delete(CLAIMS, name, uid, "delete a claim")

    async def delete_snapshot(self, name: str, uid: str) -> bool:
        """Delete exactly this snapshot. Return False if it is gone or another has its name."""
        return await self._delete(SNAPSHOTS, name, uid, "delete a snapshot")

    async def delete_pod(self, name: str, uid: str) -> bool:
        """Delete exactly this pod. Return False if it is gone or another has its name."""
        return await self._delete(PODS, name, uid, "delete a pod")

    async def delete_deployment(self, name: str, uid: str) -> bool:
        """Delete exactly this deployment, with its pods. Return False if it is gone or another has its name."""
        return await self._delete(DEPLOYMENTS, name, uid, "delete a deployment")

    async def delete_secret(self, name: str, uid: str) -> bool:
        """Delete exactly this Secret. Return False if it is gone or another has its name."""
        return await self._delete(SECRETS, name, uid, "delete a Secret")

    async def restart(self, deployment: str, uid: str, mark: str, at: datetime) -> bool:
        """Replace the pods of exactly this deployment, as `kubectl rollout restart` does. Return False if it is gone.

        `mark` is stored as `Deployment.restart`, by which the caller can tell that it was done.
        """
        what = "restart a deployment"
        if not NAME.fullmatch(deployment):
            raise NotFound(f"{SYSTEM} has nothing by that name (asked to {what})")
        marks = {RESTARTED_AT: at.isoformat(timespec="seconds"), RESTARTED_BY: mark}
        # With its UID, so that another one of that name is left alone: Kubernetes takes that for a change of it.
        body: Json = {"metadata": {"uid": uid}, "spec": {"template": {"metadata": {"annotations": marks}}}}
        path = f"{DEPLOYMENTS.format(namespace=self._namespace)}/{deployment}"
        status, answer = await self._api.change("PATCH", path, what, body, _KINDS[DEPLOYMENTS])
        if status in (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT) or is_another(status, answer):
            return False
        check_status(status, answer, what)
        return True

    async def put_config_map(self, name: str, data: Mapping[str, str]) -> None:
        """Give the ConfigMap of that name these entries; create it where there is none. Its other entries stay."""
        what = "write a ConfigMap"
        if not NAME.fullmatch(name):
            raise NotFound(f"{SYSTEM} has nothing by that name (asked to {what})")
        entries: Json = {"data": dict(data)}
        path = f"{CONFIG_MAPS.format(namespace=self._namespace)}/{name}"
        status, answer = await self._api.change("PATCH", path, what, entries, _KINDS[CONFIG_MAPS])
        if status == HTTPStatus.NOT_FOUND:
            body: Json = {"apiVersion": "v1", "kind": _KINDS[CONFIG_MAPS], "metadata": {"name": name}, **entries}
            # One that was created meanwhile is somebody's who said the same a moment ago, or is said at the next try.
            await self._create(CONFIG_MAPS, body, what)
            return
        check_status(status, answer, what)

    async def mark_revision(self, release: str, revision: int, labels: Mapping[str, str]) -> bool:
        """Add these labels to Helm's record of a revision. Return False if there is no such record.

        Helm 3 keeps custom labels of a revision on its Secret, and reads them from there.
        """
        what, name = "mark a revision of the release", f"sh.helm.release.v1.{release}.v{revision}"
        if not NAME.fullmatch(name):
            raise NotFound(f"{SYSTEM} has nothing by that name (asked to {what})")
        path = f"{SECRETS.format(namespace=self._namespace)}/{name}"
        status, answer = await self._api.change(
            "PATCH", path, what, {"metadata": {"labels": dict(labels)}}, _KINDS[SECRETS]
        )
        if status == HTTPStatus.NOT_FOUND:
            return False
        check_status(status, answer, what)
        return True

    async def cordon(self, node: str) -> bool:
        """Cordon a node, as `kubectl cordon` does. Return False if there is no such node."""
        what = "close a node to new pods"
        if not NAME.fullmatch(node):
            raise NotFound(f"{SYSTEM} has nothing by that name (asked to {what})")
        body: Json = {"spec": {"unschedulable": True}}
        status, answer = await self._api.change("PATCH", f"/api/v1/nodes/{node}", what, body, "Node")
        if status == HTTPStatus.NOT_FOUND:
            return False
        check_status(status, answer, what)
        return True

    async def _create(self, collection: str, body: Json, what: str) -> Json:
        path, kind = collection.format(namespace=self._namespace), _KINDS[collection]
        status, answer = await self._api.change("POST", path, what, body, kind)
        if status == HTTPStatus.CONFLICT:
            name = str(part(body, "metadata")["name"])
            async with self._api.bounded(what):
                return await self._api.get(f"{path}/{name}", what, kind)
        check_status(status, answer, what)
        return answer

    async def _delete(self, collection: str, name: str, uid: str, what: str) -> bool:
        if not NAME.fullmatch(name):
            raise NotFound(f"{SYSTEM} has nothing by that name (asked to {what})")
        if not uid:
            # Nothing has that UID; and Kubernetes must not be left to guess what an empty one means.
            return False
        path = f"{collection.format(namespace=self._namespace)}/{name}"
        body: Json = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": uid}}
        status, answer = await self._api.change("DELETE", path, what, body, _KINDS[collection])
        if status in (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT):
            return False
        check_status(status, answer, what)
        return True
