"""A log's lines divided into pages that a card can show whole. Pure."""

import json
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final, Self

from cards import escaping

# A card shows so many lines of so many characters as they are (cards/limits.py), and so much of JSON altogether.
_LINES: Final = 40


_WIDTH: Final = 900


_ROOM: Final = 20_000


# What an Adaptive Card takes for a line besides its text.
_FRAME: Final = 130


_ON: Final = "  … "


# Where two braces meet, a card begins another run of text (cards/elements.py), which takes this much room. A line of
# nothing but braces is cut into pieces this short.
_RUN: Final = 75


_NARROW: Final = 200


_MANY: Final = 50


# The control sequences by which terminals colour and move (ECMA-48, CSI and OSC).
_TERMINAL = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?)")


def visible(line: str) -> str:
    """Return the line as a card shows it: no colours, no invisible characters."""
    return escaping.code(_TERMINAL.sub("", line))


def wrapped(lines: Iterable[str]) -> list[str]:
    """Return the lines, with those that are too long for a card broken into several."""
    return [part for line in lines for part in _parts(line)]


def pages(lines: Sequence[str]) -> list[Sequence[str]]:
    """Return pages of wrapped lines, the newest page first; within a page the oldest line is first.

    They are counted from the newest line, so what falls off at the beginning of a log shifts nothing.
    """
    found: list[Sequence[str]] = []
    end = len(lines)
    while end > 0:
        begin = _begin(lines, end)
        found.append(lines[begin:end])
        end = begin
    return found


def _begin(lines: Sequence[str], end: int) -> int:
    room, begin = _ROOM, end
    while begin > 0 and end - begin < _LINES and (room := room - _cost(lines[begin - 1])) >= 0:
        begin -= 1
    return min(begin, end - 1)


def _cost(line: str) -> int:
    """Return the characters of JSON; one beyond the basic plane counts twice, as in UTF-16."""
    text = len(json.dumps(line, ensure_ascii=False)) + sum(char > "\uffff" for char in line)
    return _FRAME + text + _RUN * _braces(line)


def _braces(line: str) -> int:
    return sum(pair == ("{", "{") for pair in pairwise(line)) if "{{" in line else 0


def _parts(line: str) -> list[str]:
    width = _NARROW if _braces(line) > _MANY else _WIDTH
    step = width - len(_ON)
    return [line[:width], *(f"{_ON}{line[at : at + step]}" for at in range(width, len(line), step))]


_NUMBER = re.compile(r"[1-9][0-9]{0,6}")


MOST_LINES: Final = 5_000


class LineCount(str):
    """A number of lines of a log, up to 5,000; `value` is the number."""

    __slots__ = ()
    noun = "a number of lines"
    placeholder = "number"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept a whole number. Raise ValueError."""
        if not _NUMBER.fullmatch(text) or int(text) > MOST_LINES:
            raise ValueError(f"type a whole number from 1 to {MOST_LINES:,}, in digits")
        return cls(text)

    @property
    def value(self) -> int:
        """The number."""
        return int(self)


_PAGE = re.compile(r"[1-9][0-9]{0,6}")


class PageNumber(str):
    """The number of a page of an answer; `value` is the number."""

    __slots__ = ()
    noun = "a page number"
    placeholder = "page"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept a whole number from 1. Raise ValueError."""
        if not _PAGE.fullmatch(text):
            raise ValueError("type a whole number from 1, as in 2")
        return cls(text)

    @property
    def value(self) -> int:
        """The number."""
        return int(self)
