"""Nodes that fall silent or come under pressure.

Conditions and messages as the node lifecycle controller and kubelet of Kubernetes 1.32 write them.
"""

from typing import Final

from sandbox.apiserver.objects.json_objects import timestamp
from sandbox.apiserver.objects.resource_kinds import NODE, Json
from sandbox.apiserver.storage.store import Store
from sandbox.runtime.conditions import find_condition
from sandbox.scenario.bare_cluster import PURPOSE

_SILENT: Final = ("Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.")
_WELL: Final = ("True", "KubeletReady", "kubelet is posting ready status")
_PRESSED: Final = {
    "MemoryPressure": ("KubeletHasInsufficientMemory", "kubelet has insufficient memory available"),
    "DiskPressure": ("KubeletHasDiskPressure", "kubelet has disk pressure"),
    "PIDPressure": ("KubeletHasInsufficientPID", "kubelet has insufficient PID available"),
}


def begin(store: Store, name: str = "") -> str:
    """Let a node fall silent, one of the users' by default. Return its name. Raise LookupError if there is none."""
    name = name or users_node(store)
    _set(store, name, "Ready", *_SILENT)
    return name


def begin_pressure(store: Store, name: str = "", kind: str = "MemoryPressure") -> str:
    """Let a node be short of memory, disk or process ids. Return its name. Raise LookupError if there is none."""
    name = name or users_node(store)
    reason, message = _PRESSED[kind]
    _set(store, name, kind, "True", reason, message)
    return name


def heal(store: Store) -> list[str]:
    """Make every node ready and free of pressure. Return the names of those that were not."""
    healed = []
    for node in store.list(NODE):
        name = str(node["metadata"]["name"])
        before = store.revision
        _heal(store, name, node)
        if store.revision != before:
            healed.append(name)
    return healed


def users_node(store: Store) -> str:
    """Return a node that is meant for users: the last by name. Raise LookupError if there is none."""
    names = [str(n["metadata"]["name"]) for n in store.list(NODE) if n["metadata"]["labels"].get(PURPOSE) == "user"]
    if not names:
        raise LookupError("there is no node for users")
    return max(names)


def _heal(store: Store, name: str, node: Json) -> None:
    status = node.get("status") or {}
    ready = find_condition(status, "Ready")
    if ready is not None and ready.get("status") != "True":
        _set(store, name, "Ready", *_WELL)
    for kind in _PRESSED:
        pressed = find_condition(status, kind)
        if pressed is not None and pressed.get("status") == "True":
            _set(store, name, kind, "False", "", "")


def _set(store: Store, name: str, kind: str, status: str, reason: str, message: str) -> None:
    now = timestamp(store.clock.now())

    def change(node: Json) -> None:
        conditions = node.setdefault("status", {}).setdefault("conditions", [])
        others = [one for one in conditions if one["type"] != kind]
        condition = {"type": kind, "status": status, "lastHeartbeatTime": now, "lastTransitionTime": now}
        node["status"]["conditions"] = [*others, condition | {"reason": reason, "message": message}]

    if store.modify(NODE, None, name, change) is None:
        raise LookupError(f"there is no node {name}")
