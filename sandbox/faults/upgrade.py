"""Faults of an upgrade: a hub that crashes with new values, a failing hook, an image that takes too long to pull.

The first two are annotations on the namespace (`sandbox/controllers/planned_faults.py`), so that kubectl can set them
as well.
"""

from typing import Final

from sandbox.apiserver.objects.json_objects import list_at
from sandbox.apiserver.objects.resource_kinds import NAMESPACE, POD, REPLICA_SET, Json
from sandbox.apiserver.storage.store import Store
from sandbox.controllers.deployments import HASH
from sandbox.controllers.planned_faults import CRASH_NEW, PROVEN
from sandbox.faults import hub
from sandbox.runtime.images import Images, split

HOOK: Final = "hook-image-awaiter"
# Longer than anybody waits: helm's own time-out is five minutes.
SLOW_SECONDS: Final = 1200.0


def begin_crash(store: Store, namespace: str) -> list[str]:
    """Let every hub crash that is started with other values than now; the running one is not affected."""
    known = sorted(
        one["metadata"]["labels"][HASH]
        for one in store.list(REPLICA_SET, namespace)
        if one["metadata"]["labels"].get("component") == "hub"
    )
    _annotate(store, namespace, {CRASH_NEW: "hub", PROVEN: ",".join(known)})
    return ["hub"]


def begin_hook(store: Store, namespace: str) -> list[str]:
    """Let the chart's hook that waits for pulled images fail."""
    _annotate(store, namespace, {CRASH_NEW: HOOK})
    return [HOOK]


def begin_slow(images: Images, repository: str) -> list[str]:
    """Let pulls from a repository take twenty minutes; nodes keep the images that they have."""
    images.slow(repository, SLOW_SECONDS)
    return [repository]


def heal(store: Store, namespace: str, images: Images, repository: str, seconds: float) -> list[str]:
    """Let hubs and hooks work, and pulls take `seconds` again. Return the pods that are made anew."""
    _annotate(store, namespace, {})
    images.slow(repository, seconds)
    waiting = [str(pod["metadata"]["name"]) for pod in store.list(POD, namespace) if _pulls(pod, repository)]
    for name in waiting:
        store.delete(POD, namespace, name, grace_seconds=0)
    return [*waiting, *hub.heal(store, namespace)]


def _pulls(pod: Json, repository: str) -> bool:
    """Return True if the pod waits for an image of the repository."""
    statuses = (*list_at(pod, "status", "initContainerStatuses"), *list_at(pod, "status", "containerStatuses"))
    return any("waiting" in one.get("state", {}) and split(one["image"])[0] == repository for one in statuses)


def _annotate(store: Store, namespace: str, notes: dict[str, str]) -> None:
    def change(space: Json) -> None:
        known = space["metadata"].get("annotations") or {}
        annotations = {key: value for key, value in known.items() if key not in (CRASH_NEW, PROVEN)}
        space["metadata"]["annotations"] = annotations | notes

    store.modify(NAMESPACE, None, namespace, change)
