"""Differences between two manifests: objects created, changed or removed, and the fields that differ. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from commands.release.manifest_objects import BOOKKEEPING, CHECKSUM, Objects, Ref

_ABSENT: Final = object()
# Deeper than any object: what is nested deeper is compared as one value.
_DEEPEST: Final = 30


class ChangeKind(Enum):
    """A kind of change of an object."""

    CREATED = "created"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True)
class FieldDifference:
    """A place at which two versions of an object differ. The values may hold anything: never show them."""

    path: tuple[str, ...]
    before: object = field(repr=False)
    after: object = field(repr=False)

    def within(self, *path: str) -> bool:
        """Return True if the place is at `path` or below it."""
        return self.path[: len(path)] == path


@dataclass(frozen=True)
class ObjectChange:
    """A change of one object. `component` is z2jh's name of the part of the hub that it belongs to."""

    ref: Ref
    what: ChangeKind
    component: str
    places: tuple[FieldDifference, ...] = ()

    @property
    def restarts(self) -> bool:
        """True if pods are replaced because of the change."""
        return self.what is ChangeKind.CHANGED and any(place.within("spec", "template") for place in self.places)

    def at(self, *path: str) -> FieldDifference | None:
        """Return the first place at `path` or below it, or None."""
        return next((place for place in self.places if place.within(*path)), None)


def compare(before: Objects, after: Objects) -> tuple[ObjectChange, ...]:
    """Return the change of each object that does not stay as it is, by kind and name; Secrets last.

    Labels with the chart's version are ignored, except on pods.
    """
    changes = [_one(ref, before.found.get(ref), after.found.get(ref)) for ref in {**before.found, **after.found}]
    return (*sorted((one for one in changes if one), key=lambda one: one.ref), *_secrets(before, after))


def _one(ref: Ref, old: Mapping[str, object] | None, new: Mapping[str, object] | None) -> ObjectChange | None:
    component = _component(new or old or {})
    if old is None or new is None:
        return ObjectChange(ref, ChangeKind.CREATED if old is None else ChangeKind.REMOVED, component)
    places = tuple(place for place in _differing((), old, new) if not _is_bookkeeping(place))
    return ObjectChange(ref, ChangeKind.CHANGED, component, places) if places else None


def _component(content: Mapping[str, object]) -> str:
    labels = _at(content, "metadata", "labels")
    if not isinstance(labels, Mapping):
        return ""
    return str(labels.get("component") or labels.get("app.kubernetes.io/component") or "")


def _at(content: object, *path: str) -> object:
    for name in path:
        content = content.get(name) if isinstance(content, Mapping) else None
    return content


def _is_bookkeeping(place: FieldDifference) -> bool:
    return place.path[:2] == ("metadata", "labels") and place.path[-1] in BOOKKEEPING


def _differing(path: tuple[str, ...], old: object, new: object) -> Iterator[FieldDifference]:
    if len(path) < _DEEPEST and isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in dict.fromkeys((*old, *new)):
            yield from _differing((*path, str(name)), old.get(name, _ABSENT), new.get(name, _ABSENT))
    elif len(path) < _DEEPEST and _are_named(old) and _are_named(new):
        yield from _differing(path, _by_name(old), _by_name(new))
    elif old != new:
        yield FieldDifference(path, None if old is _ABSENT else old, None if new is _ABSENT else new)


def _are_named(node: object) -> bool:
    """Return True for a list whose items have unique names, as containers, volumes and variables have."""
    if not isinstance(node, list) or not node:
        return False
    names = [one.get("name") if isinstance(one, Mapping) else None for one in node]
    return all(isinstance(name, str) for name in names) and len(set(names)) == len(names)


def _by_name(node: object) -> Mapping[str, object]:
    return {str(one["name"]): one for one in node} if isinstance(node, Sequence) else {}


def _secrets(before: Objects, after: Objects) -> Iterator[ObjectChange]:
    """Yield Secrets that are created or removed, by their templates: helm hides even their names."""
    old, new = {source for source, _ in before.secrets}, {source for source, _ in after.secrets}
    for source, name in before.secrets:
        if source not in new:
            yield ObjectChange(Ref("Secret", name or source), ChangeKind.REMOVED, "")
    for source in sorted(new - old):
        yield ObjectChange(Ref("Secret", f"of {source}"), ChangeKind.CREATED, "")


def has_secret_changed(change: ObjectChange) -> bool:
    """Return True if the object's pods are replaced because a Secret that they read has other contents."""
    return any(is_secret_checksum(place.path[-1]) for place in change.places)


def is_secret_checksum(name: str) -> bool:
    """Return True for a checksum of a secret: `checksum/secret`, and the proxy's `checksum/auth-token`."""
    return name.startswith(CHECKSUM) and name.endswith(("secret", "token"))
