"""The values that may hold anything at all: environments, files, code, commands, annotations. Pure.

No name and no shape shows that such a value is a secret: `SMTP_HOST` and `SMTP_PASS` stand side by side, and a program
spells out its password in its own way. So none of them is shown, stored or logged; only that it exists, and how long it
is. Those who decide about a plan see its code all the same (`commands.values.code_changes`): they agree to what runs.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Final

# What stands beside opaque values and is what its name says.
_PLAIN: Final = ("name", "image", "mountPath", "key")
# What is shorter would hide half of a sentence.
_LONG_ENOUGH: Final = 6


class Area(Enum):
    """A kind of opaque value, as a card calls it."""

    ENVIRONMENT = "environment variables"
    FILES = "files"
    CODE = "code"
    COMMANDS = "commands"
    ANNOTATIONS = "annotations"


# Matched against names in lower case without hyphens and underscores: the chart has `extraEnv`, a trait `extra_env`.
_NAMES: Final = (
    (Area.ENVIRONMENT, re.compile(r".*env(?:from|keep|vars?)?|.*environment(?:variables)?")),
    (Area.FILES, re.compile(r".*(?<!pro)files|stringdata|binarydata")),
    (
        Area.COMMANDS,
        re.compile(
            r".*commands?|.*cmd|.*args|.*commandlineflags|.*entrypoint|(?:extra)?(?:init)?containers|lifecycle(?:hooks)?"
            r"|poststart|prestop|exec"
        ),
    ),
    # The chart's own `prePuller.hook` is a job, not code.
    (Area.CODE, re.compile(r"extra.*config|extra.*spec|extra(?:manifests|objects|resources)|.+hooks?|.*scripts?")),
    (Area.ANNOTATIONS, re.compile(r".*annotations")),
)
# People choose the names right below these: they mean nothing to the chart or to the bot.
_NAMED_BY_PEOPLE: Final = re.compile(
    r"extra.*config|.*(?<!pro)files|.*annotations|.*labels|nodeselector|loadroles|services"
)


def opaque_area(path: Sequence[str | int]) -> Area | None:
    """Return the area that the path leads into, or None for a value that is what its name says."""
    found = _first(path)
    return found[1] if found else None


def opaque_depth(path: Sequence[str | int]) -> int:
    """Return how many parts of the path lead to the start of its area; 0 for a path into none."""
    found = _first(path)
    return found[0] + 1 if found else 0


def opaque_texts(node: object, path: tuple[str | int, ...] = ()) -> Iterator[str]:
    """Yield the lines of the texts that may hold anything, but for the names and images that stand beside them."""
    if isinstance(node, Mapping):
        for name, one in node.items():
            yield from opaque_texts(one, (*path, str(name)))
    elif isinstance(node, list):
        for place, one in enumerate(node):
            yield from opaque_texts(one, (*path, place))
    elif isinstance(node, str) and opaque_area(path) and path[-1] not in _PLAIN:
        yield from (line for text in node.splitlines() if len(line := text.strip()) >= _LONG_ENOUGH)


def named_by_people(holder: str) -> bool:
    """Return True if people choose the names below this one: of pieces of code, files, roles, annotations."""
    return bool(_NAMED_BY_PEOPLE.fullmatch(_plain(holder)))


def size_in_words(value: object) -> str:
    """Return the size of what is hidden, in words; empty for a single value."""
    if isinstance(value, str):
        return _count(len(value.strip().splitlines()), "line")
    if isinstance(value, Mapping):
        return _count(len(value), "setting", least=1)
    if isinstance(value, Sequence):
        return _count(len(value), "item", least=1)
    return ""


def is_empty(value: object) -> bool:
    """Return True if there is nothing to hide."""
    return value is None or value == "" or (isinstance(value, Mapping | Sequence) and not value)


def _first(path: Sequence[str | int]) -> tuple[int, Area] | None:
    for place, part in enumerate(path):
        plain = _plain(part) if isinstance(part, str) and not _is_label(path, place) else ""
        for kind, names in _NAMES:
            if plain and names.fullmatch(plain):
                return place, kind
    return None


def _is_label(path: Sequence[str | int], place: int) -> bool:
    """Return True if people gave the part its name, which may read like any other: a service called `files`."""
    holder = path[place - 1] if place else None
    return isinstance(holder, str) and named_by_people(holder)


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def _count(number: int, what: str, *, least: int = 2) -> str:
    return "" if number < least else f"{number} {what}{'' if number == 1 else 's'}"
