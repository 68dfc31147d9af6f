"""Pages of a view that is longer than a card: each row stands on exactly one of them, in order, none is lost. Pure.

Problems come first. The headline, charts, and short summaries stand on every page. A page breaks where a list has as
many rows as people still read in a chat, or where the card would be too large.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, TypeVar, cast

from cards.adaptive import MAX_CHARACTERS, size
from cards.page_lists import FEW, ROWS, PageList, lists_of, sections_of
from cards.times import joined
from cards.views import (
    PAGE,
    Button,
    Chart,
    Facts,
    Lines,
    Page,
    Progress,
    Request,
    Section,
    StepLine,
    Table,
    View,
)

# The most lists on a page.
_SECTIONS: Final = 20
# What is put on a page on its way: the name of its hub, why a button did nothing.
_ADDED: Final = 1_000
# A number of a page has at most so many digits here; more pages than that are nobody's.
_LARGEST: Final = 9_999_999

ViewT = TypeVar("ViewT", bound=View)
Data = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class _Part:
    """The part of a list on a page."""

    which: int
    begin: int
    end: int


class Pages(Generic[ViewT]):
    """The pages of a view. Creation takes time with the view's length, a page of it only with that page's."""

    def __init__(self, view: ViewT, data: Callable[[int], Data] | None, line: str = "") -> None:
        """Divide the view. `data` returns what the button to a page sends; without it there are no such buttons.

        `line` is the line to type for the first page, empty where it cannot be typed.
        """
        self._view = view
        self._data = data
        self._line = line
        self._lists = lists_of(view, keep=True)
        spare = self._spare()
        if spare < MAX_CHARACTERS // 2:
            self._lists = lists_of(view, keep=False)
            spare = self._spare()
        self._pages = _walk(self._lists, spare)

    @property
    def count(self) -> int:
        """The number of pages, at least one."""
        return len(self._pages)

    def page(self, number: int) -> ViewT:
        """Return the page of that number, from 1; the view itself where it is the only one. Raise IndexError."""
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
    """Return the page of that number, or the nearest there is; buttons send `data` and the page's number."""
    pages = Pages(view, lambda page: (*data, ("page", str(page))))
    return pages.page(max(1, min(number, pages.count)))


def all_pages(view: ViewT) -> list[ViewT]:
    """Return every page, to be shown one below the other."""
    pages = Pages(view, None)
    return [pages.page(number) for number in range(1, pages.count + 1)]


def turning(number: int, count: int, data: Callable[[int], Data]) -> tuple[Button, ...]:
    """Return the buttons to the pages before and after this one; `data` returns what leads to a page."""
    following = (Button("Next page", PAGE, data(number + 1)),) if number < count else ()
    previous = (Button("Previous page", PAGE, data(number - 1)),) if number > 1 else ()
    return (*following, *previous)


def only_turning(buttons: Sequence[Button]) -> tuple[Button, ...]:
    """Return those of the buttons that lead to other pages."""
    return tuple(button for button in buttons if button.verb == PAGE)


# Walking


def _walk(lists: Sequence[PageList], spare: int) -> list[list[_Part]]:
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
    return excess > 0 or rows > ROWS or len(page) >= _SECTIONS


def _close(pages: list[list[_Part]], which: int, begin: int, end: int) -> None:
    if end > begin:
        pages[-1].append(_Part(which, begin, end))
    pages.append([])


def _units(one: PageList) -> Iterator[tuple[int, int]]:
    """Yield the ranges of items that stay together: a line and the advice below it. An empty list is one range."""
    begin = 0
    for end in range(1, len(one.items)):
        if not str(one.items[end]).startswith("→") or end - begin >= FEW:
            yield begin, end
            begin = end
    yield begin, len(one.items)


# Putting a page together


def _with(view: View, lists: Sequence[PageList], parts: Mapping[int, _Part]) -> View:
    """Return the view with these parts of its lists, and with everything else."""
    fields: dict[str, object] = {one.field: () for one in lists if one.place < 0}
    sections: dict[int, Section | None] = {one.place: None for one in lists if one.place >= 0}
    there = sections_of(view)
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
