"""The types of what is read from the home of the values, and of the changes made there."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

_PLAIN: Final = re.compile(r"[\w-]+")
Path = tuple[str | int, ...]
"""A path to a value: the names of mappings, the indices of lists."""


@dataclass(frozen=True)
class Written:
    """The hub's values as their home has them, secrets included where the home has them.

    `version` identifies a state: a revision, a hash, a commit. `text` is the file, where there is one.
    """

    values: Mapping[str, object] = field(repr=False)
    version: str
    text: str = field(default="", repr=False)


@dataclass(frozen=True)
class ValueChange:
    """A change of one value: plain data, fit for plans, so never a secret.

    `before` is the value it was planned on; None where there was none, which equals YAML's null. `was` is its digest,
    in place of it where it is not to be stored. `removed` deletes the name, where `after` None writes null: with that
    helm forgets the chart's default.
    """

    path: Path
    before: object = None
    after: object = None
    removed: bool = False
    was: str = ""

    @property
    def kept(self) -> "ValueChange":
        """The change fit to be stored: with a digest in place of the value before."""
        return replace(self, before=None, was=self.was or _digest(self.before))

    def was_planned_on(self, found: object) -> bool:
        """Return True if the change was planned on this value."""
        return _digest(found) == self.was if self.was else found == self.before


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


@dataclass(frozen=True)
class Author:
    """The requester of a change: their name, and their object id at Entra."""

    name: str
    object_id: str


def dotted(path: Sequence[str | int]) -> str:
    """Return the path as people write it: `hub.config`, `profileList[0].slug`, `nodeSelector[kubernetes.io/os]`."""
    parts = (f".{part}" if isinstance(part, str) and _PLAIN.fullmatch(part) else f"[{part}]" for part in path)
    return "".join(parts).removeprefix(".")
