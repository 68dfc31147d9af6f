"""The parts of objects that have a form of their own: scale, and a pod's eviction."""

from decimal import ROUND_CEILING, Decimal

from sandbox.apiserver.objects.errors import Cause, bad_request, internal, invalid, too_many_requests
from sandbox.apiserver.objects.json_objects import at, copy_json
from sandbox.apiserver.objects.resource_kinds import POD, POD_DISRUPTION_BUDGET, Json, Kind
from sandbox.apiserver.objects.selectors import matches
from sandbox.apiserver.printers.table_cells import selector_text
from sandbox.apiserver.storage import cascade
from sandbox.apiserver.storage.store import Store

_BLOCKED = "Cannot evict pod as it would violate the pod's disruption budget."
_SEVERAL = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."


def scale_of(obj: Json) -> Json:
    """Return a workload's present and desired number of replicas, as autoscaling/v1 Scale."""
    metadata = {key: obj["metadata"][key] for key in ("name", "namespace", "uid", "resourceVersion")}
    metadata["creationTimestamp"] = obj["metadata"]["creationTimestamp"]
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": metadata,
        "spec": {"replicas": at(obj, "spec", "replicas") or 0},
        "status": {
            "replicas": at(obj, "status", "replicas") or 0,
            "selector": selector_text(at(obj, "spec", "selector")),
        },
    }


def rescale(store: Store, kind: Kind, obj: Json, scale: Json, *, dry_run: bool) -> Json:
    """Write a Scale back. Raise ApiError 409 for an old resourceVersion, 422 for a negative number."""
    replicas = at(scale, "spec", "replicas")
    replicas = 0 if replicas is None else replicas
    if not isinstance(replicas, int) or isinstance(replicas, bool):
        raise bad_request('Scale in version "v1" cannot be handled as a Scale: json: spec.replicas of type int32')
    if replicas < 0:
        why = "must be greater than or equal to 0"
        raise invalid(kind, obj["metadata"]["name"], [Cause.invalid("spec.replicas", replicas, why)])
    new = copy_json(obj)
    new["spec"]["replicas"] = replicas
    version = at(scale, "metadata", "resourceVersion")
    if version:
        new["metadata"]["resourceVersion"] = version
    return scale_of(store.replace(kind, new, dry_run=dry_run))


def evict(store: Store, pod: Json, deletion: cascade.Deletion) -> None:
    """Delete a pod if its disruption budget allows.

    Raise ApiError 429 if it does not, 500 if several budgets are for that pod.
    """
    metadata = pod["metadata"]
    budgets = [one for one in store.list(POD_DISRUPTION_BUDGET, metadata["namespace"]) if _covers(one, pod)]
    if len(budgets) > 1:
        raise internal(_SEVERAL)
    if budgets and _is_ready(pod):
        _check_budget(store, budgets[0])
    cascade.delete(store, POD, metadata["namespace"], metadata["name"], deletion)


def _covers(budget: Json, pod: Json) -> bool:
    selector = at(budget, "spec", "selector")
    return isinstance(selector, dict) and matches(selector, pod["metadata"].get("labels") or {})


def _check_budget(store: Store, budget: Json) -> None:
    pods = [pod for pod in store.list(POD, budget["metadata"]["namespace"]) if _covers(budget, pod)]
    healthy = sum(1 for pod in pods if _is_ready(pod) and not pod["metadata"].get("deletionTimestamp"))
    needed = _needed(budget["spec"], len(pods))
    if healthy - 1 < needed:
        name = budget["metadata"]["name"]
        message = f"The disruption budget {name} needs {needed} healthy pods and has {healthy} currently"
        raise too_many_requests(_BLOCKED, [Cause("DisruptionBudget", message, "")])


def _needed(spec: Json, expected: int) -> int:
    if spec.get("minAvailable") is not None:
        return _share(spec["minAvailable"], expected)
    return expected - _share(spec.get("maxUnavailable", 0), expected)


def _share(amount: int | str, of: int) -> int:
    """Return a number, or a percentage rounded up."""
    if isinstance(amount, int):
        return amount
    part = Decimal(amount.rstrip("%")) * of / 100
    return int(part.to_integral_value(ROUND_CEILING))


def _is_ready(pod: Json) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return any(one.get("type") == "Ready" and one.get("status") == "True" for one in conditions)
