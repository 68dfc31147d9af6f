"""Moments within a view's text: a card shows them in each reader's own time zone, plain words name the zone.

A text with moments is a string like any other, in UTC. Besides, it keeps its moments as parts, and Teams, which knows
the reader's zone, fills them in ({{DATE()}} and {{TIME()}} of Adaptive Cards). Text of people or systems cannot imitate
that, whatever its characters: it takes a string of this type, and only code makes one.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, TypeVar, cast

AnyT = TypeVar("AnyT")

# As `minute` writes them, in what was stored as text.
_WRITTEN: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC")
# How they are kept in stored views: between characters that no other text of a stored view has.
_OPEN, _CLOSE = "\ue000", "\ue001"
_KEPT: Final = re.compile(f"{_OPEN}([mdh])([^{_OPEN}{_CLOSE}]{{1,40}}){_CLOSE}")
_WAYS: Final = {
    "m": ("%Y-%m-%d %H:%M UTC", "{{{{DATE({0}, SHORT)}}}} {{{{TIME({0})}}}}"),
    "d": ("%Y-%m-%d", "{{{{DATE({0}, SHORT)}}}}"),
    "h": ("%H:%M UTC", "{{{{TIME({0})}}}}"),
}


@dataclass(frozen=True)
class Moment:
    """A point in time, and the part of it to show: "m" date and minute, "d" the day, "h" hour and minute."""

    at: datetime
    precision: str = "m"

    @property
    def plain(self) -> str:
        """The moment in UTC, with the zone's name where a time is shown."""
        return f"{self.at.astimezone(UTC):{_WAYS[self.precision][0]}}"

    @property
    def local(self) -> str:
        """The expression for which the client puts the reader's time (ISO 8601 to the second, else it does not)."""
        return _WAYS[self.precision][1].format(f"{self.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")


Part = str | Moment


class Timed(str):
    """A text with moments, as `parts`; as a string it is the whole in UTC. `of` creates one."""

    __slots__ = ("parts",)
    parts: tuple[Part, ...]

    @classmethod
    def of(cls, *parts: Part) -> "Timed":
        """Return the parts one behind the other."""
        made = cls("".join(part.plain if isinstance(part, Moment) else part for part in parts))
        made.parts = parts
        return made


def minute(moment: datetime) -> str:
    """Return date and time: `2026-11-23 09:00 UTC`."""
    return Timed.of(Moment(moment))


def day(moment: datetime) -> str:
    """Return the day alone: `2026-11-23`."""
    return Timed.of(Moment(moment, "d"))


def hour(moment: datetime) -> str:
    """Return the time alone: `09:00 UTC`."""
    return Timed.of(Moment(moment, "h"))


def timed(*texts: str) -> str:
    """Return the texts one behind the other, their moments kept. An f-string would lose them."""
    if not any(isinstance(text, Timed) for text in texts):
        return "".join(texts)
    return Timed.of(*(part for text in texts for part in parts(text)))


def joined(separator: str, *texts: str) -> str:
    """Return those of the texts that are not empty, with the separator between them, their moments kept."""
    first, *others = [text for text in texts if text] or [""]
    return timed(first, *(part for text in others for part in (separator, text)))


def parts(text: str) -> tuple[Part, ...]:
    """Return the parts of the text: itself, where it has no moments."""
    return text.parts if isinstance(text, Timed) else (text,)


def moments(text: str) -> list[Moment]:
    """Return the moments of the text."""
    return [part for part in text.parts if isinstance(part, Moment)] if isinstance(text, Timed) else []


def each(text: str, change: Callable[[str], str]) -> str:
    """Return the text with everything but its moments changed."""
    if not isinstance(text, Timed):
        return change(text)
    return Timed.of(*(part if isinstance(part, Moment) else change(part) for part in text.parts))


def parsed_minute(written: str) -> str:
    """Return text that `minute` once wrote as a moment, other text as it is. Only for the bot's own text."""
    if not _WRITTEN.fullmatch(written):
        return written
    return minute(datetime.strptime(written, "%Y-%m-%d %H:%M UTC").replace(tzinfo=UTC))


# Stored views


def encoded(value: AnyT) -> AnyT:
    """Return the view, or other data for display, with its moments encoded as text that `decoded` decodes."""
    return cast("AnyT", _through(value, _keep))


def decoded(value: AnyT) -> AnyT:
    """Return the view that `encoded` encoded; one stored without moments has none."""
    return cast("AnyT", _through(value, _restore))


def _keep(text: str) -> str:
    return "".join(_kept(part) if isinstance(part, Moment) else _bare(part) for part in parts(text))


def _kept(moment: Moment) -> str:
    return f"{_OPEN}{moment.precision}{moment.at.astimezone(UTC).isoformat()}{_CLOSE}"


def _bare(text: str) -> str:
    return text.replace(_OPEN, "").replace(_CLOSE, "")


def _restore(text: str) -> str:
    return Timed.of(*_found(text)) if _OPEN in text else text


def _found(text: str) -> Iterator[Part]:
    begin = 0
    for one in _KEPT.finditer(text):
        yield text[begin : one.start()]
        yield Moment(datetime.fromisoformat(one[2]), one[1])
        begin = one.end()
    yield text[begin:]


def _through(value: Any, change: Callable[[str], str]) -> Any:  # noqa: ANN401 - any part of a view
    match value:
        case str():
            return change(value)
        case tuple():
            return tuple(_through(one, change) for one in value)
    if not is_dataclass(value):
        return value
    inner = {field.name: _through(getattr(value, field.name), change) for field in fields(value)}
    return replace(cast("Any", value), **inner)
