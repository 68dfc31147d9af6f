"""Pods from a controller's template."""

import json
import secrets
from hashlib import sha256

from sandbox.engine.context import Context, owner_reference
from sandbox.kube.objects import copy_json
from sandbox.kube.resources import POD, Json

_LETTERS = "bcdfghjklmnpqrstvwxz2456789"


def template_hash(owner: Json) -> str:
    """Ten letters that change whenever the template does."""
    text = json.dumps(owner["spec"]["template"], sort_keys=True)
    digest = int.from_bytes(sha256(text.encode()).digest()[:8], "big")
    letters = ""
    for _ in range(10):
        digest, place = divmod(digest, len(_LETTERS))
        letters += _LETTERS[place]
    return letters


def suffix() -> str:
    """Five random letters, as Kubernetes puts behind generated names."""
    return "".join(secrets.choice(_LETTERS) for _ in range(5))


def create_pod(
    context: Context, owner: Json, name: str, *, node: str = "", labels: dict[str, str] | None = None
) -> Json:
    """Make a pod of the owner's template."""
    template = copy_json(owner["spec"]["template"])
    metadata = template.get("metadata") or {}
    pod: Json = {
        "metadata": {
            "name": name,
            "labels": {**(metadata.get("labels") or {}), **(labels or {})},
            "annotations": metadata.get("annotations") or {},
            "ownerReferences": [owner_reference(owner)],
        },
        "spec": template["spec"],
    }
    if node:
        pod["spec"]["nodeName"] = node
    made = context.store.create(POD, owner["metadata"]["namespace"], pod)
    component = f"{owner['kind'].lower()}-controller"
    context.events.record(owner, "Normal", "SuccessfulCreate", f"Created pod: {name}", component)
    return made


def delete_pod(context: Context, owner: Json, pod: Json) -> None:
    """Ask a pod of the owner to end."""
    name = pod["metadata"]["name"]
    context.store.delete(POD, pod["metadata"]["namespace"], name)
    component = f"{owner['kind'].lower()}-controller"
    context.events.record(owner, "Normal", "SuccessfulDelete", f"Deleted pod: {name}", component)
