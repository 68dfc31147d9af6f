"""The fields that Kubernetes 1.32 lets nobody change, and its words for the refusal."""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal

from sandbox.apiserver.objects import resource_kinds as r
from sandbox.apiserver.objects.errors import Cause, invalid
from sandbox.apiserver.objects.json_objects import at, copy_json
from sandbox.apiserver.objects.quantities import amount
from sandbox.apiserver.objects.resource_kinds import Json, Kind
from sandbox.apiserver.validation.pod_defaults import containers

Rule = Callable[[Json, Json], Iterator[Cause]]

_FIXED = "field is immutable"
_SEALED = "field is immutable when `immutable` is set"
_STATEFUL_SET_MUTABLE = {
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
}
_STATEFUL_SET_WHY = (
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
    "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
)
_POD_WHY = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)
_CLAIM_WHY = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"


def check_update(kind: Kind, old: Json, new: Json) -> None:
    """Raise ApiError 422 that names every immutable field in which `new` differs from `old`."""
    causes = list(_finalizers(old["metadata"], new["metadata"]))
    rule = _RULES.get(kind)
    if rule:
        causes += rule(old, new)
    if causes:
        raise invalid(kind, old["metadata"]["name"], causes)


def _finalizers(old: Json, new: Json) -> Iterator[Cause]:
    added = sorted(set(new.get("finalizers") or ()) - set(old.get("finalizers") or ()))
    if old.get("deletionTimestamp") and added:
        found = ", ".join(f'"{name}"' for name in added)
        why = f"no new finalizers can be added if the object is being deleted, found new finalizers []string{{{found}}}"
        yield Cause.forbidden("metadata.finalizers", why)


def _fixed(*fields: str) -> Rule:
    """Return a rule: each of these paths keeps its value."""

    def rule(old: Json, new: Json) -> Iterator[Cause]:
        for field in fields:
            path = field.split(".")
            if at(old, *path) != at(new, *path):
                yield Cause.invalid(field, at(new, *path), _FIXED)

    return rule


def _forbidden(*fields: str) -> Rule:
    """Return a rule: each of these fields at the top keeps its value, in the wording of storage classes."""

    def rule(old: Json, new: Json) -> Iterator[Cause]:
        for field in fields:
            if (old.get(field) or None) != (new.get(field) or None):
                yield Cause.forbidden(field, f"updates to {field} are forbidden.")

    return rule


def _all(*rules: Rule) -> Rule:
    def rule(old: Json, new: Json) -> Iterator[Cause]:
        for one in rules:
            yield from one(old, new)

    return rule


def _without(spec: Json, fields: Iterable[str]) -> Json:
    return {key: value for key, value in spec.items() if key not in fields}


def _stateful_set(old: Json, new: Json) -> Iterator[Cause]:
    if _without(old["spec"], _STATEFUL_SET_MUTABLE) != _without(new["spec"], _STATEFUL_SET_MUTABLE):
        yield Cause.forbidden("spec", _STATEFUL_SET_WHY)


def _pod(old: Json, new: Json) -> Iterator[Cause]:
    if old["spec"] == new["spec"]:
        return
    tolerations = old["spec"].get("tolerations") or []
    if any(toleration not in (new["spec"].get("tolerations") or ()) for toleration in tolerations):
        yield Cause.forbidden(
            "spec.tolerations", "existing toleration can not be modified except its tolerationSeconds"
        )
    elif _fixed_part(old["spec"]) != _fixed_part(new["spec"]):
        yield Cause.forbidden("spec", _POD_WHY)


def _fixed_part(spec: Json) -> Json:
    rest = copy_json(_without(spec, ("activeDeadlineSeconds", "tolerations")))
    for container in containers(rest):
        container["image"] = ""
    return rest


def _claim(old: Json, new: Json) -> Iterator[Cause]:
    before, after = old["spec"], new["spec"]
    if before == after:
        return
    growing = ("resources", "volumeAttributesClassName")
    # The binder, and nobody else, may give a claim its volume.
    bound = (*growing, "volumeName") if not before.get("volumeName") else growing
    if _without(before, bound) != _without(after, bound):
        yield Cause.forbidden("spec", _CLAIM_WHY)
        return
    asked, had = at(after, "resources", "requests", "storage"), at(before, "resources", "requests", "storage")
    if asked == had:
        return
    if at(old, "status", "phase") != "Bound":
        yield Cause.forbidden("spec", _CLAIM_WHY)
    elif amount(str(asked)) < amount(str(had)) and amount(str(asked)) <= _capacity(old):
        # Between the two it may: that is how an enlargement that fails is given up (RecoverVolumeExpansionFailure).
        yield Cause.forbidden("spec.resources.requests.storage", "field can not be less than status.capacity")


def _capacity(claim: Json) -> Decimal:
    return amount(str(at(claim, "status", "capacity", "storage") or "0"))


def _volume(old: Json, new: Json) -> Iterator[Cause]:
    free = {
        "accessModes",
        "capacity",
        "claimRef",
        "mountOptions",
        "nodeAffinity",
        "persistentVolumeReclaimPolicy",
        "storageClassName",
        "volumeAttributesClassName",
    }
    if _without(old["spec"], free) != _without(new["spec"], free):
        why = "spec.persistentvolumesource is immutable after creation"
        yield Cause.forbidden("spec.persistentvolumesource", why)


def _service(old: Json, new: Json) -> Iterator[Cause]:
    before, after = old["spec"], new["spec"]
    if "ExternalName" in (before["type"], after["type"]):
        return
    if before.get("clusterIP") != after.get("clusterIP"):
        value = [after.get("clusterIP")]
        yield Cause.invalid("spec.clusterIPs[0]", value, "may not change once set")


def _sealed(*fields: str) -> Rule:
    """Return a rule: data that was declared immutable stays, and stays immutable."""

    def rule(old: Json, new: Json) -> Iterator[Cause]:
        if not old.get("immutable"):
            return
        if not new.get("immutable"):
            yield Cause.forbidden("immutable", _SEALED)
        for field in fields:
            if (old.get(field) or {}) != (new.get(field) or {}):
                yield Cause.forbidden(field, _SEALED)

    return rule


def _role_reference(old: Json, new: Json) -> Iterator[Cause]:
    if old.get("roleRef") != new.get("roleRef"):
        yield Cause.invalid("roleRef", new.get("roleRef"), "cannot change roleRef")


def _job(old: Json, new: Json) -> Iterator[Cause]:
    yield from _fixed("spec.selector", "spec.completionMode")(old, new)
    if old["spec"].get("completionMode") != "Indexed":
        yield from _fixed("spec.completions")(old, new)
    # A suspended Job that has not begun may still be told where to run.
    if not (old["spec"].get("suspend") and not at(old, "status", "startTime")):
        yield from _fixed("spec.template")(old, new)


def _priority_class(old: Json, new: Json) -> Iterator[Cause]:
    if old.get("value") != new.get("value"):
        yield Cause.forbidden("value", "may not be changed in an update.")


_RULES: dict[Kind, Rule] = {
    r.POD: _pod,
    r.DEPLOYMENT: _fixed("spec.selector"),
    r.REPLICA_SET: _fixed("spec.selector"),
    r.DAEMON_SET: _fixed("spec.selector"),
    r.STATEFUL_SET: _stateful_set,
    r.JOB: _job,
    r.PERSISTENT_VOLUME_CLAIM: _claim,
    r.PERSISTENT_VOLUME: _volume,
    r.SERVICE: _service,
    r.SECRET: _all(_fixed("type"), _sealed("data")),
    r.CONFIG_MAP: _sealed("data", "binaryData"),
    r.STORAGE_CLASS: _all(_forbidden("parameters", "provisioner", "reclaimPolicy"), _fixed("volumeBindingMode")),
    r.ROLE_BINDING: _role_reference,
    r.CLUSTER_ROLE_BINDING: _role_reference,
    r.PRIORITY_CLASS: _priority_class,
    r.INGRESS_CLASS: _fixed("spec.controller"),
    r.CONTROLLER_REVISION: _fixed("data"),
}
