"""A namespace whose quota of pods is used up."""

from typing import Final

from sandbox.apiserver.objects.resource_kinds import POD, RESOURCE_QUOTA, Json
from sandbox.apiserver.storage.store import Store

_NAME: Final = "compute"


def begin(store: Store, namespace: str) -> int:
    """Limit the namespace to as many pods as it has now. Return their number.

    Pods that are being deleted do not count: they would leave room.
    """
    heal(store, namespace)
    there = sum(_stays(pod) for pod in store.list(POD, namespace))
    spec = {"hard": {"pods": str(there)}}
    store.create(RESOURCE_QUOTA, namespace, {"metadata": {"name": _NAME}, "spec": spec})
    return there


def heal(store: Store, namespace: str) -> None:
    """Remove the quota."""
    store.remove(RESOURCE_QUOTA, namespace, _NAME)


def _stays(pod: Json) -> bool:
    active = (pod.get("status") or {}).get("phase") in ("Pending", "Running")
    return active and "deletionTimestamp" not in pod["metadata"]
