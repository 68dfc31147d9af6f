"""The environment over the file: which variables there are, and which settings they are about."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

PREFIX: Final = "JHUB_BOT_"


@dataclass(frozen=True)
class Variable:
    """A variable that sets something: `path` is what."""

    name: str
    path: tuple[str, ...]

    def sets(self, path: tuple[str | int, ...]) -> bool:
        """Whether what stands at a path comes from it, or a part of that."""
        least = min(len(path), len(self.path))
        return bool(least) and tuple(map(str, path[:least])) == self.path[:least]


def variables(environment: Mapping[str, str] | None = None) -> list[Variable]:
    """Those of the bot, in alphabetical order."""
    given = os.environ if environment is None else environment
    names = sorted(name for name in given if name.upper().startswith(PREFIX))
    return [Variable(name, tuple(name.upper().removeprefix(PREFIX).lower().split("__"))) for name in names]


def rival(path: tuple[str, ...]) -> tuple[str, ...]:
    """The other setting that says where the same secret is: of hub.token hub.token_file, and the other way round."""
    name = path[-1]
    return (*path[:-1], name.removesuffix("_file") if name.endswith("_file") else f"{name}_file")


def yielding(content: Mapping[str, object], given: Sequence[Variable]) -> dict[str, object]:
    """A file's content without what says where a secret is, where a variable says so by the other setting."""
    gone = {rival(one.path) for one in given}
    return {
        section: {name: value for name, value in inner.items() if (section, name) not in gone}
        if isinstance(inner, dict)
        else inner
        for section, inner in content.items()
    }


def variable_of(path: tuple[str | int, ...]) -> str:
    """The name of the variable that would set it."""
    return PREFIX + "__".join(str(part).upper() for part in path)
