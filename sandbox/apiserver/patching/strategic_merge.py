"""Strategic merge patches: JSON merge patches that know which lists are maps in disguise.

The merge keys are the patchMergeKey tags of Kubernetes 1.32's API types; the directives are those of its
apimachinery (strategicpatch).
"""

from collections.abc import Iterable

from sandbox.apiserver.objects.errors import bad_request
from sandbox.apiserver.objects.json_objects import copy_json
from sandbox.apiserver.objects.resource_kinds import SERVICE, Json, Kind

_MERGE_KEYS = {
    "addresses": "type",
    "conditions": "type",
    "containers": "name",
    "env": "name",
    "ephemeralContainers": "name",
    "hostAliases": "ip",
    "hostIPs": "ip",
    "imagePullSecrets": "name",
    "initContainers": "name",
    "ownerReferences": "uid",
    "podIPs": "ip",
    "resourceClaims": "name",
    "schedulingGates": "name",
    "secrets": "name",
    "topologySpreadConstraints": "topologyKey",
    "volumeDevices": "devicePath",
    "volumeMounts": "mountPath",
    "volumes": "name",
}
_SETS = {"finalizers", "podCIDRs"}
_CONTAINERS = ("containers", "initContainers", "ephemeralContainers")

_ORDER = "$setElementOrder/"
_WITHOUT = "$deleteFromPrimitiveList/"
_RETAIN = "$retainKeys"
_PATCH = "$patch"


def strategic_merge(kind: Kind, current: Json, patch: Json) -> Json:
    """Return a new object: `current` changed as `patch` says. Raise ApiError 400 for a malformed patch."""
    return _Merge(kind).objects(copy_json(current), patch, "")


class _Merge:
    def __init__(self, kind: Kind) -> None:
        self._kind = kind

    def objects(self, current: Json, patch: Json, parent: str) -> Json:
        """Change `current` in place; `parent` is the field that holds it."""
        directive = patch.get(_PATCH)
        if directive == "delete":
            return {}
        if directive == "replace":
            return self._cleaned({key: value for key, value in patch.items() if key != _PATCH}, parent)
        if _RETAIN in patch:
            current = {key: value for key, value in current.items() if key in patch[_RETAIN]}
        for key, value in patch.items():
            if key.startswith(_WITHOUT):
                self._take_out(current, key.removeprefix(_WITHOUT), value)
            elif not key.startswith("$"):
                self._field(current, key, value, patch, parent)
        return current

    def _field(self, current: Json, key: str, value: object, patch: Json, parent: str) -> None:
        if value is None:
            current.pop(key, None)
        elif isinstance(value, dict):
            before = current.get(key)
            current[key] = self.objects(before if isinstance(before, dict) else {}, value, key)
        elif isinstance(value, list):
            before = current.get(key)
            order = patch.get(_ORDER + key)
            current[key] = self._list(before if isinstance(before, list) else [], value, key, parent, order)
        else:
            current[key] = value

    def _list(
        self, current: list[object], patch: list[object], field: str, parent: str, order: list[object] | None
    ) -> list[object]:
        if field in _SETS and all(isinstance(item, str) for item in patch):
            return [*current, *(item for item in patch if item not in current)]
        merge_key = self._merge_key(field, parent)
        if merge_key is None or not all(isinstance(item, dict) for item in [*current, *patch]):
            return [self._cleaned(item, field) if isinstance(item, dict) else item for item in patch]
        return list(self._keyed(_dicts(current), _dicts(patch), field, merge_key, order))

    def _keyed(
        self, current: list[Json], patch: list[Json], field: str, merge_key: str, order: list[object] | None
    ) -> Iterable[Json]:
        if any(item.get(_PATCH) == "replace" for item in patch):
            return [self._cleaned(item, field) for item in patch if item.get(_PATCH) != "replace"]
        merged = {_key_of(item, merge_key, field): item for item in current}
        for item in patch:
            key = _key_of(item, merge_key, field)
            if item.get(_PATCH) == "delete":
                merged.pop(key, None)
            else:
                merged[key] = self.objects(merged.get(key, {}), item, field)
        if order is None:
            return merged.values()
        return _ordered(merged, [_key_of(item, merge_key, field) for item in current], order, merge_key)

    def _merge_key(self, field: str, parent: str) -> str | None:
        if field != "ports":
            return _MERGE_KEYS.get(field)
        if parent in _CONTAINERS:
            return "containerPort"
        return "port" if self._kind is SERVICE else None

    def _cleaned(self, value: Json, parent: str) -> Json:
        """Return a new part without directives and without nulls, which only mean deletion."""
        return self.objects({}, value, parent)

    @staticmethod
    def _take_out(current: Json, field: str, values: list[object]) -> None:
        if isinstance(current.get(field), list):
            current[field] = [item for item in current[field] if item not in values]


def _dicts(items: list[object]) -> list[Json]:
    return [item for item in items if isinstance(item, dict)]


def _key_of(item: Json, merge_key: str, field: str) -> object:
    if merge_key not in item:
        raise bad_request(f"map: {item} does not contain declared merge key: {merge_key} (in {field})")
    key: object = item[merge_key]
    if isinstance(key, (dict, list)):
        raise bad_request(f"invalid merge key {merge_key} in {field}: {key}")
    return key


def _ordered(merged: dict[object, Json], before: list[object], order: list[object], merge_key: str) -> list[Json]:
    """Return the items in the patch's order; items that only the server has stay before their old successors."""
    wanted = [item.get(merge_key) if isinstance(item, dict) else item for item in order]
    named = [key for key in wanted if key in merged]
    others = [key for key in before if key in merged and key not in wanted]
    others += [key for key in merged if key not in named and key not in others]
    place = {key: index for index, key in enumerate(before)}
    result: list[object] = []
    while others and named:
        first, second = place.get(others[0]), place.get(named[0])
        goes_first = first is not None and second is not None and first < second
        result.append(others.pop(0) if goes_first else named.pop(0))
    return [merged[key] for key in (*result, *named, *others)]
