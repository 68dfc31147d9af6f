"""What differs between two sets of a release's values, leaf by leaf, with secrets told of and never shown. Pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from commands.redaction import Redactor
from commands.release_secrets import secrets_among

NOT_SET: Final = "–"
HIDDEN: Final = "hidden"
CHANGED_HIDDEN: Final = "changed, hidden"

_LONGEST: Final = 100
_PLAIN_KEY: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
_NOTHING: Final = object()


@dataclass(frozen=True)
class ValueDifference:
    """One value that changes, as it may be shown: `before` and `after` are words, a dash where it is not set.

    `path` has a dot between names, as `helm --set` has it. Of a secret only that it changes is said.
    """

    path: str
    before: str
    after: str
    secret: bool = False


def value_differences(
    before: Mapping[str, object],
    after: Mapping[str, object],
    defaults: tuple[Mapping[str, object], Mapping[str, object]] = ({}, {}),
) -> tuple[ValueDifference, ...]:
    """Every value that is not the same in both, by path. A list is one value: helm replaces it as a whole.

    Where nobody gives a value, the one of `defaults` before and after is told as the chart's.
    """
    known = secrets_among(before) | secrets_among(after)
    hide = Redactor(known)
    changes = [
        _change(path, old, new, known, hide, tuple(_standard(path, one) for one in defaults))
        for path, old, new in _differing((), before, after)
    ]
    return tuple(sorted(changes, key=lambda one: one.path))


_Path = tuple[str, ...]


def _differing(path: _Path, before: object, after: object) -> Iterator[tuple[_Path, object, object]]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in dict.fromkeys((*before, *after)):
            yield from _differing((*path, str(name)), before.get(name, _NOTHING), after.get(name, _NOTHING))
    elif isinstance(after, Mapping) and after and before in (_NOTHING, None):
        for name, value in after.items():
            yield from _differing((*path, str(name)), _NOTHING, value)
    elif isinstance(before, Mapping) and before and after in (_NOTHING, None):
        for name, value in before.items():
            yield from _differing((*path, str(name)), value, _NOTHING)
    elif not _same(before, after):
        yield path, before, after


def _same(before: object, after: object) -> bool:
    # In Python 1 is True and 1.0 is 1; in values none of them means the other.
    if _NOTHING in (before, after):
        return before is after
    return json.dumps(before, sort_keys=True) == json.dumps(after, sort_keys=True)


def _standard(path: _Path, defaults: object) -> str:
    """What the chart itself says at the path, in words; a dash where it says nothing."""
    for name in path:
        defaults = defaults.get(name, _NOTHING) if isinstance(defaults, Mapping) else _NOTHING
    return NOT_SET if defaults in (_NOTHING, None, {}, "") else f"{_shown(defaults)}, the chart’s"


def _change(
    path: _Path, before: object, after: object, known: frozenset[str], hide: Redactor, chart: tuple[str, ...]
) -> ValueDifference:
    shown = _dotted(path)
    if _is_secret(before, known, hide) or _is_secret(after, known, hide):
        return ValueDifference(shown, HIDDEN if _is_there(before) else NOT_SET, _secretly(after), secret=True)
    old, new = _words(before, after)
    return ValueDifference(shown, chart[0] if before is _NOTHING else old, chart[1] if after is _NOTHING else new)


def _secretly(after: object) -> str:
    return CHANGED_HIDDEN if _is_there(after) else NOT_SET


def _is_there(value: object) -> bool:
    return value is not _NOTHING and value is not None


def _is_secret(value: object, known: frozenset[str], hide: Redactor) -> bool:
    """Whether any text of the value is a secret by the name it stands under, or looks like one."""
    if isinstance(value, Mapping):
        return any(_is_secret(child, known, hide) for child in value.values())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return any(_is_secret(child, known, hide) for child in value)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return False
    lines = [line.strip() for line in str(value).splitlines()]
    return any(line in known or hide.line(line) != line for line in lines)


def _words(before: object, after: object) -> tuple[str, str]:
    old, new = _shown(before), _shown(after)
    if old != new:
        return old, new
    # Two long texts that differ only where neither is shown, or values of two kinds written alike.
    return (old, f"{new}, changed") if isinstance(before, str) == isinstance(after, str) else (old, f"{new}, as text")


def _shown(value: object) -> str:
    if value is _NOTHING:
        return NOT_SET
    if isinstance(value, str):
        lines = value.strip().splitlines()
        # What is written over several lines is a program or a file: how long it is says enough.
        return f"text of {len(lines)} lines" if len(lines) > 1 else _cut(value.strip() or '""')
    return _cut(json.dumps(value, ensure_ascii=False))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _dotted(path: _Path) -> str:
    return ".".join(part if part and _PLAIN_KEY.issuperset(part) else json.dumps(part) for part in path)
