"""Any view at all, for tests of what must hold for every one."""

from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from cards.views import (
    Approval,
    Button,
    ButtonStyle,
    Cell,
    Chart,
    Column,
    Difference,
    Fact,
    Facts,
    Failure,
    Help,
    HelpEntry,
    Lines,
    Notice,
    Plan,
    Progress,
    Refresh,
    Request,
    Slice,
    Status,
    StepLine,
    StepState,
    Table,
    Tone,
    View,
    opening,
)

T = TypeVar("T")

# Cards of a thousand elements take their time.
PATIENT = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)

# Short, long, of two UTF-16 units each, of many JSON characters each, markup, and anything.
TEXTS = st.one_of(
    st.text(max_size=20),
    st.integers(0, 3_000).map(lambda size: "x" * size),
    st.integers(0, 1_500).map(lambda size: "𝔸" * size),
    st.integers(0, 1_500).map(lambda size: '"\\' * size),
    st.sampled_from(["**x**", "[a](http://b)", "<at>y</at>", "\x1b[31m", "line\nline", "", "{{DATE(2026-11-23)}}"]),
)
_NAMES = st.text(max_size=40)

_DATA = st.dictionaries(_NAMES, _NAMES, max_size=3).map(lambda data: tuple(data.items()))
_PRESSED = st.builds(Button, TEXTS, _NAMES, _DATA, st.sampled_from(ButtonStyle))
_OPENED = st.builds(opening, TEXTS, st.sampled_from(["https://portal.azure.com/#resource/x", "https://example.org"]))
BUTTONS = st.lists(_PRESSED | _OPENED, max_size=6).map(tuple)
# As long as the ids that Teams gives to people, and more of them than it takes.
_PEOPLE = st.integers(0, 90).map(lambda count: tuple(f"29:{number:0100}" for number in range(count)))
REFRESHES = st.none() | st.builds(Refresh, _NAMES, _DATA, _PEOPLE)


_COLUMNS = st.builds(Column, TEXTS, st.integers(1, 9), st.booleans())


@st.composite
def _tables(draw: st.DrawFn) -> Table:
    columns = tuple(draw(st.lists(_COLUMNS, min_size=1, max_size=8)))
    row = st.tuples(*(st.builds(Cell, TEXTS, st.from_type(Tone)) for _ in columns))
    rows = tuple(draw(st.lists(row, max_size=4)))
    return Table(columns, rows * draw(st.integers(1, 60)), draw(TEXTS), draw(TEXTS))


def _many(items: st.SearchStrategy[T]) -> st.SearchStrategy[tuple[T, ...]]:
    few = st.lists(items, max_size=4).map(tuple)
    return st.builds(lambda given, times: given * times, few, st.integers(1, 60))


_FACTS = _many(st.builds(Fact, TEXTS, TEXTS, st.from_type(Tone)))
_LINES = _many(TEXTS)
_SLICES = _many(st.builds(Slice, TEXTS, st.integers(0, 10**9), st.from_type(Tone)))
_ENTRIES = _many(st.builds(HelpEntry, TEXTS, TEXTS, TEXTS))
_STEPS = _many(st.builds(StepLine, TEXTS, st.from_type(StepState), TEXTS))
_SECTIONS = st.lists(
    st.one_of(
        st.builds(Facts, _FACTS, TEXTS),
        st.builds(Chart, TEXTS, _SLICES),
        st.builds(Lines, _LINES, TEXTS, st.booleans(), TEXTS),
        _tables(),
    ),
    max_size=4,
).map(tuple)

_PLANS = st.builds(
    Plan,
    TEXTS,
    TEXTS,
    _many(st.builds(Difference, TEXTS, TEXTS, TEXTS)),
    _LINES,
    _LINES,
    TEXTS,
    _SECTIONS,
    BUTTONS,
    effects=_LINES,
)
REQUESTS = st.builds(
    Request,
    _PLANS,
    state=TEXTS,
    needed=st.integers(0, 5),
    approvals=_many(st.builds(Approval, TEXTS, TEXTS)),
    reason=TEXTS,
    expires=TEXTS,
    approvers=_LINES,
    emergency=st.booleans(),
    note=TEXTS,
    buttons=BUTTONS,
    refresh=REFRESHES,
)

VIEWS: st.SearchStrategy[View] = st.one_of(
    st.builds(Notice, TEXTS, TEXTS, st.from_type(Tone), _SECTIONS, BUTTONS, REFRESHES),
    st.builds(Status, TEXTS, TEXTS, st.from_type(Tone), _LINES, _SECTIONS, TEXTS),
    _PLANS,
    REQUESTS,
    st.builds(Progress, TEXTS, TEXTS, _STEPS, _LINES, _LINES, TEXTS, BUTTONS),
    st.builds(Failure, TEXTS, TEXTS, _FACTS, _LINES, TEXTS, _SECTIONS, BUTTONS),
    st.builds(Help, TEXTS, TEXTS, _ENTRIES, _ENTRIES, _LINES, TEXTS, _SECTIONS),
)
