"""A working copy of Helm values that are being rewritten, with a record of moves, settings and removals by path."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

from clients.values import ValueChange

Names = tuple[str, ...]
_MISSING: Final = object()


@dataclass(frozen=True)
class Shift:
    """A change of a draft: the value moved from `old` to `new`, or was set or removed where one is empty.

    `value` is the new value if the rule itself defines it: never something that was in the values.
    """

    old: str
    new: str
    value: str = ""


class Draft:
    """A copy of the values. `shifts` records what was done to it, `unclear` what was left alone, with reasons."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self.values: dict[str, Any] = deepcopy(dict(values))
        self.shifts: list[Shift] = []
        self.unclear: list[str] = []

    def has(self, path: Names) -> bool:
        """Return True if there is a value at the path, even null."""
        return _at(self.values, path) is not _MISSING

    def get(self, path: Names) -> object:
        """Return the value at the path, or None if there is none."""
        found = _at(self.values, path)
        return None if found is _MISSING else found

    def set(self, path: Names, value: bool | int | str) -> None:
        """Set a value that a rule defines. Record nothing if it is so already."""
        if self.get(path) == value and self.has(path):
            return
        if blocked := self._blocked(path):
            self.unclear.append(f"{dotted(path)} must be set, but {dotted(blocked)} holds a single value.")
            return
        self._put(path, value)
        self.shifts.append(Shift("", dotted(path), str(value).lower() if isinstance(value, bool) else str(value)))

    def move(self, old: Names, new: Names, value: object = _MISSING) -> None:
        """Move the value at `old`, or `value` in its stead, to `new`. Note it as unclear if another one is there."""
        moved = self.get(old) if value is _MISSING else value
        present = self.get(new)
        if isinstance(moved, Mapping) and isinstance(present, Mapping) and moved and present:
            for name in list(moved):
                self.move((*old, name), (*new, name), moved[name])
        elif present is not None and present != moved:
            self.unclear.append(f"{dotted(old)} and {dotted(new)} contradict each other: remove one of them.")
        elif blocked := self._blocked(new):
            self.unclear.append(f"{dotted(old)} belongs under {dotted(blocked)}, which holds a single value.")
        else:
            self.drop(old, record=False)
            self._put(new, moved)
            self.shifts.append(Shift(dotted(old), dotted(new)))

    def drop(self, path: Names, *, record: bool = True) -> None:
        """Remove the value, and the mappings above it that become empty. Record it unless `record` is False."""
        above = _at(self.values, path[:-1])
        if not isinstance(above, dict) or path[-1] not in above:
            return
        del above[path[-1]]
        if record:
            self.shifts.append(Shift(dotted(path), ""))
        if not above and len(path) > 1:
            self.drop(path[:-1], record=False)

    def _blocked(self, path: Names) -> Names:
        """Return the first prefix of a path that holds a single value, so nothing fits below it; empty if none."""
        prefixes = (path[:length] for length in range(1, len(path)))
        return next((prefix for prefix in prefixes if not isinstance(self.get(prefix), Mapping | None)), ())

    def _put(self, path: Names, value: object) -> None:
        node = self.values
        for name in path[:-1]:
            # An empty `hub:` is null, the same as an empty mapping.
            node[name] = node.get(name) or {}
            node = node[name]
        node[path[-1]] = value


def dotted(path: Names) -> str:
    """Return the path as people write it."""
    return ".".join(path)


def differences(before: Mapping[str, object], after: Mapping[str, object], path: Names = ()) -> list[ValueChange]:
    """Return the changes that turn `before` into `after`, with secrets: removals whole, values leaf by leaf."""
    gone = [ValueChange((*path, name), before[name], removed=True) for name in before if name not in after]
    return gone + [one for name in after for one in _within(before.get(name), after[name], (*path, name))]


def _within(before: object, after: object, path: Names) -> list[ValueChange]:
    if isinstance(after, Mapping) and (after or isinstance(before, Mapping)):
        return differences(before if isinstance(before, Mapping) else {}, after, path)
    return [] if before == after else [ValueChange(path, before, after)]


def _at(values: object, path: Names) -> object:
    for name in path:
        if not isinstance(values, Mapping) or name not in values:
            return _MISSING
        values = values[name]
    return values
