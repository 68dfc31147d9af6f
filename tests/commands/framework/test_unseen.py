"""A value that is written is what the card shows: what nobody can see is not taken."""

import pytest

from cards.escaping import invisible
from commands.config.arguments import NewValue
from commands.framework.errors import UserError


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ("ok \u202egnp.exe", "U+202E"),
        ("z\u200bw", "U+200B"),
        ("x\ufeffbom", "U+FEFF"),
        ("a\u2066b\u2069", "U+2066, U+2069"),
        ("[a, 'b\u200b']", "U+200B"),
        ("{n\u200b: 1}", "U+200B"),
        ('"first\nsecond\u202e"', "U+202E"),
        ('"x\\u202ey"', "U+202E"),
        ("a\u200db", "U+200D"),
    ],
)
def test_what_nobody_can_see_is_refused_by_its_number(value, named):
    with pytest.raises(UserError, match=f"nobody can see \\({named.replace('+', '.')}\\)"):
        NewValue.parse(value)


@pytest.mark.parametrize(
    "value", ["8G", "Grüße", "👩\u200d💻 hi", "❤\ufe0f", '"one\n\ttwo"', "שלום", "[a, b]", "null", "5"]
)
def test_what_is_seen_is_taken(value):
    assert NewValue.parse(value)


def test_each_is_named_once():
    assert invisible("\u200b\u200b\u202e") == ["U+200B", "U+202E"]
    assert invisible("plain\ttext\n") == []
