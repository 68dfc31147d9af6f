"""Moments as people type them, and the hours that clocks skip and repeat."""

from datetime import UTC, datetime

import pytest

from commands.timing.iso_moments import IsoMoment, with_offset

BERLIN = "Europe/Berlin"


@pytest.mark.parametrize(
    ("typed", "instant"),
    [
        ("2026-12-03T09:00", datetime(2026, 12, 3, 8, tzinfo=UTC)),
        ("2026-12-03 09:00:59", datetime(2026, 12, 3, 8, tzinfo=UTC)),
        ("2026-07-03t09:00", datetime(2026, 7, 3, 7, tzinfo=UTC)),
        ("2026-12-03T09:00Z", datetime(2026, 12, 3, 9, tzinfo=UTC)),
        ("2026-12-03T09:00-0530", datetime(2026, 12, 3, 14, 30, tzinfo=UTC)),
        # Skipped and repeated in Berlin, and yet clear with an offset.
        ("2027-03-28T02:30+01:00", datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),
        ("2026-10-25T02:30+01:00", datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
    ],
)
def test_what_is_meant(typed, instant):
    assert IsoMoment.parse(typed).instants(BERLIN) == (instant,)


def test_a_skipped_hour_is_none_and_what_clocks_show_instead_is_told():
    skipped = IsoMoment.parse("2027-03-28T02:30")
    assert skipped.instants(BERLIN) == ()
    assert skipped.after_the_gap(BERLIN) == "2027-03-28T03:30"


def test_a_repeated_hour_is_two_each_of_which_can_be_typed():
    both = IsoMoment.parse("2026-10-25T02:30").instants(BERLIN)
    assert both == (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC))
    typed = [with_offset(one, BERLIN) for one in both]
    assert typed == ["2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00"]
    assert [IsoMoment.parse(one).instants("UTC") for one in typed] == [(one,) for one in both]


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "tomorrow",
        "2026-12-03",
        "09:00",
        "3.12.2026 09:00",
        "2026-13-03T09:00",
        "2026-02-30T09:00",
        "2026-12-03T24:30",
        "2026-12-03T09:00+25:00",
        "0001-01-01T00:00",
        "9999-12-31T23:59",
        "2026-12-03T09:00+01:00[x]",
        "2026-12-03T0９:00",
    ],
)
def test_what_is_no_moment(typed):
    with pytest.raises(ValueError, match="2026-12-03T09:00"):
        IsoMoment.parse(typed)
