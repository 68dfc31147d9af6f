"""What belonged to something that is gone goes too."""

from contextlib import suppress

from sandbox.engine.context import Context
from sandbox.kube.errors import ApiError
from sandbox.kube.resources import Json, by_kind


def collect(context: Context, gone: Json) -> None:
    """Delete the objects that `gone` owned, unless another of their owners still lives."""
    for kind, obj in context.store.dependents(gone["metadata"]["uid"]):
        if not any(_lives(context, obj, owner) for owner in obj["metadata"]["ownerReferences"]):
            with suppress(ApiError):
                context.store.delete(kind, obj["metadata"].get("namespace"), obj["metadata"]["name"])


def _lives(context: Context, obj: Json, owner: Json) -> bool:
    kind = by_kind(owner["apiVersion"].rpartition("/")[0], owner["kind"])
    if kind is None:
        return False
    found = context.store.find(kind, obj["metadata"].get("namespace"), owner["name"])
    return found is not None and found["metadata"]["uid"] == owner["uid"]
