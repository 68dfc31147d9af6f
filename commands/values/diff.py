"""Differences between two sets of Helm values, leaf by leaf; secrets are mentioned but never shown. Pure.

Of values that may hold anything (`commands.values.opaque_values`) only their size is shown as well.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from commands.text.redaction import Redactor
from commands.values.display import hidden
from commands.values.opaque_values import opaque_area, size_in_words
from commands.values.secrets import secrets_among

NOT_SET: Final = "–"
HIDDEN: Final = "hidden"
CHANGED_HIDDEN: Final = "changed, hidden"
SET_HIDDEN: Final = "set, hidden"

_LONGEST: Final = 100
_PLAIN_KEY: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
_NOTHING: Final = object()


@dataclass(frozen=True)
class ValueDifference:
    """A changed value as it may be shown: `before` and `after` are words, a dash where it is not set.

    `path` has a dot between names, as `helm --set` has it. Of a secret, and of what may hold one, only the fact that it
    changes is shown.
    """

    path: str
    before: str
    after: str
    secret: bool = False


@dataclass(frozen=True)
class Showing:
    """Permission to show more than values that are what their names say.

    `typed` is the path whose new value everybody in the conversation has read, since it was typed there; `reveal` shows
    everything but secrets, to somebody who may see it.
    """

    typed: tuple[str, ...] = ()
    reveal: bool = False


def value_differences(
    before: Mapping[str, object],
    after: Mapping[str, object],
    defaults: tuple[Mapping[str, object], Mapping[str, object]] = ({}, {}),
    showing: Showing = Showing(),
) -> tuple[ValueDifference, ...]:
    """Return every value that differs, by path. A list is one value: helm replaces it as a whole.

    Where a value is unset, the one of `defaults` before or after is shown as the chart's.
    """
    known = secrets_among(before) | secrets_among(after)
    teller = _Teller(known, Redactor(known), showing)
    changes = [
        teller.change(path, old, new, tuple(_standard(path, one) for one in defaults))
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


def differing(before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[tuple[_Path, object, object]]:
    """Yield each value that differs: its path, the old and the new value, None where there is none.

    The values are unredacted, secrets included: never show them. A list is one value.
    """
    for path, old, new in _differing((), before, after):
        yield path, None if old is _NOTHING else old, None if new is _NOTHING else new


def _same(before: object, after: object) -> bool:
    # Python takes 1, 1.0 and True for equal; in YAML they are different values.
    if _NOTHING in (before, after):
        return before is after
    return json.dumps(before, sort_keys=True) == json.dumps(after, sort_keys=True)


def _standard(path: _Path, defaults: object) -> str:
    """Return the chart's default at the path in words, or a dash if it has none."""
    for name in path:
        defaults = defaults.get(name, _NOTHING) if isinstance(defaults, Mapping) else _NOTHING
    if defaults in (_NOTHING, None, {}, ""):
        return NOT_SET
    return f"{_shown(hidden(defaults, path))}, the chart’s default"


@dataclass(frozen=True)
class _Teller:
    known: frozenset[str]
    hide: Redactor
    showing: Showing

    def change(self, path: _Path, before: object, after: object, chart: tuple[str, ...]) -> ValueDifference:
        secret = self._is_secret(before) or self._is_secret(after)
        if secret or (opaque_area(path) and not self.showing.reveal):
            old, new = _secretly(before, after, sized=not secret)
            return ValueDifference(dotted(path), old, self._typed(path, after) or new, secret=secret)
        old, new = _words(*(hidden(one, path, reveal=self.showing.reveal) for one in (before, after)))
        old, new = chart[0] if before is _NOTHING else old, chart[1] if after is _NOTHING else new
        typed = self._typed(path, after)
        # Of other texts of several lines only the number of lines is shown.
        new = typed if "\n" in typed else new
        return ValueDifference(dotted(path), old, new)

    def _typed(self, path: _Path, after: object) -> str:
        """Return the typed value in full: others have to see all of it before they agree."""
        typed = self.showing.typed
        if not typed or path[: len(typed)] != typed or not _is_there(after) or self._is_secret(after):
            return ""
        return after if isinstance(after, str) and after else json.dumps(after, ensure_ascii=False)

    def _is_secret(self, value: object) -> bool:
        """Return True if any string in the value is a secret by its name, or looks like one."""
        if isinstance(value, Mapping):
            return any(map(self._is_secret, value.values()))
        if isinstance(value, Sequence) and not isinstance(value, str):
            return any(map(self._is_secret, value))
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return False
        lines = [line.strip() for line in str(value).splitlines()]
        return any(line in self.known or self.hide.line(line) != line for line in lines)


def _secretly(before: object, after: object, *, sized: bool = False) -> tuple[str, str]:
    """Return words that say only that the value changes; with `sized`, also its size."""
    old, new = (f": {much}" if sized and (much := size_in_words(one)) else "" for one in (before, after))
    if not _is_there(after):
        return f"{HIDDEN}{old}" if _is_there(before) else NOT_SET, NOT_SET
    return (f"{HIDDEN}{old}", f"{CHANGED_HIDDEN}{new}") if _is_there(before) else (NOT_SET, f"{SET_HIDDEN}{new}")


def _is_there(value: object) -> bool:
    return value is not _NOTHING and value is not None


def _words(before: object, after: object) -> tuple[str, str]:
    old, new = _shown(before), _shown(after)
    if old != new:
        return old, new
    # Two long texts that differ only beyond the cut, or values of two types that look alike.
    return (old, f"{new}, changed") if isinstance(before, str) == isinstance(after, str) else (old, f"{new}, as text")


def _shown(value: object) -> str:
    if value is _NOTHING:
        return NOT_SET
    if isinstance(value, str):
        lines = value.strip().splitlines()
        # A text of several lines is a program or a file: its length says enough.
        return f"text of {len(lines)} lines" if len(lines) > 1 else _cut(value.strip() or '""')
    return _cut(json.dumps(value, ensure_ascii=False))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def dotted(path: _Path) -> str:
    """Join the path with dots; names that are not plain are put in quotation marks."""
    return ".".join(part if part and _PLAIN_KEY.issuperset(part) else json.dumps(part) for part in path)
