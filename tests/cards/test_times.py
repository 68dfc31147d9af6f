"""Moments in a view's text: the reader's own on a card, UTC in words; and no text of anybody's becomes one."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.changes.serialization import dump_view, load_view
from cards import adaptive, text, times
from cards import escaping as literal
from cards.pages import all_pages
from cards.times import Timed, day, hour, joined, minute, timed
from cards.views import (
    Approval,
    Cell,
    Chart,
    Column,
    Fact,
    Facts,
    Failure,
    Lines,
    Notice,
    Plan,
    Request,
    Slice,
    Status,
    Table,
    Tone,
)
from tests.cards.schema import elements
from tests.cards.strategies import PATIENT, TEXTS, VIEWS

AT = datetime(2026, 11, 29, 14, 2, 33, 456, UTC)
LOCAL = "{{DATE(2026-11-29T14:02:33Z, SHORT)}} {{TIME(2026-11-29T14:02:33Z)}}"
# What Microsoft's renderer takes for one of its functions (adaptivecards 3.0, text-formatters).
FUNCTION = re.compile(
    r"\{{2}(?:DATE\(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:Z|[+-]\d{2}:\d{2})(?:, ?(?:COMPACT|LONG|SHORT))?"
    r"|TIME\(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:Z|[+-]\d{2}:\d{2}))\)\}{2}"
)
HOSTILE = [
    LOCAL,
    "{{DATE(2026-11-29T14:02:33Z, SHORT)}}",
    "{{TIME(2026-11-29T14:02:33Z)}}",
    "{{{TIME(2026-11-29T14:02:33Z)}}}",
    "{\u200b{TIME(2026-11-29T14:02:33Z)}}",
    "{\u00ad{DATE(2026-11-29T14:02:33Z)}}",
    "\ue000m2026-11-29T14:02:33+00:00\ue001",
    "2026-11-29 14:02 UTC",
    "{",
    "{{DATE(",
]


def texts(card) -> list[str]:
    values = [fact["value"] for one in elements(card) if one["type"] == "FactSet" for fact in one["facts"]]
    return [*values, *(str(one["text"]) for one in elements(card) if one["type"] == "TextBlock")]


def everything(card) -> str:
    return json.dumps(card, ensure_ascii=False)


def places(value: str) -> list:
    """A view for each place that a text may stand in, but for fixed-width lines."""
    return [
        Notice(value),
        Notice("x", value),
        Notice("x", sections=(Facts((Fact("x", value, Tone.BAD),)), Lines((value,)))),
        Notice("x", sections=(Table((Column("x"),), ((Cell(value, Tone.GOOD),),)),)),
        Status("x", "y", Tone.GOOD, (value,), as_of=value),
        Failure("x", value, (Fact("x", value),), (value,)),
        Plan("x", "", (), (value,), (value,)),
        Request(Plan("x", ""), "Waits", 1, (Approval("Ada", value),), expires=value, reason=value, note=value),
    ]


@pytest.mark.parametrize("view", places(timed("Until ", minute(AT), ", by **Ada**")))
def test_a_card_has_the_readers_time_and_the_words_name_the_zone(view):
    card = adaptive.render(view)
    assert LOCAL in everything(card)
    assert r"\\*\\*Ada" in everything(card)
    assert "2026-11-29 14:02 UTC" in text.render(view, 200)
    assert "{{" not in text.render(view) + text.summary(view) + str(card["fallbackText"])


def test_a_day_and_an_hour_are_told_alone():
    card = adaptive.render(Notice("x", sections=(Facts((Fact("Day", day(AT)), Fact("Hour", hour(AT)))),)))
    values = [fact["value"] for one in elements(card) if one["type"] == "FactSet" for fact in one["facts"]]
    assert values == ["{{DATE(2026-11-29T14:02:33Z, SHORT)}}", "{{TIME(2026-11-29T14:02:33Z)}}"]
    assert (day(AT), hour(AT)) == ("2026-11-29", "14:02 UTC")


def test_a_moment_of_another_zone_is_the_same_moment():
    there = AT.astimezone(timezone(timedelta(hours=9)))
    assert minute(there) == minute(AT) == "2026-11-29 14:02 UTC"
    assert literal.markdown(minute(there)) == literal.markdown(minute(AT)) == LOCAL


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nobodys_text_becomes_a_moment(hostile):
    for view in (*places(hostile), *places(timed("by ", hostile, ": ", minute(AT), hostile))):
        card = adaptive.render(view)
        assert not [one for one in FUNCTION.findall(everything(card)) if one not in LOCAL]
        for shown in texts(card):
            found = "".join(FUNCTION.findall(shown))
            assert found in ("", LOCAL.replace(" {{TIME", "{{TIME")), shown
            assert len(FUNCTION.findall(shown)) in (0, 2)


@PATIENT
@given(VIEWS)
def test_no_view_without_moments_has_a_function_in_it(view):
    back = load_view(dump_view(view))
    # Where nothing of it is a moment and it is the same, so are its cards.
    for one in (view,) if times.encoded(back) == back == view else (view, back):
        for page in all_pages(one):
            assert not any(map(FUNCTION.search, texts(adaptive.render(page))))


@given(st.lists(TEXTS | st.just(minute(AT)), max_size=9), st.integers(2, 400))
def test_shortening_never_cuts_a_moment_in_two(parts, limit):
    shown = literal.shorten(literal.clean(timed(*parts)), limit)
    assert len(shown) <= limit
    drawn = literal.markdown(shown)
    assert drawn.count("{{DATE(") == drawn.count("{{TIME(") == len(times.moments(shown))
    assert len(FUNCTION.findall(drawn)) == 2 * len(times.moments(shown))


@given(st.lists(TEXTS | st.just(minute(AT)), max_size=9))
def test_a_text_with_moments_is_cleaned_as_any_other(parts):
    given_ = timed(*parts)
    assert literal.clean(given_).split() == literal.clean(str(given_)).split()
    assert literal.clean(given_).isprintable()
    assert literal.paragraphs(given_) == literal.paragraphs(str.__str__(given_)) or minute(AT) in given_


@PATIENT
@given(VIEWS, TEXTS)
@example(Notice("x"), "\n")
def test_what_is_stored_comes_back_with_its_moments(view, words):
    assert load_view(dump_view(view)) == times.decoded(times.encoded(view))
    told = Notice(timed(words, minute(AT)), timed(minute(AT), "\n", day(AT), words), sections=(Lines((hour(AT),)),))
    back = load_view(dump_view(told))
    assert adaptive.render(back) == adaptive.render(told)
    assert LOCAL in everything(adaptive.render(back))


def test_what_was_stored_as_text_stays_text_and_hostile_text_stays_text():
    old = json.dumps({"kind": "Notice", "view": {"title": "Done", "text": "Until 2026-11-29 14:02 UTC"}})
    assert texts(adaptive.render(load_view(old)))[-1] == "Until 2026-11-29 14:02 UTC"
    for hostile in HOSTILE:
        back = load_view(dump_view(Notice("x", hostile)))
        assert not any(map(FUNCTION.search, texts(adaptive.render(back))))


def test_columns_are_as_wide_as_what_is_read():
    def table(value):
        rows = ((Cell("a" * 25), Cell(value)),)
        return adaptive.render(Notice("x", sections=(Table((Column("A"), Column("B")), rows),)))

    def widths(card):
        return [one["columns"] for one in elements(card) if one["type"] == "Table"]

    assert widths(table(minute(AT))) == widths(table("2026-11-29 14:02 UTC"))


def test_pages_with_moments_fit():
    rows = tuple((Cell(minute(AT)), Cell(minute(AT)), Cell(day(AT)), Cell(timed("x ", hour(AT)))) for _ in range(300))
    view = Notice("Times", sections=(Table(tuple(Column(name) for name in "abcd"), rows),))
    shown = all_pages(view)
    assert sum(len(page.sections[0].rows) for page in shown) == 300
    assert all(adaptive.size(page) <= adaptive.MAX_CHARACTERS for page in shown)
    assert everything(adaptive.render(shown[0])).count("{{DATE") == 3 * len(shown[0].sections[0].rows)


def test_texts_are_joined_with_their_moments():
    said = joined(", ", "", "a", minute(AT), "", "b")
    assert said == "a, 2026-11-29 14:02 UTC, b"
    assert literal.markdown(said) == f"a, {LOCAL}, b"
    assert not isinstance(joined(", ", "a", "b"), Timed)
    assert joined(", ") == ""


@pytest.mark.parametrize("written", ["2026-11-29 14:02 UTC", "at an unknown time UTC", "", "2026-11-29 14:02 UTC, x"])
def test_what_the_bot_wrote_itself_is_a_moment_again(written):
    assert times.parsed_minute(written) == written
    assert bool(times.moments(times.parsed_minute(written))) == (written == "2026-11-29 14:02 UTC")


def test_a_chart_and_fixed_width_lines_stay_in_words():
    view = Notice("x", sections=(Lines((minute(AT),), code=True), Chart("x", (Slice(minute(AT), 1),))))
    assert "{{DATE" not in everything(adaptive.render(replace(view, sections=view.sections[:1])))
