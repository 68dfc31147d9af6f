"""Cron lines: which are taken, and when they come, also when the clocks are changed."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commands.schedules.rules import times
from commands.timing.cron import OFTENEST, Cron, Holidays, Timetable, times_of
from commands.timing.once import Once

BERLIN = Timetable("Europe/Berlin")


def utc(*when):
    return datetime(*when, tzinfo=UTC)


def hours(line, moment, count, timetable=BERLIN):
    return [timetable.shown(one)[4:20] for one in timetable.next(Cron.parse(line), moment, count)]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("* * *", "five fields"),
        ("", "five fields"),
        ("0 19 * * * *", "five fields"),
        ("@daily", "five fields"),
        ("R R * * *", "five fields"),
        ("0 19 L * *", "five fields"),
        ("0 19 * * fri#2", "five fields"),
        ("0 19 * * *; rm", "five fields"),
        ("x" * 500, "at most 100"),
        ("0 0 31 2 *", "never fires"),
        ("0 0 30 feb *", "never fires"),
        ("* * * * *", "every 15 minutes"),
        ("*/14 * * * *", "every 15 minutes"),
        ("0,5 3 29 2 *", "every 15 minutes"),
        ("5,55 0,23 28,29 2 *", "every 15 minutes"),
        ("60 * * * *", "out of its range"),
        ("0 24 * * *", "out of its range"),
        ("0 0 * 13 *", "out of its range"),
        ("0 19 * * xyz", "cannot be read"),
        ("*/0 * * * *", "cannot be read"),
    ],
)
def test_a_line_that_is_none_is_refused_with_the_reason(text, why):
    with pytest.raises(ValueError, match=why):
        Cron.parse(text)


@pytest.mark.parametrize(
    "text", ["0 19 * * 1-5", "0 19 * * MON-FRI", " 0  19 * * * ", "*/15 * * * *", "0 0 29 2 *", "30 7 1,15 jan-jun *"]
)
def test_a_line_is_taken_with_numbers_names_ranges_lists_and_steps(text):
    line = Cron.parse(text)
    assert line == " ".join(text.lower().split())
    assert Cron.parse(line) == line


_FIELD = st.text("0123456789*/,-monja", min_size=1, max_size=5)


@settings(deadline=None)
@given(st.text(max_size=40) | st.lists(_FIELD, min_size=5, max_size=5).map(" ".join))
def test_whatever_is_typed_is_refused_in_words_or_comes_seldom_enough(text):
    line, told = None, ""
    try:
        line = Cron.parse(text)
    except ValueError as error:
        told = str(error)
    assert bool(told) == (line is None)
    if line is not None:
        first, second = BERLIN.next(line, utc(2026, 11, 23, 9), 2)
        assert second - first >= OFTENEST


def test_weekdays_are_those_of_the_time_zone():
    # Sunday 23:30 in UTC is Monday in Berlin.
    assert hours("0 1 * * mon", utc(2026, 11, 22, 23, 30), 1) == ["2026-11-23 01:00"]
    assert BERLIN.after(Cron.parse("0 1 * * mon"), utc(2026, 11, 22, 23, 30)) == utc(2026, 11, 23, 0)


def test_a_time_that_the_clocks_skip_comes_as_much_later_and_once():
    found = hours("30 2 * * *", utc(2026, 3, 28, 12), 3)
    assert found == ["2026-03-29 03:30", "2026-03-30 02:30", "2026-03-31 02:30"]
    found = hours("*/30 * * * *", utc(2026, 3, 29, 0), 4)
    assert found == ["2026-03-29 01:30", "2026-03-29 03:00", "2026-03-29 03:30", "2026-03-29 04:00"]


def test_a_time_that_the_clocks_show_twice_comes_the_first_time_and_once():
    line = Cron.parse("30 2 * * *")
    assert BERLIN.next(line, utc(2026, 10, 24, 12), 2) == [utc(2026, 10, 25, 0, 30), utc(2026, 10, 26, 1, 30)]
    assert BERLIN.after(line, utc(2026, 10, 25, 0, 30)) == utc(2026, 10, 26, 1, 30)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "Asia/Kolkata"])
@pytest.mark.parametrize("text", ["*/15 * * * *", "30 2 * * *", "0 0 * * *"])
@pytest.mark.parametrize("start", [(2026, 3, 27), (2026, 4, 3), (2026, 10, 2), (2026, 10, 23), (2026, 10, 30)])
def test_times_only_go_forward_and_none_comes_twice(zone, text, start):
    found = Timetable(zone).next(Cron.parse(text), utc(*start), 12)
    assert found == sorted(set(found))


def test_it_goes_on_from_where_it_was_even_between_two_times():
    line = Cron.parse("0 19 * * *")
    assert BERLIN.after(line, utc(2026, 11, 23, 18)) == utc(2026, 11, 24, 18)
    assert BERLIN.after(line, utc(2026, 11, 23, 17, 59, 59, 999_999)) == utc(2026, 11, 23, 18)


def test_holidays_are_whole_days_and_left_out_of_what_is_shown():
    timetable = Timetable("Europe/Berlin", (Holidays(date(2026, 12, 24), date(2026, 12, 26)),))
    assert timetable.is_holiday(utc(2026, 12, 23, 23, 30))
    assert not timetable.is_holiday(utc(2026, 12, 26, 23, 30))
    found = times(Cron.parse("0 19 * * *"), timetable, utc(2026, 12, 23, 12), 2)
    assert [timetable.day(one).day for one in found] == [23, 27]


def test_where_all_is_a_holiday_nothing_is_shown():
    timetable = Timetable("UTC", (Holidays(date(2026, 1, 1), date(2099, 1, 1)),))
    assert times(Cron.parse("0 19 * * *"), timetable, utc(2026, 12, 23)) == []


def test_what_comes_once_comes_once_on_any_day():
    moment = datetime(2026, 12, 25, 8, 15, tzinfo=UTC)
    once = times_of(Once.at(moment.astimezone(ZoneInfo("Asia/Tokyo"))))
    assert once == "@2026-12-25T08:15:00+00:00"
    table = Timetable("Europe/Berlin", (Holidays(date(2026, 12, 25), date(2026, 12, 25)),))
    assert table.after(once, moment - timedelta(seconds=1)) == moment
    assert table.after(once, moment) > datetime(9999, 1, 1, tzinfo=UTC)
    assert not table.rests(once, moment)
    assert table.rests(Cron.parse("0 9 * * *"), moment)
    assert table.when(once) == "Fri 2026-12-25 09:15 Europe/Berlin"
    assert table.when("0 9 * * *") == "0 9 * * * (Europe/Berlin)"


def test_two_moments_are_told_as_one_span():
    table, start = Timetable("Europe/Berlin"), datetime(2026, 12, 3, 8, tzinfo=UTC)
    assert table.span(start, start + timedelta(hours=2)) == "Thu 2026-12-03 09:00–11:00 Europe/Berlin"
    assert table.span(start, start + timedelta(days=1)) == "Thu 2026-12-03 09:00 – Fri 2026-12-04 09:00 Europe/Berlin"
