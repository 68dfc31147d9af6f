"""A namespace whose limit range allows less memory than the values give a user's server."""

from typing import Final

from sandbox.apiserver.objects.resource_kinds import LIMIT_RANGE
from sandbox.apiserver.storage.store import Store

_NAME: Final = "small-pods"


def begin(store: Store, namespace: str) -> None:
    """Allow each container 2 GiB of memory at most."""
    heal(store, namespace)
    # The API server fills in the defaults that follow (core/v1 defaults).
    same = {"memory": "2Gi"}
    bound = {"type": "Container", "max": same, "default": same, "defaultRequest": same}
    store.create(LIMIT_RANGE, namespace, {"metadata": {"name": _NAME}, "spec": {"limits": [bound]}})


def heal(store: Store, namespace: str) -> None:
    """Remove the limit range."""
    store.remove(LIMIT_RANGE, namespace, _NAME)
