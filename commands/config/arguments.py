"""Argument types of the commands about Helm values (see `commands/framework/argument_types.py`).

A possible secret is refused while it is parsed, before any of it is stored: it is neither in the audit trail nor
repeated.
"""

import re
from typing import Final, Self

from cards.escaping import invisible
from clients.errors import Rejected
from clients.values import Path, ValueChange, dotted, scalar_or_flow
from commands.framework.errors import SecretTyped, UserError
from commands.framework.typed_text import words_of
from commands.text.redaction import SECRETS_BELONG, holds_secret
from commands.values.base import sets_secret

_PART: Final = re.compile(r"(?:^|\.)((?:[^.\[\]\\\s]|\\\.)+)|\[(\d{1,6})\]|\[([^\[\]\s]+)\]")
_LONGEST_PATH: Final = 300
_DEEPEST: Final = 30
_MOST_UNSEEN: Final = 5


class ValuePath(str):
    """The path of a Helm value: `singleuser.memory.limit`, `hub.extraEnv[0].name`; `parts` are names and indices."""

    __slots__ = ()
    noun = "a path in the values"
    placeholder = "path"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept names with dots between; one that has dots itself is put in brackets. Raise ValueError."""
        if not text or len(text) > _LONGEST_PATH or not _parts(text) or len(_parts(text)) > _DEEPEST:
            raise ValueError(
                "type names with dots between, as in singleuser.memory.limit; put an item of a list, or a name that "
                "has dots in it, in brackets, as in hub.extraEnv[0].name or nodeSelector[kubernetes.io/os]"
            )
        return cls(dotted(_parts(text)))

    @property
    def parts(self) -> Path:
        """The names on the path, and the indices of lists."""
        return _parts(self)


class SettablePath(ValuePath):
    """The path of a Helm value that may be typed in a chat: not a secret's."""

    __slots__ = ()
    noun = "a path in the values"
    placeholder = "path"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept the same, except a secret's path. Raise UserError for one, which says where secrets go."""
        made = super().parse(text)
        if sets_secret(ValueChange(made.parts)):
            raise SecretTyped(
                f"{made} holds a secret, and the bot sets no secrets from a chat. {SECRETS_BELONG}", "/jhub auth"
            )
        if made.parts[-1] == "value" and any(isinstance(part, int) for part in made.parts):
            raise SecretTyped(
                f"Only the item's name tells whether {made} is a secret, so the bot does not set it. {SECRETS_BELONG}"
            )
        return made


def _lines(text: str) -> str:
    """Return the text if it is a single quoted one of several lines, without its marks; else an empty string."""
    return words[0] if "\n" in text and len(words := words_of(text)) == 1 else ""


def _unseen(value: object) -> list[str]:
    """Return the invisible code points in all texts of a value: whoever approves it could not see them."""
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
    """A Helm value as YAML: `8G`, `true`, `null`, `[a, b]`, `{cpu: 2}`; `value` is the parsed value."""

    __slots__ = ()
    noun = "a value"
    placeholder = "value"
    takes_the_line = True

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept a single value, brackets included. Raise UserError, which repeats none of it."""
        try:
            value = _lines(text) or scalar_or_flow(text)
        except Rejected as error:
            raise UserError(str(error)) from None
        if unseen := _unseen(value):
            which = ", ".join(unseen[:_MOST_UNSEEN])
            raise UserError(
                f"The value has characters that nobody can see ({which}), so nobody could approve what they see. "
                "Type it without them, or put it into the file of the values."
            )
        inside = sets_secret(ValueChange(("value",), after=value)) if isinstance(value, dict | list) else False
        if inside or holds_secret(text):
            raise SecretTyped(f"The value looks like a secret or contains one. {SECRETS_BELONG}")
        return cls(text)

    @property
    def value(self) -> object:
        """The value that YAML reads; a quoted text of several lines is taken literally, which YAML would fold."""
        return _lines(self) or scalar_or_flow(self)


def _parts(text: str) -> Path:
    """Return the parts of a path; none if it is not one."""
    made: list[str | int] = []
    end = 0
    for found in _PART.finditer(text):
        if found.start() != end:
            return ()
        end = found.end()
        name, index, bracketed = found.groups()
        made.append(int(index) if index else name.replace("\\.", ".") if name else bracketed)
    return tuple(made) if end == len(text) and made and isinstance(made[0], str) else ()
