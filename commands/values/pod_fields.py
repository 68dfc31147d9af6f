"""Checks of Helm values that end up in a pod as they are: labels, variables, resources, tolerations. Pure."""

from collections.abc import Iterator, Mapping
from typing import Final

from clients.values import Path
from commands.values import formats
from commands.values.schema_errors import SchemaViolation, violation_at


def texts(path: Path, node: object) -> Iterator[SchemaViolation]:
    """Yield the labels, annotations or selectors that are no strings, which Kubernetes refuses: `true` and `1`, too."""
    for name, value in node.items() if isinstance(node, Mapping) else ():
        if isinstance(value, bool | int | float):
            yield violation_at((*path, str(name)), "must be a text: put it in quotation marks")
        elif value is not None and not isinstance(value, str):
            yield violation_at((*path, str(name)), "must be a text")


def environment(path: Path, node: object) -> Iterator[SchemaViolation]:
    """Yield the variables that are no strings, from a mapping or a list: each start fails with a number."""
    if isinstance(node, Mapping):
        plain = {name: value for name, value in node.items() if not isinstance(value, Mapping)}
        yield from texts(path, plain)
        for name, value in node.items():
            if isinstance(value, Mapping):
                yield from texts((*path, str(name)), {"value": value.get("value")})
    for index, one in enumerate(node) if isinstance(node, list) else ():
        if isinstance(one, Mapping):
            yield from texts((*path, index), {"value": one.get("value")})


def quantities(path: Path, node: object) -> Iterator[SchemaViolation]:
    """Yield the entries of a mapping of resources that are no quantities."""
    for name, value in node.items() if isinstance(node, Mapping) else ():
        check = formats.memory_size if name in ("memory", "storage", "ephemeral-storage") else formats.size
        if value is not None and (why := check(value)):
            yield violation_at((*path, str(name)), why)


_EFFECTS: Final = (None, "", "NoSchedule", "PreferNoSchedule", "NoExecute")
_OPERATORS: Final = (None, "", "Exists", "Equal", "Lt", "Gt")


def tolerations(path: Path, node: object) -> Iterator[SchemaViolation]:
    """Yield what Kubernetes would refuse in a list of tolerations."""
    for index, one in enumerate(node) if isinstance(node, list) else ():
        item = (*path, index)
        if not isinstance(one, Mapping):
            yield violation_at(item, "must be a toleration: names such as key, operator and effect")
            continue
        if one.get("effect") not in _EFFECTS:
            yield violation_at((*item, "effect"), "must be NoSchedule, PreferNoSchedule or NoExecute")
        if one.get("operator") not in _OPERATORS:
            yield violation_at((*item, "operator"), "must be Exists or Equal")
        if one.get("operator") == "Exists" and one.get("value") not in (None, ""):
            yield violation_at((*item, "value"), "must be empty where the operator is Exists")
        yield from texts(item, {name: one.get(name) for name in ("key", "value")})
