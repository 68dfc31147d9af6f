"""What people typed is read as they typed it, and does nothing."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from cards import adaptive
from cards import escaping as literal
from cards.views import Approval, Difference, Fact, Facts, Plan, Request
from tests.cards.schema import elements
from tests.cards.strategies import PATIENT, VIEWS

_MARKUP = st.text(alphabet="*_[]()<>`~|#+-=.:!&;{}\\ \n\t1aé/\"'", max_size=40)


@given(_MARKUP | st.text(max_size=60))
@example("**x**")
@example("[a](http://b)")
@example("<at>Ada</at> &lt; &#60;")
@example("http://a_b_c/*d*")
@example("***")
@example("1. a")
def test_markdown_reads_as_the_text_itself(text):
    assert _read(literal.markdown(text)) == literal.clean(text)


@given(_MARKUP)
@example("[a](http://b)")
@example("{{{DATE(2026-11-23T09:14:07Z)}}")
def test_no_link_for_parsers_that_ignore_backslashes(text):
    assert "](" not in literal.markdown(text)
    assert "{{" not in literal.markdown(text)


def test_words_are_not_disturbed():
    text = "jupyter-ada user_name 3f9a41c a.b/c:d (12 of 40) 5 < 6 & 7 > 2, it's 100% #1 --all -1 -> +2"
    assert literal.markdown(text) == text


@given(st.text())
def test_nothing_invisible_is_left(text):
    for shown in (literal.clean(text), literal.code(text), literal.markdown(text)):
        assert not re.search("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]", shown)


@given(st.text(), st.integers(2, 50))
def test_a_shortened_text_keeps_its_limit(text, limit):
    short = literal.shorten(text, limit)
    assert len(short) <= limit
    assert short == text or "…" in short


@pytest.mark.parametrize(
    ("text", "short"),
    [("a sentence that is long", "a sentence…"), ("sha256:0123456789abcdef", "sha256…bcdef")],
)
def test_prose_loses_its_end_and_words_their_middle(text, short):
    assert literal.shorten(text, 12) == short


@PATIENT
@given(VIEWS)
def test_nothing_on_any_card_acts(view):
    card = adaptive.render(view)
    assert not [shown for shown in _markdown(card) if "⟦" in _read(shown.replace("⟦", ""))]
    filled_in = [*_markdown(card), *(run for runs in _fixed(card) for run in runs)]
    assert not [shown for shown in filled_in if "{{" in shown]


@given(_MARKUP | st.text(max_size=40))
@example("<script>alert(1)</script>")
@example("Approve: [yes](http://b)")
@example("{{DATE(2026-11-23T09:14:07Z)}}")
def test_what_people_say_in_a_request_is_read_as_they_said_it(text):
    plan = Plan(
        f"Delete {text}!",
        requester=f"{text}!",
        differences=(Difference("path", "before", f"{text}!"),),
        consequences=(f"{text} ends",),
        warnings=(f"{text} is lost",),
        sections=(Facts((Fact("Owner", f"of {text}!"),)),),
    )
    approvals = (Approval(f"x{text}y", "09:00 UTC"),)
    card = adaptive.render(
        Request(plan, "Waits", 2, approvals, f"for {text}!", approvers=(f"in {text}!",), note=f"so {text}!")
    )
    shown = [_read(each) for each in _markdown(card)]
    for said in (
        f"Delete {text}!",
        f"☐ Waits · asked by {text}!",
        f"Why: for {text}!",
        f"• {text} ends",
        f"⚠ Warning: {text} is lost",
        f"of {text}!",
        f"1 more of 2 approvals by in {text}!",
        f"✔ x{text}y (09:00 UTC)",
        f"so {text}!",
    ):
        assert literal.clean(said) in shown
    assert literal.code(f"{text}!").replace("  ", "\u00a0 ") in ["".join(runs) for runs in _fixed(card)]
    assert not [run for runs in _fixed(card) for run in runs if "{{" in run]


def _markdown(card: dict[str, object]) -> list[str]:
    """Every text of the card that clients read as Markdown."""
    found = list(elements(card))
    facts = [fact for element in found if element["type"] == "FactSet" for fact in element["facts"]]
    blocks = [element["text"] for element in found if element["type"] == "TextBlock"]
    return [card["fallbackText"], *blocks, *(fact[part] for fact in facts for part in ("title", "value"))]


def _fixed(card: dict[str, object]) -> list[list[str]]:
    """The runs of every line of the card that clients do not read as Markdown."""
    lines = [element["inlines"] for element in elements(card) if element["type"] == "RichTextBlock"]
    return [[run["text"] for run in runs] for runs in lines]


def _read(markdown: str) -> str:
    """What a reader sees, by CommonMark with tables and strikethrough; a mark that acts shows as ⟦kind⟧."""
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    return "".join(map(_seen, parser.parse(markdown)))


def _seen(token: Token) -> str:
    if token.type == "inline":
        return "".join(map(_seen, token.children or []))
    if token.type in ("text", "text_special"):
        return token.content
    return "" if token.type in ("paragraph_open", "paragraph_close") else f"⟦{token.type}⟧"
