"""Argument types of the commands about the chart's values (see `commands/framework/argument_types.py`).

What may be a secret is refused while it is parsed, before any of it is kept: not in the audit trail, nor repeated.
"""

import re
from typing import Final, Self

from cards.escaping import invisible
from clients.errors import Rejected
from clients.values import Path, ValueChange, dotted, scalar_or_flow
from commands.framework.errors import SecretTyped, UserError
from commands.framework.typed_text import words_of
from commands.text.redaction import SECRETS_BELONG, holds_secret
from commands.values.base import is_secret

_PART: Final = re.compile(r"(?:^|\.)((?:[^.\[\]\\\s]|\\\.)+)|\[(\d{1,6})\]|\[([^\[\]\s]+)\]")
_LONGEST_PATH: Final = 300
_DEEPEST: Final = 30
_MOST_UNSEEN: Final = 5
_REVISION: Final = re.compile(r"[1-9][0-9]{0,8}")


class ValuePath(str):
    """Where a value stands: `singleuser.memory.limit`, `hub.extraEnv[0].name`; `parts` are its names and indices."""

    __slots__ = ()
    noun = "a path in the values"
    placeholder = "path"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept names with dots between; one that has dots itself is put in brackets. Raises ValueError."""
        if not text or len(text) > _LONGEST_PATH or not _parts(text) or len(_parts(text)) > _DEEPEST:
            raise ValueError(
                "type names with dots between, as in singleuser.memory.limit; put an item of a list, or a name that "
                "has dots in it, in brackets, as in hub.extraEnv[0].name or nodeSelector[kubernetes.io/os]"
            )
        return cls(dotted(_parts(text)))

    @property
    def parts(self) -> Path:
        """Its names, and indices of lists."""
        return _parts(self)


class SettablePath(ValuePath):
    """Where a value stands that may be typed in a chat: not a secret's place."""

    __slots__ = ()
    noun = "a path in the values"
    placeholder = "path"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The same, but no secret's. Raises UserError for one, which says where secrets go."""
        made = super().parse(text)
        if is_secret(ValueChange(made.parts)):
            raise SecretTyped(
                f"{made} holds a secret, and the bot sets no secrets from a chat. {SECRETS_BELONG}", "/jhub auth"
            )
        if made.parts[-1] == "value" and any(isinstance(part, int) for part in made.parts):
            raise SecretTyped(
                f"Only the item's name tells whether {made} is a secret, so the bot does not set it. {SECRETS_BELONG}"
            )
        return made


def _lines(text: str) -> str:
    """The one quoted text of several lines, without its marks; else empty."""
    return words[0] if "\n" in text and len(words := words_of(text)) == 1 else ""


def _unseen(value: object) -> list[str]:
    """The code points that no card shows, in all texts of a value: whoever agrees to it could not see them."""
    match value:
        case str():
            found = invisible(value)
        case dict():
            found = [one for name, inner in value.items() for one in (*_unseen(name), *_unseen(inner))]
        case list():
            found = [one for inner in value for one in _unseen(inner)]
        case _:
            found = []
    return list(dict.fromkeys(found))


class NewValue(str):
    """A value as YAML: `8G`, `true`, `null`, `[a, b]`, `{cpu: 2}`; `value` is what it means."""

    __slots__ = ()
    noun = "a value"
    placeholder = "value"
    takes_the_line = True

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept a single value, brackets included. Raises UserError, which repeats none of it."""
        try:
            value = _lines(text) or scalar_or_flow(text)
        except Rejected as error:
            raise UserError(str(error), "/jhub config set singleuser.memory.limit 8G") from None
        if unseen := _unseen(value):
            which = ", ".join(unseen[:_MOST_UNSEEN])
            raise UserError(
                f"The value has characters that nobody can see ({which}), so nobody could approve what they see. "
                "Type it without them, or put it into the file of the values."
            )
        inside = is_secret(ValueChange(("value",), after=value)) if isinstance(value, dict | list) else False
        if inside or holds_secret(text):
            raise SecretTyped(f"The value looks like a secret or contains one. {SECRETS_BELONG}")
        return cls(text)

    @property
    def value(self) -> object:
        """What it means to YAML; a text of several lines is meant as it stands, which YAML would join."""
        return _lines(self) or scalar_or_flow(self)


class RevisionNumber(str):
    """The number of a revision of the release; `value` is what it means."""

    __slots__ = ()
    noun = "a revision number"
    placeholder = "revision"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept a whole number from 1. Raises ValueError."""
        if not _REVISION.fullmatch(text):
            raise ValueError("type a whole number from 1, as in 7; /jhub history lists the revisions")
        return cls(text)

    @property
    def value(self) -> int:
        """The number."""
        return int(self)


def _parts(text: str) -> Path:
    """Its parts; none where it is no path."""
    made: list[str | int] = []
    end = 0
    for found in _PART.finditer(text):
        if found.start() != end:
            return ()
        end = found.end()
        name, index, bracketed = found.groups()
        made.append(int(index) if index else name.replace("\\.", ".") if name else bracketed)
    return tuple(made) if end == len(text) and made and isinstance(made[0], str) else ()
