"""Server-side apply: what is applied is merged into what there is, unless it is another manager's.

As Kubernetes does it (structured-merge-diff, merge.Updater): a field whose value is to change and that another manager
owns is a conflict; what was applied before and is not any more is removed, unless another manager owns it, too.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sandbox.apiserver.objects.errors import ApiError, field_conflict, internal
from sandbox.apiserver.objects.json_objects import copy_json
from sandbox.apiserver.objects.resource_kinds import Json, Kind
from sandbox.apiserver.ownership.field_sets import DuplicateError, Fields, element, text_of, values_of
from sandbox.apiserver.ownership.list_types import is_atomic, is_set, key_of, keys_of
from sandbox.apiserver.ownership.managed_fields import UPDATE, Entry, Writer, entries_of, given, owned_by, put


def applied(kind: Kind, live: Json | None, config: Json, writer: Writer, time: str, *, force: bool) -> Json:
    """Return a new object: `live`, which is not modified, with what `writer` applies; only that where there is none.

    Raise ApiError 409 for fields of others unless it is to `force`, 500 for a list with two items of one key.
    """
    fields = _fields_of(kind, config)
    entries = entries_of(live) if live else []
    others = [one for one in entries if one.writer != writer]
    new: Json = _object(copy_json(live) if live else {}, config, "")
    doomed = owned_by(entries, writer) - fields
    _remove(new, doomed, fields.union(*(one.fields for one in others)))
    before, after = (values_of(one) if one else {} for one in (live, new))
    changed = frozenset(path for path, value in after.items() if path not in before or before[path] != value)
    contested = [(one, one.fields & changed & fields) for one in others]
    if not force and any(theirs for _, theirs in contested):
        raise _conflict([(one, theirs) for one, theirs in contested if theirs])
    left = {one.writer: theirs for one, theirs in contested}
    kept = [replace(one, fields=(one.fields - left.get(one.writer, frozenset())) & after.keys()) for one in entries]
    put(new, given(kept, writer, fields, kind.api_version, time))
    return new


def _fields_of(kind: Kind, config: Json) -> Fields:
    try:
        return frozenset(values_of(config))
    except DuplicateError as error:
        metadata = config["metadata"]
        where = f"{metadata.get('namespace') or ''}/{metadata.get('name') or ''}"
        version = f"{kind.api_version}, Kind={kind.kind}"
        raise internal(f"failed to create typed patch object ({where}; {version}): {error}", bare=True) from None


# Merging


def _object(current: Json, config: Json, name: str) -> Json:
    for key, value in config.items():
        current[key] = _value(current.get(key), value, key, name)
    return current


def _value(current: object, value: object, name: str, parent: str) -> object:
    if isinstance(value, dict) and isinstance(current, dict) and not is_atomic(name):
        return _object(current, value, name)
    if isinstance(value, list) and isinstance(current, list):
        if is_set(name, value):
            return [*current, *(item for item in value if item not in current)]
        if value and (keys := keys_of(name, parent, [*current, *value])):
            return _items(current, value, name, keys)
    return copy_json(value)


def _items(current: list[Json], config: list[Json], name: str, keys: tuple[str, ...]) -> list[Json]:
    """Return the items in the order of what is applied; those that only the live object has come after."""
    live = {element(key): item for item in current if (key := key_of(item, keys))}
    made = [_object(live.pop(element(key_of(item, keys) or {}), {}), item, name) for item in config]
    return [*made, *live.values()]


# Removing


def _remove(obj: Json, doomed: Fields, kept: Fields) -> None:
    """Take out of an object the fields that nobody owns any more, with the objects that are empty then."""
    prefixes = {path[:length] for path in kept for length in range(1, len(path) + 1)}
    for path in sorted(doomed - prefixes, key=len):
        _take(obj, path)


def _take(value: object, path: Sequence[str], name: str = "", parent: str = "") -> None:
    first, rest = path[0], path[1:]
    if isinstance(value, dict) and first.startswith("f:"):
        field = first[2:]
        if rest and field in value:
            _take(value[field], rest, field, name)
        if field in value and (not rest or value[field] in ({}, [])):
            del value[field]
    elif isinstance(value, list):
        keys = keys_of(name, parent, value) or ()
        for item in [one for one in value if _is(one, first, keys)]:
            if rest:
                _take(item, rest, name, parent)
            else:
                value.remove(item)


def _is(item: object, wanted: str, keys: tuple[str, ...]) -> bool:
    if wanted.startswith("k:") and isinstance(item, dict) and keys:
        return element(key_of(item, keys) or {}) == wanted
    return wanted == f'v:"{item}"'


# Conflicts


def _conflict(contested: Sequence[tuple[Entry, Fields]]) -> ApiError:
    causes = [(_manager(one), text_of(path)) for one, theirs in contested for path in sorted(theirs)]
    return field_conflict(_message(causes), causes)


def _message(causes: Sequence[tuple[str, str]]) -> str:
    if len(causes) == 1:
        return f"Apply failed with 1 conflict: conflict with {causes[0][0]}: {causes[0][1]}"
    lines: list[str] = []
    for manager in sorted({manager for manager, _ in causes}):
        lines += [f"conflicts with {manager}:", *_listed(path for one, path in causes if one == manager)]
    return f"Apply failed with {len(causes)} conflicts: " + "\n".join(lines)


def _listed(paths: Iterable[str]) -> list[str]:
    return [f"- {path}" for path in paths]


def _manager(one: Entry) -> str:
    name = f'"{one.writer.name}"'
    if one.writer.subresource:
        name += f' with subresource "{one.writer.subresource}"'
    if one.writer.operation != UPDATE:
        return name
    return f"{name} using {one.api_version}" + (f" at {one.time}" if one.time else "")
