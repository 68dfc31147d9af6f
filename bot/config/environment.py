"""The environment over the file: the variables that set something, and the settings that they are about."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

PREFIX: Final = "JHUB_BOT_"


@dataclass(frozen=True)
class Variable:
    """Variable that sets something: `path` is the setting."""

    name: str
    path: tuple[str, ...]

    def sets(self, path: tuple[str | int, ...]) -> bool:
        """Return True if what stands at a path comes from it, or a part of that."""
        least = min(len(path), len(self.path))
        return bool(least) and tuple(map(str, path[:least])) == self.path[:least]


def variables(environment: Mapping[str, str] | None = None) -> list[Variable]:
    """Return those of the bot, in alphabetical order."""
    given = os.environ if environment is None else environment
    names = sorted(name for name in given if name.upper().startswith(PREFIX))
    return [Variable(name, tuple(name.upper().removeprefix(PREFIX).lower().split("__"))) for name in names]


def rival(path: tuple[str, ...]) -> tuple[str, ...]:
    """Return the other setting of the same secret: for hub.token it is hub.token_file, and the other way round."""
    name = path[-1]
    return (*path[:-1], name.removesuffix("_file") if name.endswith("_file") else f"{name}_file")


def yielding(content: Mapping[str, object], given: Sequence[Variable]) -> dict[str, object]:
    """Return a file's content without the places of secrets that a variable gives by the other setting."""
    gone = {rival(one.path) for one in given}
    return {
        section: {name: value for name, value in inner.items() if (section, name) not in gone}
        if isinstance(inner, dict)
        else inner
        for section, inner in content.items()
    }


def variable_of(path: tuple[str | int, ...]) -> str:
    """Return the name of the variable that would set it."""
    return PREFIX + "__".join(str(part).upper() for part in path)
