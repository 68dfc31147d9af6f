"""ControllerRevisions: the templates that a StatefulSet or DaemonSet has had, numbered."""

from sandbox.apiserver.objects.json_objects import copy_json
from sandbox.apiserver.objects.resource_kinds import CONTROLLER_REVISION, Json
from sandbox.controllers.templates import template_hash
from sandbox.runtime.controller import Context
from sandbox.runtime.ownership import controlled, owner_reference

HASH = "controller-revision-hash"
"""The label by which pods say of which revision they are."""


def current_revision(context: Context, owner: Json) -> Json:
    """Return the revision of the owner's present template: created, or made the newest again, if need be."""
    known = _known(context, owner)
    hashed = template_hash(owner["spec"]["template"])
    newest = max((int(one["revision"]) for one in known), default=0)
    found = next((one for one in known if one["metadata"]["labels"].get(HASH) == hashed), None)
    if found is None:
        return _make(context, owner, hashed, newest + 1)
    if found["revision"] < newest:
        place = (found["metadata"]["namespace"], found["metadata"]["name"])
        context.store.modify(CONTROLLER_REVISION, *place, lambda new: new.update(revision=newest + 1))
    return found


def prune_revisions(context: Context, owner: Json, in_use: set[str]) -> None:
    """Forget the oldest revisions beyond revisionHistoryLimit; `in_use` are hashes that pods still have."""
    idle = [one for one in _known(context, owner) if one["metadata"]["labels"].get(HASH) not in in_use]
    idle.sort(key=lambda one: int(one["revision"]))
    surplus = len(idle) - int(owner["spec"].get("revisionHistoryLimit", 10))
    for one in idle[: max(0, surplus)]:
        context.store.delete(CONTROLLER_REVISION, one["metadata"]["namespace"], one["metadata"]["name"])


def _known(context: Context, owner: Json) -> list[Json]:
    return controlled(context.store, owner, CONTROLLER_REVISION)


def _make(context: Context, owner: Json, hashed: str, number: int) -> Json:
    metadata, template = owner["metadata"], copy_json(owner["spec"]["template"])
    labels = {**((template.get("metadata") or {}).get("labels") or {}), HASH: hashed}
    made = {
        "metadata": {
            "name": f"{metadata['name']}-{hashed}",
            "labels": labels,
            "ownerReferences": [owner_reference(owner)],
        },
        "data": {"spec": {"template": {**template, "$patch": "replace"}}},
        "revision": number,
    }
    return context.store.create(CONTROLLER_REVISION, metadata["namespace"], made)
