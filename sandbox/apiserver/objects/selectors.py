"""Label and field selectors: those of queries ("app=hub,tier in (a,b)") and those inside objects."""

import re
from collections.abc import Callable, Iterable, Mapping

from sandbox.apiserver.objects.errors import bad_request
from sandbox.apiserver.objects.json_objects import at
from sandbox.apiserver.objects.resource_kinds import EVENT, POD, Json, Kind

Test = Callable[[Json], bool]

_SPLIT = re.compile(r",(?![^(]*\))")
_KEY = r"[A-Za-z0-9]([-A-Za-z0-9_./]*[A-Za-z0-9])?"
_SET = re.compile(rf"(?P<key>{_KEY})\s+(?P<op>in|notin)\s*\((?P<values>[^()]*)\)")
_EQUAL = re.compile(rf"(?P<key>{_KEY})\s*(?P<op>==|=|!=)\s*(?P<value>[-A-Za-z0-9_.]*)")
_EXISTS = re.compile(rf"(?P<not>!?)\s*(?P<key>{_KEY})")
_FIELD = re.compile(r"(?P<key>[^=!]+)(?P<op>==|=|!=)(?P<value>.*)")

_EVERY_KIND = ("metadata.name", "metadata.namespace")
_FIELDS: dict[str, tuple[str, ...]] = {
    "Pod": (
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "spec.hostNetwork",
        "status.phase",
        "status.podIP",
        "status.nominatedNodeName",
    ),
    "Event": (
        "involvedObject.kind",
        "involvedObject.namespace",
        "involvedObject.name",
        "involvedObject.uid",
        "involvedObject.apiVersion",
        "involvedObject.resourceVersion",
        "involvedObject.fieldPath",
        "reason",
        "reportingComponent",
        "source",
        "type",
    ),
    "Secret": ("type",),
    "Namespace": ("status.phase",),
    "Node": ("spec.unschedulable",),
    "ReplicaSet": ("status.replicas",),
    "Job": ("status.successful",),
    "Service": ("spec.clusterIP", "spec.type"),
}


def label_test(selector: str) -> Test | None:
    """Return a test of an object's labels, None for an empty selector. Raise ApiError 400 if it cannot be parsed."""
    tests = [_requirement(part.strip(), selector) for part in _SPLIT.split(selector) if part.strip()]
    if not tests:
        return None

    def test(obj: Json) -> bool:
        labels = obj["metadata"].get("labels") or {}
        return all(one(labels) for one in tests)

    return test


def _requirement(text: str, selector: str) -> Callable[[Mapping[str, str]], bool]:
    if match := _SET.fullmatch(text):
        values = [value.strip() for value in match["values"].split(",")]
        return _operator({"in": "In", "notin": "NotIn"}[match["op"]], match["key"], values)
    if match := _EQUAL.fullmatch(text):
        return _operator("NotIn" if match["op"] == "!=" else "In", match["key"], [match["value"]])
    if match := _EXISTS.fullmatch(text):
        return _operator("DoesNotExist" if match["not"] else "Exists", match["key"], [])
    raise bad_request(f'unable to parse requirement: found "{text}" in "{selector}"')


def _operator(operator: str, key: str, values: Iterable[str]) -> Callable[[Mapping[str, str]], bool]:
    """Return a test for one of the four operators; a missing label satisfies NotIn, as in Kubernetes."""
    allowed = frozenset(values)
    tests: dict[str, Callable[[Mapping[str, str]], bool]] = {
        "In": lambda labels: key in labels and labels[key] in allowed,
        "NotIn": lambda labels: key not in labels or labels[key] not in allowed,
        "Exists": lambda labels: key in labels,
        "DoesNotExist": lambda labels: key not in labels,
    }
    if operator not in tests:
        raise bad_request(f'"{operator}" is not a valid label selector operator')
    return tests[operator]


def matches(selector: Json, labels: Mapping[str, str]) -> bool:
    """Return True if labels satisfy a selector as objects carry it: matchLabels and matchExpressions.

    An empty selector matches everything.
    """
    for key, value in (selector.get("matchLabels") or {}).items():
        if labels.get(key) != value:
            return False
    return all(
        _operator(one["operator"], one["key"], one.get("values") or [])(labels)
        for one in selector.get("matchExpressions") or ()
    )


def field_test(kind: Kind, selector: str) -> Test | None:
    """Return a test of an object's fields, None for an empty selector.

    Raise ApiError 400 for fields that Kubernetes does not select that kind by.
    """
    tests = [_field(kind, part) for part in selector.split(",") if part]
    if not tests:
        return None
    return lambda obj: all(test(obj) for test in tests)


def exact_name(selector: str) -> str | None:
    """Return the one name that a field selector asks for, None if it does not ask for one."""
    for part in selector.split(","):
        match = _FIELD.fullmatch(part)
        if match and match["key"].strip() == "metadata.name" and match["op"] != "!=":
            return match["value"]
    return None


def _field(kind: Kind, text: str) -> Test:
    match = _FIELD.fullmatch(text)
    if match is None:
        raise bad_request(f"invalid selector: '{text}'; can't understand '{text}'")
    key, wanted, negated = match["key"].strip(), match["value"], match["op"] == "!="
    if key not in (*_EVERY_KIND, *_FIELDS.get(kind.kind, ())):
        raise bad_request(
            f'Unable to find "{kind.version}, Resource={kind.plural}" that match label selector "", '
            f'field selector "{text}": field label not supported: {key}'
        )
    read = _reader(kind, key)
    return lambda obj: (read(obj) == wanted) != negated


def _reader(kind: Kind, key: str) -> Callable[[Json], str]:
    path = key.split(".")
    if kind is EVENT and key == "source":
        path = ["source", "component"]
    truth = kind is POD and key == "spec.hostNetwork"

    def read(obj: Json) -> str:
        value = at(obj, *path)
        if isinstance(value, bool):
            return str(value).lower()
        if value is None:
            return "false" if truth or key == "spec.unschedulable" else ""
        return str(value)

    return read
