"""The errors that are answers: each is shown verbatim to the person who asked."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Suggestion:
    """A line that was perhaps meant, or that helps. `level` is the level that it takes.

    `complete` is True if it can be run as it stands; one that is not is a usage line, to be filled in. One with a
    `title` is a way on that needs no explanation: "Help on deploy".
    """

    line: str
    summary: str
    level: int
    complete: bool
    title: str = ""


class UserError(Exception):
    """The typed line cannot be carried out. `hints` say what to type instead, one complete line each.

    `suggestions` come from the parser, which knows nobody's level: the caller offers those that may be run.
    """

    def __init__(self, message: str, *hints: str, suggestions: Sequence[Suggestion] = ()) -> None:
        super().__init__(message)
        self.hints = hints
        self.suggestions = tuple(suggestions)


class Refused(Exception):  # noqa: N818 - named after the answer
    """The person may not do this. The message says who may."""


class SecretTyped(UserError):  # noqa: N818 - named after what was typed
    """The typed line contains a secret, or what looks like one: it is not repeated, and nothing of it is stored."""
