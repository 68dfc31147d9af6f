"""Defensive reading of what outside systems answer: JSON of a bounded size, whose fields may be absent or wrong.

Nothing here raises anything but `UnusableError`, whatever the answer is; the caller adds the name of the system.
"""

from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import orjson

Json = dict[str, Any]
T = TypeVar("T")

# Of objects, lists and members in one answer: a page of 500 pods has half a million, and each is some 100 bytes.
_MOST_PARTS: Final = 3_000_000


class UnusableError(Exception):
    """An answer that cannot be used. `what` is the predicate of a sentence about the system, fit to be shown."""

    what = "returned an answer that cannot be used"

    def __init__(self, what: str = "") -> None:
        super().__init__(what or self.what)
        self.what = what or self.what


class TooLongError(UnusableError):
    """An answer longer than any legitimate one."""

    what = "returned an answer that is too long"


class UnreadableError(UnusableError):
    """An answer that is not JSON, or not what was requested."""

    what = "returned an answer that cannot be read"


class RedirectedError(UnusableError):
    """A redirect, which is not followed: tokens are sent to configured addresses only."""

    what = "answered with a redirect, which the bot does not follow"


class EncodedError(UnusableError):
    """A compressed answer that was not requested: a small body could unpack to an arbitrarily large one."""

    what = "returned a compressed answer, which the bot did not ask for"


def decoded(content: bytes) -> object:
    """Return the JSON value of a body. Raise UnreadableError, also for endless nesting, or TooLongError."""
    check_parts(content, _MOST_PARTS)
    try:
        return orjson.loads(content)
    except ValueError:
        raise UnreadableError from None


def check_parts(content: bytes, most: int) -> None:
    """Raise TooLongError for JSON with more than `most` parts: each costs some hundred bytes once decoded."""
    if sum(content.count(mark) for mark in (b",", b"{", b"[")) > most:
        raise TooLongError


def json_object(content: bytes) -> Json:
    """Return the JSON object of a body. Raise UnreadableError for anything else, or TooLongError."""
    answer = decoded(content)
    if not isinstance(answer, dict):
        raise UnreadableError
    return answer


def if_object(content: bytes) -> Json:
    """Return the JSON object of a body that need not have one, such as a refusal's; empty instead of an error."""
    try:
        return json_object(content)
    except UnusableError:
        return {}


def mapping(given: object) -> Json:
    """Return the value if it is a JSON object, else an empty one."""
    return given if isinstance(given, dict) else {}


def part(parent: Json, *path: str) -> Json:
    """Return the object at `path`; empty where there is none."""
    for name in path:
        child = parent.get(name)
        if not isinstance(child, dict):
            return {}
        parent = child
    return parent


def parts(parent: Json, name: str) -> list[Json]:
    """Return the objects of the list `name`; empty where there is none."""
    found = parent.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def all_parts(parent: Json, name: str) -> list[Json]:
    """Return the list `name`, which must be present and consist of objects. Raise UnreadableError."""
    found = parent.get(name)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise UnreadableError
    return found


def text(parent: Json, name: str) -> str:
    """Return the string `name`; empty where there is none."""
    found = parent.get(name)
    return found if isinstance(found, str) else ""


def needed(parent: Json, name: str) -> str:
    """Return the string `name`, which must be present and not empty. Raise UnreadableError."""
    if not (found := text(parent, name)):
        raise UnreadableError
    return found


def typed(parent: Json, name: str, kind: type[T], default: T) -> T:
    """Return the value `name` of type `kind`; the default where there is none. Raise UnreadableError."""
    found = parent.get(name)
    if found is None:
        return default
    if not isinstance(found, kind) or (isinstance(found, bool) and kind is not bool):
        raise UnreadableError
    if isinstance(found, str) and not found.isascii() and any("\ud800" <= char <= "\udfff" for char in found):
        # Half of a character, which JSON can carry and nothing else can.
        raise UnreadableError
    return found


def texts(parent: Json, name: str) -> list[str]:
    """Return the strings of the list `name`; empty where there is none. Raise UnreadableError for other items."""
    found = parent.get(name)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise UnreadableError
    return found


def number(parent: Json, name: str) -> int:
    """Return the integer `name`; 0 where there is none."""
    found = parent.get(name)
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def moment(parent: Json, name: str) -> datetime | None:
    """Return the time `name` (RFC 3339, with or without fractions) in UTC, which is assumed where no zone is given."""
    return as_moment(parent.get(name))


def as_moment(written: object) -> datetime | None:
    """Return a time in UTC, read as `moment` reads it; None for anything that is not a time."""
    if not isinstance(written, str):
        return None
    try:
        told = datetime.fromisoformat(written)
        return (told if told.tzinfo else told.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
