"""A view that is longer than a card, as pages: each row stands on exactly one of them, in order, none is lost. Pure.

What is wrong comes first. The headline, charts, and the few words and values that sum things up stand on every page.
A page breaks where a list has as many rows as people still read in a chat, or where the card would be too large.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, TypeVar, cast

from cards import escaping, room
from cards.adaptive import MAX_CHARACTERS, size
from cards.limits import LEVELS
from cards.sections import counts
from cards.times import joined
from cards.views import (
    PAGE,
    Button,
    Chart,
    Facts,
    Failure,
    Help,
    Lines,
    Notice,
    Page,
    Plan,
    Progress,
    Request,
    Section,
    Status,
    StepLine,
    Table,
    View,
)

_ROWS: Final = LEVELS[0].rows
# What stands on every page: so many values, parts of all charts, paragraphs, sections, and half of the room.
_FEW: Final = 8
_SLICES: Final = 24
_SECTIONS: Final = 20
# What a list that is no section takes besides its items: a heading, a ground, a table's frame and its header.
_HEAD: Final = 250
_TABLE_HEAD: Final = 900
# What is put on a page on its way: the name of its hub, why a button did nothing.
_ADDED: Final = 1_000
# A number of a page has at most so many digits here; more pages than that are nobody's.
_LARGEST: Final = 9_999_999

ViewT = TypeVar("ViewT", bound=View)
Data = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class _List:
    """What pages walk through: a field of the view, or one of its sections (by its place). `costs` are its items'."""

    field: str
    place: int
    items: Sequence[object]
    head: int
    costs: Sequence[int]
    newest_first: bool = False


@dataclass(frozen=True)
class _Part:
    """What a page has of a list."""

    which: int
    begin: int
    end: int


class Pages(Generic[ViewT]):
    """A view's pages. To make it takes time with the view's length, to take a page of it only with that page's."""

    def __init__(self, view: ViewT, data: Callable[[int], Data] | None, line: str = "") -> None:
        """Divide the view. `data` returns what the button to a page sends; without it there are no such buttons.

        `line` is the line to type for the first page, empty where it cannot be typed.
        """
        self._view = view
        self._data = data
        self._line = line
        self._lists = _lists(view, keep=True)
        spare = self._spare()
        if spare < MAX_CHARACTERS // 2:
            self._lists = _lists(view, keep=False)
            spare = self._spare()
        self._pages = _walk(self._lists, spare)

    @property
    def count(self) -> int:
        """How many there are: at least one."""
        return len(self._pages)

    def page(self, number: int) -> ViewT:
        """The page of that number, from 1; the view as it is where it is the only one. Raises IndexError."""
        if not 1 <= number <= self.count:
            raise IndexError(number)
        return self._view if self.count == 1 else self._shown(number, self.count, self._pages[number - 1])

    def _spare(self) -> int:
        return MAX_CHARACTERS - _ADDED - size(self._shown(_LARGEST - 1, _LARGEST, ()))

    def _shown(self, number: int, count: int, parts: Sequence[_Part]) -> ViewT:
        following = f"{self._line} --page {number + 1}" if self._line and number < count else ""
        buttons = turning(number, count, self._data) if self._data else ()
        shown = _with(self._view, self._lists, {part.which: part for part in parts})
        page = Page(number, count, following)
        return cast("ViewT", replace(shown, buttons=(*shown.buttons, *buttons), page=page))


def one_page(view: ViewT, number: int, data: Data) -> ViewT:
    """The page of that number, or the nearest that there is; buttons send `data` and the page's number."""
    pages = Pages(view, lambda page: (*data, ("page", str(page))))
    return pages.page(max(1, min(number, pages.count)))


def all_pages(view: ViewT) -> list[ViewT]:
    """Every page, to be shown one below the other."""
    pages = Pages(view, None)
    return [pages.page(number) for number in range(1, pages.count + 1)]


def turning(number: int, count: int, data: Callable[[int], Data]) -> tuple[Button, ...]:
    """The buttons to the pages beside this one; `data` is what leads to a page."""
    following = (Button("Next page", PAGE, data(number + 1)),) if number < count else ()
    previous = (Button("Previous page", PAGE, data(number - 1)),) if number > 1 else ()
    return (*following, *previous)


def only_turning(buttons: Sequence[Button]) -> tuple[Button, ...]:
    """Those of the buttons that lead to other pages."""
    return tuple(button for button in buttons if button.verb == PAGE)


# Walking


def _walk(lists: Sequence[_List], spare: int) -> list[list[_Part]]:
    pages: list[list[_Part]] = [[]]
    left = spare
    for which, one in enumerate(lists):
        begin, cost = 0, one.head
        for unit_begin, unit_end in _units(one):
            needed = sum(one.costs[unit_begin:unit_end])
            if _is_full(pages[-1], needed + cost - left, unit_end - begin) and (pages[-1] or unit_begin > begin):
                _close(pages, which, begin, unit_begin)
                begin, left, cost = unit_begin, spare, one.head
            left -= needed + cost
            cost = 0
        pages[-1].append(_Part(which, begin, len(one.items)))
    return pages


def _is_full(page: Sequence[_Part], excess: int, rows: int) -> bool:
    return excess > 0 or rows > _ROWS or len(page) >= _SECTIONS


def _close(pages: list[list[_Part]], which: int, begin: int, end: int) -> None:
    if end > begin:
        pages[-1].append(_Part(which, begin, end))
    pages.append([])


def _units(one: _List) -> Iterator[tuple[int, int]]:
    """Yield the ranges of items that stay together: a line and the advice below it. An empty list is one range."""
    begin = 0
    for end in range(1, len(one.items)):
        if not str(one.items[end]).startswith("→") or end - begin >= _FEW:
            yield begin, end
            begin = end
    yield begin, len(one.items)


# What is walked through


def _lists(view: View, *, keep: bool) -> list[_List]:
    """The lists of the view, what is wrong first; without `keep`, those that otherwise stand on every page as well."""
    sections = _sections_of(view)
    kept = _kept(sections) if keep else frozenset()
    parts = [_section(place, part) for place, part in enumerate(sections) if place not in kept]
    return [*_fields(view, keep=keep), *parts]


def _kept(sections: Sequence[Section]) -> frozenset[int]:
    """The places of the sections that sum things up, where they are few and short."""
    charts = {place: part for place, part in enumerate(sections) if isinstance(part, Chart)}
    values = {place: part for place, part in enumerate(sections) if isinstance(part, Facts)}
    few = len(values) <= _FEW and sum(len(part.facts) for part in values.values()) <= _FEW
    drawn = len(charts) <= _FEW and sum(len(part.slices) for part in charts.values()) <= _SLICES
    return frozenset((*(charts if drawn else ()), *(values if few else ())))


def _fields(view: View, *, keep: bool) -> Iterator[_List]:
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


def _paragraphs(name: str, words: str, *, keep: bool) -> Iterator[_List]:
    lines = escaping.paragraphs(words)
    if not (keep and len(lines) <= _FEW):
        yield from _field(name, lines, room.line)


def _field(
    name: str, items: Sequence[Any], cost: Callable[[Any], int], head: int = _HEAD, *, newest_first: bool = False
) -> Iterator[_List]:
    if items:
        yield _List(name, -1, items, head, [cost(one) for one in items], newest_first)


def _section(place: int, part: Section) -> _List:
    match part:
        case Table():
            costs = [room.cells(part.columns, row) for row in part.rows]
            return _List("sections", place, part.rows, room.head(part), costs)
        case Facts():
            return _List("sections", place, part.facts, room.head(part), [room.fact(one) for one in part.facts])
        case Lines():
            cost = room.code if part.code else room.line
            return _List("sections", place, part.lines, room.head(part), [cost(one) for one in part.lines])
        case Chart():
            if len(part.slices) > _ROWS:
                return _section(place, Facts(counts(part.slices), part.title))
            return _List("sections", place, (), room.head(part), ())


# Putting a page together


def _with(view: View, lists: Sequence[_List], parts: Mapping[int, _Part]) -> View:
    """The view with those parts of its lists, and with all that is no list of these."""
    fields: dict[str, object] = {one.field: () for one in lists if one.place < 0}
    sections: dict[int, Section | None] = {one.place: None for one in lists if one.place >= 0}
    there = _sections_of(view)
    beyond: dict[str, Sequence[object]] = {one.field: one.items for one in lists}
    for which, part in parts.items():
        one = lists[which]
        items = tuple(one.items[part.begin : part.end])
        if one.place < 0:
            fields[one.field] = items[::-1] if one.newest_first else items
            beyond[one.field] = (*one.items[: part.begin], *one.items[part.end :])
        else:
            sections[one.place] = _holding(there[one.place], items)
    fields |= {
        name: joined("\n", *cast("tuple[str, ...]", fields[name])) for name in ("text", "cause") if name in fields
    }
    if isinstance(view, Progress):
        steps = cast("Sequence[StepLine]", beyond.get("steps", ()))
        return replace(view, **cast("Any", fields), elsewhere=tuple(step.state for step in steps))
    shown = (sections.get(place, part) for place, part in enumerate(there))
    fields["sections"] = tuple(part for part in shown if part is not None)
    if isinstance(view, Request):
        return replace(view, plan=replace(view.plan, **cast("Any", fields)))
    return replace(view, **cast("Any", fields))


def _holding(part: Section, items: tuple[Any, ...]) -> Section:
    match part:
        case Table():
            return replace(part, rows=items)
        case Facts():
            return replace(part, facts=items)
        case Lines():
            return replace(part, lines=items)
        case Chart():
            return Facts(items, part.title) if items else part


def _sections_of(view: View) -> tuple[Section, ...]:
    match view:
        case Progress():
            return ()
        case Request():
            return view.plan.sections
    return view.sections
