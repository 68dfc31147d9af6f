"""What is read from the home of the values, and what is changed there."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

_PLAIN: Final = re.compile(r"[\w-]+")
Path = tuple[str | int, ...]
"""Where a value stands: the names of mappings, the indices of lists."""


@dataclass(frozen=True)
class Written:
    """The hub's values as they are written down in their home, secrets included where the home has them.

    `version` tells one state from the next: a revision, a hash, a commit. `text` is the file, where there is one.
    """

    values: Mapping[str, object] = field(repr=False)
    version: str
    text: str = field(default="", repr=False)


@dataclass(frozen=True)
class ValueChange:
    """One value that becomes another: plain data, fit for plans, so never a secret.

    `before` is what it was planned on; None where nothing stood there, which YAML's null is as good as. `was` is its
    digest, in place of it where it is not to be kept. `removed` takes the name away, where `after` None writes null:
    with that helm forgets the chart's default.
    """

    path: Path
    before: object = None
    after: object = None
    removed: bool = False
    was: str = ""

    @property
    def kept(self) -> "ValueChange":
        """The same, fit to be stored: with the digest of what stood there."""
        return replace(self, before=None, was=self.was or _digest(self.before))

    def is_on(self, found: object) -> bool:
        """Whether it was planned on this value."""
        return _digest(found) == self.was if self.was else found == self.before


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


@dataclass(frozen=True)
class Author:
    """Who wanted a change: their name, and their object id at Entra."""

    name: str
    object_id: str


def dotted(path: Sequence[str | int]) -> str:
    """The path as people write it: `hub.config`, `profileList[0].slug`, `nodeSelector[kubernetes.io/os]`."""
    parts = (f".{part}" if isinstance(part, str) and _PLAIN.fullmatch(part) else f"[{part}]" for part in path)
    return "".join(parts).removeprefix(".")
