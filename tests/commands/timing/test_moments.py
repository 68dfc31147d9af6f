"""Points in time ahead as people write them: with a zone and without, gone by, skipped and shown twice."""

from datetime import UTC, datetime

import pytest

from commands.timing.moments import FutureTime

# A Tuesday, 10:00 in Berlin.
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
BERLIN = "Europe/Berlin"

WRITTEN = {
    "17:00": datetime(2026, 11, 24, 16, 0, tzinfo=UTC),
    "9:30": datetime(2026, 11, 25, 8, 30, tzinfo=UTC),
    "10:00": datetime(2026, 11, 25, 9, 0, tzinfo=UTC),
    "fri 18:00": datetime(2026, 11, 27, 17, 0, tzinfo=UTC),
    "Tuesday  09:00": datetime(2026, 12, 1, 8, 0, tzinfo=UTC),
    "tue 11:00": datetime(2026, 11, 24, 10, 0, tzinfo=UTC),
    "2026-12-04T18:00": datetime(2026, 12, 4, 17, 0, tzinfo=UTC),
    "2026-12-04 18:00": datetime(2026, 12, 4, 17, 0, tzinfo=UTC),
    "2026-12-04T18:00Z": datetime(2026, 12, 4, 18, 0, tzinfo=UTC),
    "2026-12-04t18:00-05:00": datetime(2026, 12, 4, 23, 0, tzinfo=UTC),
    "2026-12-04": datetime(2026, 12, 4, 23, 0, tzinfo=UTC),
    "2020-01-01T00:00Z": datetime(2020, 1, 1, 0, 0, tzinfo=UTC),
    "3d": datetime(2026, 11, 27, 9, 0, tzinfo=UTC),
    "90m": datetime(2026, 11, 24, 10, 30, tzinfo=UTC),
}


@pytest.mark.parametrize(("text", "meant"), WRITTEN.items(), ids=WRITTEN)
def test_a_time_is_read_in_the_bots_zone_unless_it_has_its_own(text, meant):
    assert FutureTime.parse(text).moment(NOW, BERLIN) == meant


WRONG = [
    "",
    "later",
    "24:00",
    "17",
    "5pm",
    "2026-13-01",
    "2026-02-30T10:00",
    "9999-12-31",
    "0001-01-01T00:00Z",
    "2026-12-04T25:00",
    "2026-12-04T18:00+99:00",
    "2026-12-04T18:00[Europe/Berlin]",
    "0d",
    "-3d",
    "1e9d",
    "someday 18:00",
    "fri18:00",
    "١٧:٠٠",
    "17:00; rm",
    "1" * 5_000,
]


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_time_says_what_one_looks_like(text):
    with pytest.raises(ValueError, match="type a time as in 17:00"):
        FutureTime.parse(text)


def test_a_time_that_summer_time_skips_is_not_guessed_at():
    with pytest.raises(ValueError, match=r"put forward over 02:30 on 2027-03-28; type 2027-03-28T03:30"):
        FutureTime.parse("2027-03-28T02:30").moment(NOW, BERLIN)


def test_a_time_that_is_shown_twice_has_to_say_which():
    with pytest.raises(ValueError, match=r"type 2027-10-31T02:30\+02:00 or 2027-10-31T02:30\+01:00"):
        FutureTime.parse("2027-10-31T02:30").moment(NOW, BERLIN)
    second = FutureTime.parse("2027-10-31T02:30+01:00").moment(NOW, BERLIN)
    assert second == datetime(2027, 10, 31, 1, 30, tzinfo=UTC)


def test_the_longest_length_stays_within_the_calendar():
    assert FutureTime.parse("999999d").moment(NOW, BERLIN).year > 4_000
