"""Storage classes that values name and the cluster does not have: no volume of them is ever made. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from clients.kube import StorageClass
from commands.values.schema_errors import SchemaViolation, violation_at

_HOMES: Final = ("singleuser", "storage")
_DATABASE: Final = ("hub", "db")
_NAMED: Final = 6


def missing_classes(values: Mapping[str, object], classes: Sequence[StorageClass]) -> tuple[SchemaViolation, ...]:
    """Return the paths, in values merged with the chart's defaults, whose storage class is not there."""
    if not classes:
        # A cluster whose volumes are all made by hand.
        return ()
    return tuple(violation_at(path, why) for path, why in _missing(values, classes))


def _missing(values: Mapping[str, object], classes: Sequence[StorageClass]) -> Iterator[tuple[tuple[str, ...], str]]:
    known = {one.name for one in classes}
    there = f"the cluster has {', '.join(sorted(known)[:_NAMED])}"
    for path, whose in _used(values):
        named = _at(values, path)
        if isinstance(named, str) and named and named not in known:
            yield path, f"names no storage class of the cluster, so {whose} would be made: {there}"
        elif named is None and not any(one.is_default for one in classes):
            yield path, f"is not set, and the cluster has no default storage class, so {whose} would be made: {there}"


def _used(values: Mapping[str, object]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the paths of classes of which volumes are made by these values, with what would not be made."""
    if _at(values, (*_HOMES, "type")) == "dynamic":
        yield (*_HOMES, "dynamic", "storageClass"), "no home of a new user"
    if _at(values, (*_DATABASE, "type")) == "sqlite-pvc":
        yield (*_DATABASE, "pvc", "storageClassName"), "no volume for the hub’s database"


def _at(values: object, path: Sequence[str]) -> object:
    for name in path:
        values = values.get(name) if isinstance(values, Mapping) else None
    return values
