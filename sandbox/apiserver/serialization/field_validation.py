"""Holds what clients send against the known fields: wrong types are refused, unknown names reported.

The tables are those of the protobuf form, which name the same fields; kinds without one are looked at less closely.
"""

from functools import cache

from sandbox.apiserver.objects.errors import bad_request
from sandbox.apiserver.objects.quantities import is_quantity
from sandbox.apiserver.objects.resource_kinds import Json, Kind
from sandbox.apiserver.serialization.protobuf_schema import Field, messages

_NUMBERS = ("int", "count")
_TRUTHS = ("bool", "flag")
_TEXTS = ("string", "text", "bytes", "Time", "MicroTime")
_UNCHECKED = {"status", "managedFields", "selfLink"}
# Volume plug-ins without a table are let through unseen.
_OPEN = {"Volume", "VolumeSource"}


def examine(kind: Kind, obj: Json) -> list[str]:
    """Return the paths of fields that the kind does not have, and remove nulls from `obj`: absence means the same.

    Raise ApiError 400 where a value has another type than its field.
    """
    unknown: list[str] = []
    if kind.kind in messages():
        _Examination(kind, unknown).message(kind.kind, obj, "")
    else:
        _Examination(kind, unknown).loosely(obj)
    return [path for path in unknown if path not in ("kind", "apiVersion")]


class _Examination:
    def __init__(self, kind: Kind, unknown: list[str]) -> None:
        self._kind = kind
        self._unknown = unknown

    def loosely(self, obj: Json) -> None:
        for name in ("metadata", "spec", "status"):
            if obj.get(name) is None:
                obj.pop(name, None)
            elif not isinstance(obj[name], dict):
                raise self._mistyped(obj[name], name, "object")
        self.message("ObjectMeta", obj.get("metadata", {}), "metadata")

    def message(self, name: str, value: Json, path: str) -> None:
        fields = _named(name)
        for key in list(value):
            here = f"{path}.{key}" if path else key
            if value[key] is None:
                del value[key]
            elif key in fields:
                self._field(fields[key], value[key], here)
            elif key not in _UNCHECKED and name not in _OPEN:
                self._unknown.append(here)

    def _field(self, field: Field, value: object, path: str) -> None:
        if field.shape == "list":
            if not isinstance(value, list):
                raise self._mistyped(value, path, "array")
            for index, item in enumerate(value):
                self._one(field.type, item, f"{path}[{index}]")
        elif field.shape == "map":
            if not isinstance(value, dict):
                raise self._mistyped(value, path, "object")
            for key, item in value.items():
                self._one(field.type, item, f"{path}.{key}")
        else:
            self._one(field.type, value, path)

    def _one(self, expected: str, value: object, path: str) -> None:
        if expected in _TEXTS:
            fits = isinstance(value, str)
        elif expected in _NUMBERS:
            fits = isinstance(value, int) and not isinstance(value, bool)
        elif expected in _TRUTHS:
            fits = isinstance(value, bool)
        elif expected in ("Quantity", "IntOrString"):
            fits = isinstance(value, (str, int, float)) and not isinstance(value, bool)
            if fits and expected == "Quantity" and not is_quantity(str(value)):
                raise self._unparsed()
        else:
            fits = isinstance(value, dict)
        if not fits:
            raise self._mistyped(value, path, expected)
        if isinstance(value, dict) and expected in messages():
            self.message(expected, value, path)

    def _unparsed(self) -> Exception:
        # apimachinery, pkg/api/resource/quantity.go: ErrFormatWrong.
        form = r"^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$"
        its = f'{self._kind.kind} in version "{self._kind.version}" cannot be handled as a {self._kind.kind}'
        return bad_request(f"{its}: quantities must match the regular expression '{form}'")

    def _mistyped(self, value: object, path: str, expected: str) -> Exception:
        found = {bool: "bool", str: "string", int: "number", float: "number", list: "array", dict: "object"}
        message = (
            f'{self._kind.kind} in version "{self._kind.version}" cannot be handled as a {self._kind.kind}: json: '
            f"cannot unmarshal {found.get(type(value), 'null')} into Go struct field {path} of type {expected}"
        )
        return bad_request(message)


@cache
def _named(message: str) -> dict[str, Field]:
    """Return the fields of a message by name, with those of inlined messages."""
    fields: dict[str, Field] = {}
    for field in messages()[message].values():
        fields.update(_named(field.type) if field.shape == "inline" else {field.name: field})
    return fields
