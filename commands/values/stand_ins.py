"""Stand-ins for secrets: values of the same type and shape, for a reader to which only those matter. Pure."""

from collections.abc import Mapping, Sequence

from clients.values import Path
from commands.values.opaque_values import opaque_area
from commands.values.secrets import leaves


def with_stand_ins(value: object, path: Path) -> object:
    """Return the value at a path with each secret replaced, and what may hold one: variables, files, commands."""
    return _replaced(value, path, _below(value, path))


def _below(value: object, path: Path) -> frozenset[Path]:
    """Return the paths of the secrets in a value, judged with the names that lead to it."""
    node: object = value
    for part in reversed(path):
        node = {str(part): node}
    return frozenset(leaf.path for leaf in leaves(node) if leaf.secret)


def _replaced(value: object, path: Path, secrets: frozenset[Path]) -> object:
    if isinstance(value, Mapping):
        return {str(name): _replaced(child, (*path, str(name)), secrets) for name, child in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_replaced(child, (*path, index), secrets) for index, child in enumerate(value)]
    return _stand_in(value) if path in secrets or opaque_area(path) else value


def _stand_in(value: object) -> object:
    match value:
        case bool() | None:
            return value
        case str():
            return "".join(_alike(one) for one in value)
        case int() | float():
            # Some readers take nothing for unset.
            return type(value)(bool(value))
    return value


def _alike(one: str) -> str:
    """Return a character of the same kind. A brace would begin a field that has another name now."""
    if one in "{}":
        return "-"
    return "0" if one.isdigit() else one if one.isascii() and not one.isalpha() else "x"
