"""Which values come back with an earlier revision, and which secrets of today would be lost by that. Pure.

Secrets are known by the names they stand under, as `release_secrets` knows them, and by looking like one: an address
of a database with its password stands under `url`.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from cards.views import Difference
from commands.redaction import Redactor
from commands.release import with_value
from commands.release_secrets import is_secret_name

Path = tuple[str, ...]

_GROUPS: Final = ("secrets", "tokens", "passwords", "credentials", "keys")
_LONGEST: Final = 100
_NONE: Final = "–"
_HIDDEN: Final = "[hidden]"


def coming_back(now: Mapping[str, object], then: Mapping[str, object]) -> tuple[Difference, ...]:
    """Every value that differs, by path, secrets hidden."""
    before, after = dict(_leaves(now)), dict(_leaves(then))
    paths = sorted({*before, *after})
    return tuple(_difference(path, before, after) for path in paths if not _same(path, before, after))


def renewed_since(now: Mapping[str, object], then: Mapping[str, object]) -> tuple[Path, ...]:
    """The secrets that both have and that are others by now: a rollback as it is would bring the old ones back."""
    before, after = dict(_leaves(now)), dict(_leaves(then))
    return tuple(sorted(path for path in {*before} & {*after} if _is_secret(path) and not _same(path, before, after)))


def with_secrets_of(then: Mapping[str, object], now: Mapping[str, object], paths: Sequence[Path]) -> dict[str, object]:
    """The values of then with the secrets at these paths as they are now."""
    values, current = dict(then), dict(_leaves(now))
    for path in paths:
        values = with_value(values, path, current[path])
    return values


def dotted(path: Path) -> str:
    """A path as people write it."""
    return ".".join(path)


def _leaves(node: object, path: Path = ()) -> Iterator[tuple[Path, object]]:
    if isinstance(node, Mapping) and node:
        for name, child in node.items():
            yield from _leaves(child, (*path, str(name)))
    elif path:
        yield path, node


def _same(path: Path, before: Mapping[Path, object], after: Mapping[Path, object]) -> bool:
    # In Python 1 is True and 1.0 is 1; in values none of them means the other.
    written = [json.dumps(values[path], sort_keys=True) if path in values else None for values in (before, after)]
    return written[0] == written[1]


def _is_secret(path: Path) -> bool:
    return is_secret_name(path[-1]) or any(part.lower() in _GROUPS for part in path[:-1])


def _difference(path: Path, before: Mapping[Path, object], after: Mapping[Path, object]) -> Difference:
    old, new = (_shown(path, values) for values in (before, after))
    return Difference(dotted(path), old, f"{new}, another" if new == _HIDDEN == old else new)


def _shown(path: Path, values: Mapping[Path, object]) -> str:
    if path not in values:
        return _NONE
    value = values[path]
    if _is_secret(path) or _holds_secret(value):
        return _HIDDEN
    if isinstance(value, str) and len(value.splitlines()) > 1:
        # What is written over several lines is a program or a file: it may hold anything.
        return f"text of {len(value.splitlines())} lines"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if Redactor().line(text) != text:
        return _HIDDEN
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _holds_secret(value: object) -> bool:
    """Whether a list has anything in it that stands under a secret's name."""
    if isinstance(value, Mapping):
        named = is_secret_name(str(value.get("name", ""))) and "value" in value
        return named or any(is_secret_name(str(name)) or _holds_secret(child) for name, child in value.items())
    return isinstance(value, list) and any(_holds_secret(child) for child in value)
