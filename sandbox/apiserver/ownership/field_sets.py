"""Sets of fields, as `metadata.managedFields` has them (FieldsV1).

A field is a path of elements: `f:name` of an object, `k:{"name":"hub"}` of an item by its keys, `v:"x"` of an item of a
set. Objects that are not empty are in no set themselves, only what is in them; items of lists are.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Final

from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.apiserver.ownership.list_types import is_atomic, is_set, key_of, keys_of

Path = tuple[str, ...]
Fields = frozenset[Path]

NONE: Final[Fields] = frozenset()
_SELF: Final = "."
# What nobody owns: the server's own, and what names the object.
_UNOWNED: Final = frozenset(
    (
        *("name", "namespace", "generateName", "uid", "resourceVersion", "generation", "creationTimestamp", "selfLink"),
        *("managedFields", "deletionTimestamp", "deletionGracePeriodSeconds"),
    )
)


class DuplicateError(Exception):
    """A list that is a map, with two items of one key. The message is the API server's."""


def owned_part(obj: Json) -> Json:
    """Return the part of an object whose fields have owners. It shares what it holds."""
    found = {key: value for key, value in obj.items() if key not in ("apiVersion", "kind", "metadata")}
    metadata = {key: value for key, value in (obj.get("metadata") or {}).items() if key not in _UNOWNED}
    return found | ({"metadata": metadata} if metadata else {})


def values_of(obj: Json) -> dict[Path, object]:
    """Return each field of an object with its value; an item's own is None. Raise DuplicateError."""
    return dict(_object(owned_part(obj), (), ""))


def _object(value: Json, path: Path, name: str) -> Iterator[tuple[Path, object]]:
    for key, inner in value.items():
        yield from _value(inner, (*path, f"f:{key}"), key, name)


def _value(value: object, path: Path, name: str, parent: str) -> Iterator[tuple[Path, object]]:
    if isinstance(value, dict) and value and not is_atomic(name):
        yield from _object(value, path, name)
    elif isinstance(value, list) and value and is_set(name, value):
        yield from (((*path, f"v:{_text(item)}"), None) for item in value)
    elif isinstance(value, list) and value and (keys := keys_of(name, parent, value)):
        yield from _items(value, path, name, keys)
    else:
        yield path, value


def _items(value: list[Json], path: Path, name: str, keys: tuple[str, ...]) -> Iterator[tuple[Path, object]]:
    seen: set[Path] = set()
    for item in value:
        key = key_of(item, keys)
        here = (*path, element(key) if key else f"i:{len(seen)}")
        if here in seen:
            raise DuplicateError(f"{text_of(path)}: duplicate entries for key {text_of(here[-1:])}")
        seen.add(here)
        yield here, None
        yield from _object(item, here, name)


def element(key: Json) -> str:
    """Return the element of an item with these keys."""
    return f"k:{_text(key)}"


def _text(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


def text_of(path: Iterable[str]) -> str:
    """Return a path as the API server words it: `.spec.template.spec.containers[name="hub"].image`."""
    return "".join(_worded(one[:2], one[2:]) for one in path)


def _worded(how: str, what: str) -> str:
    if how == "f:":
        return f".{what}"
    if how == "k:":
        return "[" + ",".join(f"{key}={_text(value)}" for key, value in json.loads(what).items()) + "]"
    return f"[={what}]" if how == "v:" else f"[{what}]"


def encode(fields: Fields) -> Json:
    """Return a set as FieldsV1."""
    root: Json = {}
    for path in sorted(fields):
        node = root
        for one in path:
            node = node.setdefault(one, {})
        node[_SELF] = {}
    _tidy(root)
    return root


def _tidy(node: Json) -> None:
    """Write a field that holds nothing else as `{}`, as Kubernetes does."""
    for inner in node.values():
        if list(inner) == [_SELF]:
            inner.clear()
        else:
            _tidy(inner)


def decode(written: object) -> Fields:
    """Return the set in FieldsV1; what is no such thing is left out."""
    return frozenset(_decoded(written, ())) if isinstance(written, dict) else NONE


def _decoded(node: Json, path: Path) -> Iterator[Path]:
    if path and (not node or _SELF in node):
        yield path
    for one, inner in node.items():
        if one != _SELF and isinstance(inner, dict):
            yield from _decoded(inner, (*path, one))
