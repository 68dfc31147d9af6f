"""Changes of persistent volumes, by which one goes from one claim to another, and of what snapshots say of them."""

from collections.abc import Mapping
from http import HTTPStatus

from clients.answers import Json
from clients.errors import NotFound
from clients.kube.api import SYSTEM, KubeApi
from clients.kube.paths import NAME, SNAPSHOTS, VOLUMES
from clients.kube.refusals import check_status, is_another

_MARK = "mark a volume"
_KEEP = "keep a volume for a claim"
_MARK_SNAPSHOT = "mark a snapshot"


class VolumeWriter:
    """A writer of volumes, and to one namespace. Every method raises Unavailable."""

    def __init__(self, api: KubeApi, namespace: str) -> None:
        """Raise ValueError for a namespace that cannot exist."""
        if not NAME.fullmatch(namespace):
            raise ValueError("not the name of a namespace")
        self._api = api
        self._namespace = namespace

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
        body: Json = {
            "metadata": {"uid": uid, "labels": dict(labels), "annotations": dict(annotations)},
            "spec": {"persistentVolumeReclaimPolicy": policy},
        }
        return await self._patch(VOLUMES, name, body, _MARK, "PersistentVolume")

    async def keep_volume(self, name: str, uid: str, claim: str) -> bool:
        """Keep exactly this volume for the claim of that name instead of another. Return False if it is gone.

        The controller binds the two once the claim asks for this volume. The former claim has to be gone: its UID is
        taken off the volume.
        """
        reference: Json = {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "namespace": self._namespace,
            "name": claim,
            # A merge patch keeps what it does not name: these were the former claim's.
            "uid": None,
            "resourceVersion": None,
        }
        body: Json = {"metadata": {"uid": uid}, "spec": {"claimRef": reference}}
        return await self._patch(VOLUMES, name, body, _KEEP, "PersistentVolume")

    async def mark_snapshot(self, name: str, uid: str, annotations: Mapping[str, str | None]) -> bool:
        """Set these annotations of exactly this snapshot; None removes one. Return False if it is gone."""
        body: Json = {"metadata": {"uid": uid, "annotations": dict(annotations)}}
        collection = SNAPSHOTS.format(namespace=self._namespace)
        return await self._patch(collection, name, body, _MARK_SNAPSHOT, "VolumeSnapshot")

    async def _patch(self, collection: str, name: str, body: Json, what: str, kind: str) -> bool:
        if not NAME.fullmatch(name):
            raise NotFound(f"{SYSTEM} has nothing by that name (asked to {what})")
        status, answer = await self._api.change("PATCH", f"{collection}/{name}", what, body, kind)
        if status in (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT) or is_another(status, answer):
            return False
        check_status(status, answer, what)
        return True
