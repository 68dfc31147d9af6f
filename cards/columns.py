"""Text in columns for terminals and notifications: widths as a terminal counts them, wrapped where there is no room."""

import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import zip_longest

_GAP = "  "
_NARROWEST = 8
# Longer words are broken before shorter ones are.
_WHOLE = 30


def width(text: str) -> int:
    """Return the number of terminal columns of `text` (UAX #11): 2 for wide characters, 0 for combining ones."""
    return len(text) if text.isascii() else sum(map(_width, text))


def align(rows: Sequence[Sequence[str]], room: int, numeric: Sequence[bool] = ()) -> list[str]:
    """Return the rows, all equally long, as lines of equal columns; a cell without room continues on the next line.

    Lines are at most `room` wide where there are few enough columns for it, and have no trailing blanks.
    """
    if not rows or not rows[0]:
        return []
    widths = _widths(rows, room)
    right = [*numeric, *([False] * (len(widths) - len(numeric)))]
    return [line for row in rows for line in _lines(row, widths, right)]


def wrap(text: str, room: int, hang: str = "") -> list[str]:
    """Return `text` as lines of at most `room` columns, those after the first behind `hang`; long words are broken."""
    lines: list[str] = []
    line = ""
    for word in _pieces(text, max(2, room - len(hang))):
        longer = f"{line} {word}" if line.strip() else f"{line}{word}"
        if width(longer) > room and line.strip():
            lines.append(line)
            longer = f"{hang}{word}"
        line = longer
    return [*lines, line] if line else lines


def _pieces(text: str, room: int) -> Iterator[str]:
    for word in text.split():
        if width(word) <= room:
            yield word
            continue
        piece, used = "", 0
        for character in word:
            if used + _width(character) > room:
                yield piece
                piece, used = "", 0
            piece += character
            used += _width(character)
        yield piece


def _widths(rows: Sequence[Sequence[str]], room: int) -> list[int]:
    columns = list(zip(*rows, strict=True))
    widths = [max(1, *map(width, column)) for column in columns]
    room -= len(_GAP) * (len(widths) - 1)
    return _narrow(_narrow(widths, list(map(_longest, columns)), room), [_NARROWEST] * len(widths), room)


def _narrow(widths: list[int], least: list[int], room: int) -> list[int]:
    """Return the widths, cut to the common maximum at which all fit `room`; none is cut below its `least`."""

    def cut(most: int) -> list[int]:
        return [min(has, max(most, need)) for has, need in zip(widths, least, strict=True)]

    # The greatest measure is looked for with which all fit; with less they take less.
    return cut(bisect_right(range(1, max(widths) + 1), room, key=lambda most: sum(cut(most))))


def _longest(column: Sequence[str]) -> int:
    words = (width(word) for text in column for word in text.split())
    return max((size for size in words if size <= _WHOLE), default=1)


def _lines(row: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> Iterator[str]:
    cells = [wrap(text, room) for text, room in zip(row, widths, strict=True)]
    for parts in zip_longest(*cells, fillvalue=""):
        yield _GAP.join(map(_pad, parts, widths, right)).rstrip()


def _pad(text: str, room: int, right: bool) -> str:
    blanks = " " * (room - width(text))
    return blanks + text if right else text + blanks


# A text has few different ones; Unicode has a million.
@lru_cache(4096)
def _width(character: str) -> int:
    if character.isascii():
        return 1
    if unicodedata.combining(character) or unicodedata.category(character) == "Mn":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
