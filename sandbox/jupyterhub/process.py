"""The hub's process: another one after each restart."""

from sandbox.apiserver.objects.resource_kinds import POD
from sandbox.apiserver.storage.store import Store


def hub_process(store: Store, namespace: str) -> str:
    """Return what is another one once the hub was restarted: its pods, and how often their containers began."""
    pods = store.list(POD, namespace)
    hubs = [pod for pod in pods if pod["metadata"].get("labels", {}).get("component") == "hub"]
    statuses = (one for pod in hubs for one in (pod.get("status") or {}).get("containerStatuses", ()))
    lives = [str(one.get("restartCount", 0)) for one in statuses]
    return " ".join([*(pod["metadata"]["uid"] for pod in hubs), *lives])
