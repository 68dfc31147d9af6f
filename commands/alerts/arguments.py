"""Argument types of the commands about alerts."""

import re
from typing import Self

_WATCHERS = re.compile(r"[a-z]{1,20}(,[a-z]{1,20}){0,19}")


class SeverityName(str):
    """A severity: `note`, `warning` or `critical`."""

    __slots__ = ()
    noun = "a severity"
    placeholder = "severity"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept one of the three in any case. Raise ValueError."""
        if text.lower() not in ("note", "warning", "critical"):
            raise ValueError("type note, warning or critical")
        return cls(text.lower())


class WatcherNames(str):
    """Names with commas between; the command checks that they are watchers."""

    __slots__ = ()
    noun = "a list of alerts"
    placeholder = "names"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept words with commas between. Raise ValueError."""
        if not _WATCHERS.fullmatch(text.lower()):
            raise ValueError("type names with commas between and no spaces, as in cert,nodes")
        return cls(text.lower())

    @property
    def names(self) -> tuple[str, ...]:
        """The names, each once."""
        return tuple(dict.fromkeys(self.split(",")))
