"""Finds a node for each pod, or says in Kubernetes' words why there is none."""

from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal

from sandbox.engine.context import Context, claims_of, is_ending, is_over, node_works
from sandbox.kube.objects import at, list_at, timestamp
from sandbox.kube.quantities import amount
from sandbox.kube.resources import NODE, PERSISTENT_VOLUME_CLAIM, POD, Json

_UNSCHEDULABLE = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
# The node controller puts it on nodes that do not work.
_NOT_READY = {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}


def reconcile(context: Context, pod: Json) -> None:
    """Bind the pod to a node, or note why not; a pod that has one is left alone."""
    if pod["spec"].get("nodeName") or is_ending(pod) or is_over(pod):
        return
    missing = _missing_claim(context, pod)
    if missing:
        _refuse(
            context,
            pod,
            f'0/{len(context.store.list(NODE))} nodes are available: persistentvolumeclaim "{missing}" not found.',
        )
        return
    nodes = context.store.list(NODE)
    objections = {node["metadata"]["name"]: _objections(context, pod, node) for node in nodes}
    fitting = [name for name, found in objections.items() if not found]
    if fitting:
        _bind(
            context, pod, min(fitting, key=lambda name: (_unliked(pod, name, nodes), len(context.pods_on[name]), name))
        )
    else:
        _refuse(context, pod, _summary(objections))


def tolerates_and_selects(pod: Json, node: Json) -> bool:
    """Whether selector, required affinity and taints allow the pod on the node, room aside."""
    return not any(_rules(pod, node))


def _objections(context: Context, pod: Json, node: Json) -> list[str]:
    """Why not there: the first rule that forbids it, or else everything there is too little of."""
    if not node_works(node) and not _tolerates(pod, _NOT_READY):
        return [_untolerated(_NOT_READY)]
    forbidden = next(_rules(pod, node), "")
    return [forbidden] if forbidden else list(_lacks(context, pod, node))


def _rules(pod: Json, node: Json) -> Iterator[str]:
    if node["spec"].get("unschedulable") and not _tolerates(pod, _UNSCHEDULABLE):
        yield "node(s) were unschedulable"
    for taint in list_at(node, "spec", "taints"):
        if taint.get("effect") in ("NoSchedule", "NoExecute") and not _tolerates(pod, taint):
            yield _untolerated(taint)
    if not _selected(pod, node):
        yield "node(s) didn't match Pod's node affinity/selector"


def _untolerated(taint: Json) -> str:
    return f"node(s) had untolerated taint {{{taint['key']}: {taint.get('value') or ''}}}"


def _tolerates(pod: Json, taint: Json) -> bool:
    return any(_covers(toleration, taint) for toleration in list_at(pod, "spec", "tolerations"))


def _covers(toleration: Json, taint: Json) -> bool:
    if toleration.get("effect") and toleration["effect"] != taint["effect"]:
        return False
    if toleration.get("operator") == "Exists":
        return not toleration.get("key") or toleration["key"] == taint["key"]
    same_value = (toleration.get("value") or "") == (taint.get("value") or "")
    return bool(toleration.get("key") == taint["key"] and same_value)


def _selected(pod: Json, node: Json) -> bool:
    labels = node["metadata"].get("labels") or {}
    wanted = pod["spec"].get("nodeSelector") or {}
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    required = at(pod, "spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
    if required is None:
        return True
    terms = list_at(required, "nodeSelectorTerms") if isinstance(required, dict) else []
    return any(_term(term, node) for term in terms)


def _term(term: Json, node: Json) -> bool:
    labels = node["metadata"].get("labels") or {}
    fields = {"metadata.name": node["metadata"]["name"]}
    return all(_matches(one, labels) for one in term.get("matchExpressions") or ()) and all(
        _matches(one, fields) for one in term.get("matchFields") or ()
    )


def _matches(requirement: Json, labels: dict[str, str]) -> bool:
    value: str | None = labels.get(requirement["key"])
    values: list[str] = requirement.get("values") or []
    tests: dict[str, Callable[[], bool]] = {
        "In": lambda: value in values,
        "NotIn": lambda: value not in values,
        "Exists": lambda: value is not None,
        "DoesNotExist": lambda: value is None,
        "Gt": lambda: _difference(value, values) > 0,
        "Lt": lambda: _difference(value, values) < 0,
    }
    test = tests.get(requirement["operator"])
    return test is not None and bool(test())


def _difference(value: str | None, values: list[str]) -> int:
    """How much more the label says than the requirement; 0, which satisfies nothing, if one is no number."""
    try:
        return int(value or "") - int(values[0])
    except (ValueError, IndexError):
        return 0


def _lacks(context: Context, pod: Json, node: Json) -> Iterator[str]:
    there = [other for other in context.pods_on_node(node["metadata"]["name"]) if not is_over(other)]
    allocatable = at(node, "status", "allocatable")
    if not isinstance(allocatable, dict):
        return
    if len(there) + 1 > amount(str(allocatable.get("pods", "110"))):
        yield "Too many pods"
    for resource in ("cpu", "memory"):
        taken = sum(_request(other, resource) for other in there)
        needed = _request(pod, resource)
        if needed and resource in allocatable and taken + needed > amount(str(allocatable[resource])):
            yield f"Insufficient {resource}"


def _request(pod: Json, resource: str) -> float:
    """What the pod asks for: its containers together, or one init container if that asks for more."""
    initial = [_asked(one, resource) for one in pod["spec"].get("initContainers") or ()]
    return float(max(sum(_asked(one, resource) for one in pod["spec"]["containers"]), *initial, 0))


def _asked(container: Json, resource: str) -> Decimal:
    return amount(str(at(container, "resources", "requests", resource) or "0"))


def _unliked(pod: Json, name: str, nodes: list[Json]) -> bool:
    """Whether preferred affinity would rather have another node."""
    preferred = at(pod, "spec", "affinity", "nodeAffinity", "preferredDuringSchedulingIgnoredDuringExecution")
    node = next(node for node in nodes if node["metadata"]["name"] == name)
    return isinstance(preferred, list) and not all(_term(one["preference"], node) for one in preferred)


def _missing_claim(context: Context, pod: Json) -> str:
    namespace = pod["metadata"]["namespace"]
    claims = (name for name in claims_of(pod) if not context.store.find(PERSISTENT_VOLUME_CLAIM, namespace, name))
    return next(claims, "")


def _bind(context: Context, pod: Json, node: str) -> None:
    now = timestamp(context.clock.now())

    def change(new: Json) -> None:
        new["spec"]["nodeName"] = node
        status = new.setdefault("status", {})
        status["phase"] = "Pending"
        status["conditions"] = [{"type": "PodScheduled", "status": "True", "lastTransitionTime": now}]

    metadata = pod["metadata"]
    context.store.modify(POD, metadata["namespace"], metadata["name"], change)
    place = f"{metadata['namespace']}/{metadata['name']}"
    by = pod["spec"].get("schedulerName", "default-scheduler")
    context.events.record(pod, "Normal", "Scheduled", f"Successfully assigned {place} to {node}", by)


def _refuse(context: Context, pod: Json, message: str) -> None:
    now = timestamp(context.clock.now())
    said = next((c for c in list_at(pod, "status", "conditions") if c["type"] == "PodScheduled"), {})
    if said.get("message") == message:
        return

    def change(new: Json) -> None:
        refused = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
        new.setdefault("status", {})["phase"] = "Pending"
        new["status"]["conditions"] = [refused | {"lastTransitionTime": now}]

    context.store.modify(POD, pod["metadata"]["namespace"], pod["metadata"]["name"], change)
    by = pod["spec"].get("schedulerName", "default-scheduler")
    context.events.record(pod, "Warning", "FailedScheduling", message, by)


def _summary(objections: dict[str, list[str]]) -> str:
    if not objections:
        return "no nodes available to schedule pods"
    counted = Counter(objection for found in objections.values() for objection in found)
    reasons = ", ".join(sorted(f"{count} {objection}" for objection, count in counted.items()))
    return f"0/{len(objections)} nodes are available: {reasons}."
