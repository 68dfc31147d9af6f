"""Tables give way where it hurts least: names and ids stay whole while there is room for them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards import adaptive, text
from cards.columns import align, width
from cards.views import Cell, Column, Notice, Table
from tests.cards.samples import SAMPLES
from tests.cards.schema import elements

_NAME = re.compile(r"[\w.+'-]+@[\w.]+|\b[0-9a-f]{8}\b")
_CELLS = st.lists(st.text("ab- ", max_size=40), min_size=3, max_size=3)


@pytest.mark.parametrize("name", ["users", "storage-list", "operations", "approvals", "audit"])
def test_addresses_and_ids_stay_whole_in_a_terminal(name):
    cells = [
        cell.text for part in SAMPLES[name].sections if isinstance(part, Table) for row in part.rows for cell in row
    ]
    names = [found for cell in cells for found in _NAME.findall(cell) if len(found) <= 30]
    shown = text.render(SAMPLES[name]).split()
    assert names
    assert [found for found in names if not any(found in word for word in shown)] == []


def test_a_column_with_a_long_word_takes_room_from_those_that_have_it():
    rows = ((Cell("594ec0d2"), Cell("a few words that wrap"), Cell("4")),)
    assert _widths(Table((Column("Id"), Column("What", 9), Column("Count")), rows)) == [8.0, 57.5, 6.5]


def test_a_table_whose_words_all_fit_keeps_its_weights():
    rows = ((Cell("hub"), Cell("ready"), Cell("0")),)
    assert _widths(Table((Column("Pod", 2), Column("State", 2), Column("Count")), rows)) == [2, 2, 1]


@given(st.lists(_CELLS, min_size=1, max_size=5), st.lists(st.integers(1, 9), min_size=3, max_size=3))
def test_no_column_vanishes_and_together_they_are_as_wide_as_before(rows, weights):
    columns = tuple(Column("c", weight) for weight in weights)
    widths = _widths(Table(columns, tuple(tuple(map(Cell, cells)) for cells in rows)))
    assert min(widths) > 0
    assert sum(widths) in (sum(weights), pytest.approx(72, abs=0.3))


@given(st.lists(_CELLS, min_size=1, max_size=5), st.integers(40, 120))
def test_columns_of_text_fit_and_lose_nothing(rows, room):
    lines = align(rows, room)
    assert all(width(line) <= room for line in lines)
    assert sorted("".join(lines).replace(" ", "")) == sorted("".join(map("".join, rows)).replace(" ", ""))


def _widths(table: Table) -> list[float]:
    card = adaptive.render(Notice("x", sections=(table,)))
    (drawn,) = [element for element in elements(card) if element["type"] == "Table"]
    return [column["width"] for column in drawn["columns"]]
