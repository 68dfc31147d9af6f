"""Whatever a view holds, its card can be delivered, is valid, and has its buttons."""

import json
from dataclasses import replace
from itertools import chain

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cards import adaptive, text
from cards.verdict import verdict
from cards.views import (
    Button,
    Cell,
    Column,
    Fact,
    Facts,
    Help,
    Lines,
    Notice,
    Plan,
    Request,
    Status,
    Table,
    Tone,
    opening,
)
from tests.cards.samples import SAMPLES
from tests.cards.schema import elements, problems
from tests.cards.strategies import PATIENT, REFRESHES, REQUESTS, TEXTS, VIEWS


@PATIENT
@given(VIEWS)
def test_any_view_makes_a_card_that_teams_delivers(view):
    card = adaptive.render(view)
    compact = json.dumps(card, ensure_ascii=False, separators=(",", ":"))
    assert len(compact) < 28_000
    assert len(compact.encode("utf-16-le")) < 80 * 1024
    assert problems(card) == []
    assert _sent_back(card) == _given(view)


@PATIENT
@given(st.builds(Notice, TEXTS, refresh=REFRESHES) | REQUESTS)
def test_a_card_asks_for_its_own_renewal_and_for_no_more_people_than_teams_takes(view):
    card = adaptive.render(view)
    if view.refresh is None:
        assert "refresh" not in card
        return
    asked = card["refresh"]
    assert (asked["action"]["verb"], asked["action"]["data"]) == (view.refresh.verb, dict(view.refresh.data))
    assert asked.get("userIds", []) == list(view.refresh.people[:60])


@PATIENT
@given(VIEWS, st.integers(40, 120))
@example(Request(Plan("x", "y"), "\u202estate\x1b[31m\n", 1), 80)
def test_any_view_makes_text(view, width):
    shown = text.render(view, width)
    assert shown.replace("\n", "").isprintable()
    assert text.summary(view).isprintable()
    assert len(text.summary(view)) <= 200


def test_a_table_is_cut_with_a_count_and_the_way_to_the_rest():
    rows = tuple((Cell(f"pod {number}"),) for number in range(300))
    card = json.dumps(adaptive.render(Notice("Pods", sections=(Table((Column("Pod"),), rows, rest="/jhub pods hub"),))))
    assert card.count('"TableRow"') == 41
    assert "and 260 more: /jhub pods hub" in card


def test_even_a_card_cut_to_the_bone_keeps_headline_and_buttons():
    cells = tuple(Cell("x" * 500) for _ in range(60))
    table = Table(tuple(Column("y" * 100) for _ in cells), (cells,) * 50)
    buttons = tuple(Button(f"Button {number}", "press", (("data", "z" * 900),)) for number in range(6))
    card = adaptive.render(Notice("The headline", sections=(table, Lines(("l" * 900,) * 99)), buttons=buttons))
    assert any(element.get("text") == "The headline" for element in elements(card))
    assert [action["data"] for action in card["actions"]] == [{"data": "z" * 900}] * 6


def test_data_that_no_card_can_carry_is_refused_not_cut():
    view = Notice("x", buttons=(Button("x", "x", (("data", "z" * 30_000),)),))
    with pytest.raises(ValueError, match="too large"):
        adaptive.render(view)


@pytest.mark.parametrize("name", SAMPLES)
def test_the_verdict_comes_first(name):
    view = SAMPLES[name]
    texts = [str(element["text"]) for element in elements(adaptive.render(view)["body"]) if "text" in element]
    assert texts[0].startswith(verdict(view).word)
    assert text.summary(view).startswith(verdict(view).word)


def test_a_status_is_told_apart_without_colour():
    healthy = SAMPLES["status-healthy"]
    words = {verdict(replace(healthy, tone=tone)).word for tone in type(healthy.tone)}
    assert len(words) == len(type(healthy.tone))


@pytest.mark.parametrize(
    "url", ["http://x", "javascript:alert(1)", "", "https://x/\x1b[31m", "https://x y", "https://å"]
)
def test_a_card_opens_no_other_address_than_https(url):
    with pytest.raises(ValueError, match="https"):
        opening("x", url)


def _sent_back(card: dict[str, object]) -> list[tuple[str, object, str]]:
    """What pressing each button sends, or opens."""
    actions = card.get("actions", [])
    return [(action.get("verb", ""), action.get("data", {}), action.get("url", "")) for action in actions]


def _given(view) -> list[tuple[str, object, str]]:
    if isinstance(view, Status | Help):
        return []
    return [(button.verb, dict(button.data), button.url) for button in view.buttons]


@PATIENT
@given(VIEWS)
def test_good_news_holds_nothing_bad(view):
    bad = {
        part.tone
        for section in getattr(view, "sections", ())
        for part in (*getattr(section, "facts", ()), *chain(*getattr(section, "rows", ())))
    }
    assert not (verdict(view).tone is Tone.GOOD and Tone.BAD in bad)


def test_good_news_with_bad_news_in_it_is_a_warning_and_anything_worse_stays():
    sections = (Facts((Fact("hub", "0/1 ready", Tone.BAD),)),)
    assert verdict(Notice("7c1d2e9 is live", "", Tone.GOOD, sections)).word == "⚠ Warning"
    assert verdict(Status("jhub", "Everything is healthy", Tone.GOOD, sections=sections)).word == "⚠ Warning"
    assert verdict(Notice("It is not", "", Tone.BAD, sections)).tone is Tone.BAD
    assert verdict(Notice("It is", "", Tone.GOOD, (Facts((Fact("hub", "1/1 ready", Tone.GOOD),)),))).tone is Tone.GOOD
