"""Upper bounds for the size of a view's parts on a card, far quicker to compute than rendering them.

In characters of JSON, where those that UTF-16 has two units for count twice. What an element takes besides its text is
measured once, on a rendered one.
"""

import json
import re
from functools import cache
from typing import Final

from cards import schema as ac
from cards.bodies import difference_row, entry_row, step_row
from cards.elements import mono, prose, row
from cards.limits import LEVELS
from cards.sections import cell, facts, sections
from cards.times import moments
from cards.views import (
    Cell,
    Chart,
    Column,
    Difference,
    Fact,
    Facts,
    HelpEntry,
    Lines,
    Section,
    StepLine,
    StepState,
    Table,
    Tone,
)

FULL: Final = LEVELS[0]
# What may be escaped, in Markdown and once more in JSON; all else takes the room of itself.
_DEAR: Final = re.compile(r"[^\w .,:;/@()+%='–—…·•→-]|_")
_DEAREST: Final = 3
# What a client needs for telling a moment in its reader's time, beyond what the moment takes in UTC.
_MOMENT: Final = 60
# A backslash before what would begin a list, and what marks a bullet or a warning.
_FRONT: Final = 16
# Between two braces a fixed-width line begins another run.
_BRACES: Final = re.compile(r"(?<=\{)\{")
# Where the bot has several hubs, what is to be typed names one ("/jhub --hub <name> …").
_TYPED: Final = "/jhub "
_NAMED: Final = 40
# A column's share of the width, beyond what one digit takes.
_SHARE: Final = 6


def text(words: str, limit: int = FULL.chars) -> int:
    """Return the most that `words` take, cut to `limit` characters."""
    room = min(len(words), limit) + _DEAREST * min(len(_DEAR.findall(words)), limit) + _FRONT
    room += _MOMENT * len(moments(words))
    if not words.isascii():
        room += min(sum(character > "\uffff" for character in words), limit)
    return room + _NAMED * words.count(_TYPED)


def line(words: str) -> int:
    """Return the size of text that wraps: a paragraph, a bullet, a warning."""
    return _prose() + text(words)


def code(words: str) -> int:
    """Return the size of a fixed-width line, or a cell of such."""
    braces = len(_BRACES.findall(words)) if "{{" in words else 0
    return _mono() * (1 + min(braces, FULL.chars)) + text(words)


def fact(one: Fact) -> int:
    """Return the size of a label with its value."""
    return _fact() + text(one.label, FULL.title) + text(one.value)


def cells(columns: tuple[Column, ...], row: tuple[Cell, ...]) -> int:
    """Return the size of a table's row."""
    frames = (_cell(one.tone, column.numeric) for one, column in zip(row, columns, strict=True))
    return _row() + sum(frames) + sum(text(one.text) for one in row)


def difference(one: Difference) -> int:
    """Return the size of a difference in a plan."""
    return _difference() + code(one.path) + one.path.count(".") + code(one.before) + code(one.after)


def step(one: StepLine) -> int:
    """Return the size of a step of running work."""
    return _step(one.state) + text(one.title) + text(one.remark)


def entry(one: HelpEntry) -> int:
    """Return the size of a command in a list of commands."""
    return _entry() + code(one.usage) + text(one.summary) + text(one.who)


def head(part: Section) -> int:
    """Return the size of a section besides its items, on each page that shows some of them; a chart is one item."""
    match part:
        case Table():
            one = tuple(Cell("0") for _ in part.columns)
            return _size(sections((Table(part.columns, (one,), part.title),), FULL)) + _SHARE * len(part.columns)
        case Facts():
            return _size(sections((Facts((Fact("0", "0"),), part.title),), FULL))
        case Lines():
            return _size(sections((Lines(("0",), part.title, part.code),), FULL))
        case Chart():
            return _size(sections((part,), FULL)) + _NAMED * str(part).count(_TYPED)


def _size(elements: list[ac.CardElement]) -> int:
    return sum(_json(element) for element in elements)


def _json(element: ac.CardElement) -> int:
    shown = json.dumps(ac.as_json(element), ensure_ascii=False, separators=(",", ":"))
    return len(shown.encode("utf-16-le", "surrogatepass")) // 2 + 1


@cache
def _prose() -> int:
    return _json(prose("0", FULL, spacing="Small"))


@cache
def _mono() -> int:
    return _json(mono("0", FULL))


@cache
def _fact() -> int:
    one = Fact("0", "0", Tone.WARNING)
    return _size(facts((one, one), FULL)) - _size(facts((one,), FULL))


@cache
def _row() -> int:
    return _json(row())


@cache
def _cell(tone: Tone, numeric: bool) -> int:
    return _json(row(cell(Cell("0", tone), Column("0", numeric=numeric), FULL))) - _row() + 1


@cache
def _difference() -> int:
    return _json(difference_row(Difference("0", "0", "0"), FULL)) - 3 * _mono()


@cache
def _step(state: StepState) -> int:
    return _json(step_row(StepLine("0", state, "0"), FULL))


@cache
def _entry() -> int:
    return _json(entry_row(HelpEntry("0", "0", "0"), FULL))
