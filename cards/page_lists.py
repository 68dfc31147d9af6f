"""The lists of a view that are divided among pages, with the size of each item on a card."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cards import escaping, room
from cards.limits import LEVELS
from cards.sections import counts
from cards.views import (
    Chart,
    Facts,
    Failure,
    Help,
    Lines,
    Notice,
    Plan,
    Progress,
    Request,
    Section,
    Status,
    Table,
    View,
)

ROWS: Final = LEVELS[0].rows
# The most values or paragraphs, and parts of all charts, that stand on every page.
FEW: Final = 8
_SLICES: Final = 24
# What a list that is no section takes besides its items: a heading, a ground, a table's frame and its header.
_HEAD: Final = 250
_TABLE_HEAD: Final = 900


@dataclass(frozen=True)
class PageList:
    """A list to be divided among pages: a field of the view, or one of its sections (by its place, else -1).

    `head` is the size of what it takes besides its items, `costs` are the sizes of these, as `cards.room` has them.
    """

    field: str
    place: int
    items: Sequence[object]
    head: int
    costs: Sequence[int]
    newest_first: bool = False


def lists_of(view: View, *, keep: bool) -> list[PageList]:
    """Return the lists of the view, problems first; without `keep`, also those that otherwise stand on every page."""
    sections = sections_of(view)
    kept = _summaries(sections) if keep else frozenset()
    parts = [_section(place, part) for place, part in enumerate(sections) if place not in kept]
    return [*_fields(view, keep=keep), *parts]


def _summaries(sections: Sequence[Section]) -> frozenset[int]:
    """Return the places of the summarising sections, if they are few and short."""
    charts = {place: part for place, part in enumerate(sections) if isinstance(part, Chart)}
    values = {place: part for place, part in enumerate(sections) if isinstance(part, Facts)}
    few = len(values) <= FEW and sum(len(part.facts) for part in values.values()) <= FEW
    drawn = len(charts) <= FEW and sum(len(part.slices) for part in charts.values()) <= _SLICES
    return frozenset((*(charts if drawn else ()), *(values if few else ())))


def _fields(view: View, *, keep: bool) -> Iterator[PageList]:
    match view:
        case Notice(text=words) | Help(text=words):
            yield from _paragraphs("text", words, keep=keep)
        case Failure(cause=words):
            yield from _paragraphs("cause", words, keep=keep)
        case Status(problems=problems):
            yield from _field("problems", problems, room.line)
        case Plan() | Request():
            plan = view.plan if isinstance(view, Request) else view
            yield from _field("effects", plan.effects, room.line)
            yield from _field("warnings", plan.warnings, room.line)
            yield from _field("differences", plan.differences, room.difference, _TABLE_HEAD)
            yield from _field("consequences", plan.consequences, room.line)
        case Progress():
            yield from _field("warnings", view.warnings, room.line)
            yield from _field("details", view.details, room.code)
            yield from _field("steps", view.steps[::-1], room.step, newest_first=True)
    if isinstance(view, Failure):
        yield from _field("now", view.now, room.fact)
        yield from _field("advice", view.advice, room.line)
    if isinstance(view, Help):
        yield from _field("allowed", view.allowed, room.entry)
        yield from _field("others", view.others, room.entry)
        yield from _field("examples", view.examples, room.code)


def _paragraphs(name: str, words: str, *, keep: bool) -> Iterator[PageList]:
    lines = escaping.paragraphs(words)
    if not (keep and len(lines) <= FEW):
        yield from _field(name, lines, room.line)


def _field(
    name: str, items: Sequence[Any], cost: Callable[[Any], int], head: int = _HEAD, *, newest_first: bool = False
) -> Iterator[PageList]:
    if items:
        yield PageList(name, -1, items, head, [cost(one) for one in items], newest_first)


def _section(place: int, part: Section) -> PageList:
    match part:
        case Table():
            costs = [room.cells(part.columns, row) for row in part.rows]
            return PageList("sections", place, part.rows, room.head(part), costs)
        case Facts():
            return PageList("sections", place, part.facts, room.head(part), [room.fact(one) for one in part.facts])
        case Lines():
            cost = room.code if part.code else room.line
            return PageList("sections", place, part.lines, room.head(part), [cost(one) for one in part.lines])
        case Chart():
            if len(part.slices) > ROWS:
                return _section(place, Facts(counts(part.slices), part.title))
            return PageList("sections", place, (), room.head(part), ())


def sections_of(view: View) -> tuple[Section, ...]:
    """Return the sections of the view; those of a request are its plan's."""
    match view:
        case Progress():
            return ()
        case Request():
            return view.plan.sections
    return view.sections
