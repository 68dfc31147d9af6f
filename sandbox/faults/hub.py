"""A hub that crashes again and again, or answers its readiness probe with an error."""

from sandbox.apiserver.objects.resource_kinds import POD, Json
from sandbox.apiserver.storage.store import Store
from sandbox.kubelet.programs import CRASH, UNREADY


def begin(store: Store, namespace: str, component: str = "hub", fault: str = CRASH) -> list[str]:
    """Let the pods of a component crash, or not get ready with UNREADY. Return their names."""
    names = [str(pod["metadata"]["name"]) for pod in _pods(store, namespace, component)]
    for name in names:
        store.modify(POD, namespace, name, lambda pod: _plant(pod, fault))
    return names


def heal(store: Store, namespace: str) -> list[str]:
    """Remove the fault, and replace pods that wait for their restart. Return their names."""
    ill = [pod for pod in _pods(store, namespace) if {CRASH, UNREADY} & set(pod["metadata"].get("annotations") or {})]
    names = [str(pod["metadata"]["name"]) for pod in ill]
    for name in names:
        store.delete(POD, namespace, name, grace_seconds=0)
    return names


def _pods(store: Store, namespace: str, component: str = "") -> list[Json]:
    return [
        pod
        for pod in store.list(POD, namespace)
        if not component or pod["metadata"].get("labels", {}).get("component") == component
    ]


def _plant(pod: Json, fault: str) -> None:
    pod["metadata"].setdefault("annotations", {})[fault] = "true"
