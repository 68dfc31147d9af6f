"""What is read from the home of the values, and what is changed there."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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

    `before` is what it was planned on; None where nothing stood there, which YAML's null is as good as. `removed`
    takes the name away, where `after` None writes null: with that helm forgets the chart's default.
    """

    path: Path
    before: object = None
    after: object = None
    removed: bool = False


@dataclass(frozen=True)
class Author:
    """Who wanted a change: their name, and their object id at Entra."""

    name: str
    object_id: str


def dotted(path: Sequence[str | int]) -> str:
    """The path as people write it: `hub.config`, `profileList[0].slug`, `nodeSelector[kubernetes.io/os]`."""
    parts = (f".{part}" if isinstance(part, str) and _PLAIN.fullmatch(part) else f"[{part}]" for part in path)
    return "".join(parts).removeprefix(".")
