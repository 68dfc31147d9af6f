"""The fit of a pod and a node: taints, selectors, affinity, room. Pure; the words are the scheduler's own.

After Kubernetes 1.32, pkg/scheduler/framework/plugins.
"""

from collections.abc import Iterator, Mapping

from sandbox.apiserver.objects.json_objects import at, list_at
from sandbox.apiserver.objects.quantities import amount
from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.runtime.pod_facts import Amounts

UNSCHEDULABLE_TAINT = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
_CORDONED = "node(s) were unschedulable"
_NO_MATCH = "node(s) didn't match Pod's node affinity/selector"
_KEEPS_AWAY = ("NoSchedule", "NoExecute")


def objections(pod: Json, node: Json, requests: Amounts, used: Amounts) -> list[str]:
    """Return the reasons against placing the pod, with its requests, on the node, with so much taken; [] if none."""
    return [refusal] if (refusal := refused(pod, node)) else list(_no_room(node, requests, used))


def refused(pod: Json, node: Json) -> str:
    """Return the reason why the node refuses the pod, apart from its room; "" if there is none."""
    if at(node, "spec", "unschedulable") and not tolerates(pod, UNSCHEDULABLE_TAINT):
        return _CORDONED
    taint = untolerated(pod, node, _KEEPS_AWAY)
    if taint is not None:
        return f"node(s) had untolerated taint {{{taint['key']}: {taint.get('value') or ''}}}"
    return "" if selects(pod, node) else _NO_MATCH


def untolerated(pod: Json, node: Json, effects: tuple[str, ...]) -> Json | None:
    """Return the first taint with one of these effects that the pod does not tolerate, None if there is none."""
    taints = (taint for taint in list_at(node, "spec", "taints") if taint.get("effect") in effects)
    return next((taint for taint in taints if not tolerates(pod, taint)), None)


def tolerates(pod: Json, taint: Mapping[str, object]) -> bool:
    """Return True if one of the pod's tolerations covers the taint."""
    return any(covers(toleration, taint) for toleration in list_at(pod, "spec", "tolerations"))


def covers(toleration: Json, taint: Mapping[str, object]) -> bool:
    """Return True if the toleration covers the taint."""
    if toleration.get("effect") and toleration["effect"] != taint.get("effect"):
        return False
    key = toleration.get("key")
    if toleration.get("operator") == "Exists":
        return not key or key == taint.get("key")
    return key == taint.get("key") and (toleration.get("value") or "") == (taint.get("value") or "")


def selects(pod: Json, node: Json) -> bool:
    """Return True if the pod's nodeSelector and required node affinity allow the node."""
    labels = node["metadata"].get("labels") or {}
    wanted = pod["spec"].get("nodeSelector") or {}
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    required = at(pod, "spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
    if not isinstance(required, dict):
        return True
    return any(_meets(term, node) for term in required.get("nodeSelectorTerms") or ())


def preference(pod: Json, node: Json) -> int:
    """Return the sum of the weights of the preferred node affinities that the node meets."""
    preferred = at(pod, "spec", "affinity", "nodeAffinity", "preferredDuringSchedulingIgnoredDuringExecution")
    terms = preferred if isinstance(preferred, list) else []
    return sum(int(one.get("weight", 1)) for one in terms if _meets(one.get("preference") or {}, node))


def allocatable(node: Json) -> Amounts:
    """Return the node's allocatable amounts."""
    given = at(node, "status", "allocatable") or at(node, "status", "capacity")
    has = given if isinstance(given, dict) else {}
    pods = int(amount(str(has.get("pods", "110"))))
    return Amounts(amount(str(has.get("cpu", "0"))), amount(str(has.get("memory", "0"))), pods)


def _no_room(node: Json, requests: Amounts, used: Amounts) -> Iterator[str]:
    has = allocatable(node)
    if used.pods + requests.pods > has.pods:
        yield "Too many pods"
    if requests.cpu and used.cpu + requests.cpu > has.cpu:
        yield "Insufficient cpu"
    if requests.memory and used.memory + requests.memory > has.memory:
        yield "Insufficient memory"


def _meets(term: Json, node: Json) -> bool:
    expressions, fields = term.get("matchExpressions") or (), term.get("matchFields") or ()
    if not expressions and not fields:
        return False
    labels = node["metadata"].get("labels") or {}
    about = {"metadata.name": node["metadata"]["name"]}
    return all(_holds(one, labels) for one in expressions) and all(_holds(one, about) for one in fields)


def _holds(requirement: Json, labels: Mapping[str, str]) -> bool:
    value, values = labels.get(requirement["key"]), requirement.get("values") or []
    match requirement["operator"]:
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case "Gt" | "Lt" as operator:
            return _compares(operator, value, values)
    return False


def _compares(operator: str, value: str | None, values: list[str]) -> bool:
    if value is None or not value.isdecimal() or len(values) != 1 or not values[0].isdecimal():
        return False
    return int(value) > int(values[0]) if operator == "Gt" else int(value) < int(values[0])
