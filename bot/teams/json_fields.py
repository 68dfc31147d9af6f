"""Typed access to JSON that was sent by somebody: strict on the types of what is read, blind to the rest."""

from collections.abc import Iterator, Mapping
from typing import Final

from bot.teams.errors import RequestRejected

MAX_TEXT: Final = 28_000
_MAX_ID: Final = 1_024
_FIRST_PRINTABLE: Final = 32


class JsonFields:
    """Typed access to a JSON object. Every method raises RequestRejected 400 for a value of another type."""

    def __init__(self, content: Mapping[str, object], path: str = "") -> None:
        self._content = content
        self._path = path

    def text(self, name: str, most: int = _MAX_ID) -> str:
        """Return a string, empty where there is none."""
        value = self._content.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise RequestRejected(400, f"{self._path}{name} must be a string")
        if len(value) > most:
            raise RequestRejected(400, f"{self._path}{name} is longer than {most} characters")
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise RequestRejected(400, f"{self._path}{name} is not valid Unicode")
        return value

    def identifier(self, name: str, *, required: bool = False) -> str:
        """Return an id: a string that is no path of dots and has no control characters."""
        value = self.text(name)
        if required and not value:
            raise RequestRejected(400, f"{self._path}{name} is missing")
        # A path of dots would climb up in the address of the answer.
        if value in {".", ".."} or any(ord(character) < _FIRST_PRINTABLE for character in value):
            raise RequestRejected(400, f"{self._path}{name} is not an id")
        return value

    def flag(self, name: str) -> bool:
        """Return a truth value, False where there is none."""
        value = self._content.get(name)
        if value is not None and not isinstance(value, bool):
            raise RequestRejected(400, f"{self._path}{name} must be true or false")
        return value is True

    def inner(self, name: str) -> "JsonFields":
        """Return the fields of an object, none where there is no object."""
        value = self._content.get(name)
        if value is not None and not isinstance(value, dict):
            raise RequestRejected(400, f"{self._path}{name} must be an object")
        return JsonFields(value or {}, f"{self._path}{name}.")

    def ids(self, name: str) -> frozenset[str]:
        """Return the ids of the objects in a list; what is no such list has none."""
        listed = self._content.get(name)
        found = [one.get("id") for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
        return frozenset(one for one in found if isinstance(one, str))

    def listed(self, name: str) -> list[dict[str, object]]:
        """Return the objects in a list; none where it is no list."""
        listed = self._content.get(name)
        return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []

    def scalars(self) -> Iterator[tuple[str, str]]:
        """Yield the names and values of strings, numbers and truth values, all as text."""
        for name, value in self._content.items():
            if isinstance(value, bool):
                yield name, "true" if value else "false"
            elif isinstance(value, str):
                yield name, self.text(name, MAX_TEXT)
            elif isinstance(value, int | float):
                yield name, str(value)

    def __len__(self) -> int:
        return len(self._content)

    def is_object(self, name: str) -> bool:
        """Return True if the field is an object."""
        return isinstance(self._content.get(name), dict)
