"""What outside systems answer, read with suspicion: JSON of a bounded size, fields that may be absent or wrong.

Nothing here raises anything but `UnusableError`, whatever was answered; who asked says whose answer it was.
"""

from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import orjson

Json = dict[str, Any]
T = TypeVar("T")

# Of objects, lists and members in one answer: a page of 500 pods has half a million, and each is some 100 bytes.
_MOST_PARTS: Final = 3_000_000


class UnusableError(Exception):
    """An answer that is of no use. `what` says of the system that gave it why, in words that may be shown."""

    what = "returned an answer that cannot be used"

    def __init__(self, what: str = "") -> None:
        super().__init__(what or self.what)
        self.what = what or self.what


class TooLongError(UnusableError):
    """An answer longer than anybody would send in earnest."""

    what = "returned an answer that is too long"


class UnreadableError(UnusableError):
    """An answer that is not JSON, or not what was asked for."""

    what = "returned an answer that cannot be read"


class RedirectedError(UnusableError):
    """A redirect: tokens go nowhere that nobody has configured."""

    what = "answered with a redirect, which the bot does not follow"


class EncodedError(UnusableError):
    """A compressed answer, which was not asked for: a little of it may be very much."""

    what = "returned a compressed answer, which the bot did not ask for"


def decoded(content: bytes) -> object:
    """What a body says in JSON. Raises UnreadableError, also for what is nested without end; TooLongError."""
    check_parts(content, _MOST_PARTS)
    try:
        return orjson.loads(content)
    except ValueError:
        raise UnreadableError from None


def check_parts(content: bytes, most: int) -> None:
    """Raise TooLongError for JSON of more parts than that: each costs some hundred bytes, however few it is sent in."""
    if sum(content.count(mark) for mark in (b",", b"{", b"[")) > most:
        raise TooLongError


def json_object(content: bytes) -> Json:
    """The JSON object in a body. Raises UnreadableError for anything else, TooLongError."""
    answer = decoded(content)
    if not isinstance(answer, dict):
        raise UnreadableError
    return answer


def if_object(content: bytes) -> Json:
    """The same for a body that need not have one, such as a refusal's: empty instead of an error."""
    try:
        return json_object(content)
    except UnusableError:
        return {}


def mapping(given: object) -> Json:
    """An object; empty for anything else."""
    return given if isinstance(given, dict) else {}


def part(parent: Json, *path: str) -> Json:
    """The object at `path`; empty where there is none."""
    for name in path:
        child = parent.get(name)
        if not isinstance(child, dict):
            return {}
        parent = child
    return parent


def parts(parent: Json, name: str) -> list[Json]:
    """The objects in the list `name`; empty where there is none."""
    found = parent.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def all_parts(parent: Json, name: str) -> list[Json]:
    """The objects in the list `name`, which must be there and hold nothing else. Raises UnreadableError."""
    found = parent.get(name)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise UnreadableError
    return found


def text(parent: Json, name: str) -> str:
    """The string `name`; empty where there is none."""
    found = parent.get(name)
    return found if isinstance(found, str) else ""


def needed(parent: Json, name: str) -> str:
    """The string `name`, which must be there and say something. Raises UnreadableError."""
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
    """The whole number `name`; 0 where there is none."""
    found = parent.get(name)
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def moment(parent: Json, name: str) -> datetime | None:
    """The time `name` (RFC 3339, with or without fractions) in UTC, which also counts where no zone is said."""
    return as_moment(parent.get(name))


def as_moment(written: object) -> datetime | None:
    """A time in UTC, as `moment` reads it; None for what is none."""
    if not isinstance(written, str):
        return None
    try:
        told = datetime.fromisoformat(written)
        return (told if told.tzinfo else told.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
