"""The errors that are answers: each is shown to the person who asked, as it is."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Suggestion:
    """A line that was perhaps meant, or that helps. `level` is what it takes to run it.

    `complete` says whether it can be run as it stands; one that is not is a usage line, to be filled in. One with a
    `title` is a way on that needs no explanation: "Help on deploy".
    """

    line: str
    summary: str
    level: int
    complete: bool
    title: str = ""


class UserError(Exception):
    """What was typed cannot be done. `hints` say what to type instead, one complete line each.

    `suggestions` come from the parser, which knows nobody's level: whoever shows them offers those that may be run.
    """

    def __init__(self, message: str, *hints: str, suggestions: Sequence[Suggestion] = ()) -> None:
        super().__init__(message)
        self.hints = hints
        self.suggestions = tuple(suggestions)


class Refused(Exception):  # noqa: N818 - named after the answer
    """This person may not. The message says who may."""


class SecretTyped(UserError):  # noqa: N818 - named after what was typed
    """What was typed holds a secret, or looks like it: it is not repeated, and nothing of it is kept."""
