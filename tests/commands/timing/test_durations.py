"""Lengths of time as people write and read them."""

import contextlib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.timing.durations import parse, spoken


@pytest.mark.parametrize(
    ("text", "seconds"), [("30s", 30), ("10m", 600), (" 4 H ", 14400), ("14d", 1209600), ("0s", 0)]
)
def test_a_number_and_a_unit(text, seconds):
    assert parse(text).total_seconds() == seconds


@pytest.mark.parametrize("text", ["", "10", "m", "1.5h", "-3s", "1h30m", "10 years", "9999999s", "3s\n4s"])
def test_everything_else_is_refused_with_what_would_be_right(text):
    with pytest.raises(ValueError, match="as in 30s, 10m, 4h or 14d"):
        parse(text)


@given(st.text(max_size=12))
def test_nothing_typed_can_break_it(text):
    with contextlib.suppress(ValueError):
        assert parse(text) >= timedelta(0)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "0 s"),
        (0, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (90, "1 min 30 s"),
        (600, "10 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (7500, "2 h 5 min"),
        (47 * 3600, "47 h"),
        (48 * 3600, "2 days"),
        (21.3 * 86400, "21 days"),
    ],
)
def test_the_largest_unit_says_enough(seconds, words):
    assert spoken(timedelta(seconds=seconds)) == words
