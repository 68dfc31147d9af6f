"""Pods and revisions from a workload's template: names, hashes, labels."""

import json
from hashlib import sha256

from sandbox.apiserver.objects.errors import ApiError
from sandbox.apiserver.objects.json_objects import copy_json
from sandbox.apiserver.objects.resource_kinds import POD, Json
from sandbox.controllers.planned_faults import plant
from sandbox.runtime.controller import Context
from sandbox.runtime.events import Source
from sandbox.runtime.ownership import owner_reference

_LETTERS = "bcdfghjklmnpqrstvwxz2456789"


def template_hash(template: Json) -> str:
    """Return up to ten letters, the same for equal templates, in the alphabet of apimachinery's SafeEncodeString."""
    text = json.dumps(template, sort_keys=True, separators=(",", ":"))
    number = int.from_bytes(sha256(text.encode()).digest()[:4], "big")
    return "".join(_LETTERS[ord(digit) % len(_LETTERS)] for digit in str(number))


def pod_of(owner: Json, labels: dict[str, str] | None = None) -> Json:
    """Return a pod of the owner's template, with a generated name; it is not stored yet."""
    template = copy_json(owner["spec"]["template"])
    metadata = template.get("metadata") or {}
    return {
        "metadata": {
            "generateName": f"{owner['metadata']['name']}-",
            "labels": {**(metadata.get("labels") or {}), **(labels or {})},
            "annotations": metadata.get("annotations") or {},
            "ownerReferences": [owner_reference(owner)],
            **({"finalizers": metadata["finalizers"]} if metadata.get("finalizers") else {}),
        },
        "spec": template.get("spec") or {},
    }


def create_pod(context: Context, owner: Json, pod: Json, source: Source) -> Json:
    """Store a pod of the owner and record the event there. Raise ApiError, which is recorded too."""
    plant(context.store, owner["metadata"]["namespace"], pod)
    try:
        made = context.store.create(POD, owner["metadata"]["namespace"], pod)
    except ApiError as error:
        context.events.warning(owner, "FailedCreate", f"Error creating: {error}", source)
        raise
    context.events.normal(owner, "SuccessfulCreate", f"Created pod: {made['metadata']['name']}", source)
    return made


def delete_pod(context: Context, owner: Json, pod: Json, source: Source) -> None:
    """Delete a pod of the owner and record the event there."""
    name = pod["metadata"]["name"]
    context.store.delete(POD, pod["metadata"]["namespace"], name)
    context.events.normal(owner, "SuccessfulDelete", f"Deleted pod: {name}", source)
