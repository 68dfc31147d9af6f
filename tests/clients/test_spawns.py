"""The hub's counters of starts: read off its metrics, in both of their forms, and how much they grew."""

from datetime import UTC, datetime, timedelta

import pytest

from clients.hub import SpawnCounts
from clients.hub.spawns import SpawnHistory, SpawnReading

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TEN = timedelta(minutes=10)
NAME = "jupyterhub_server_spawn_duration_seconds"


def old(began=NOW - timedelta(days=2), **counts):
    """The text of JupyterHub 5.5."""
    statuses = {"success": 0, "failure": 0, "already-pending": 0, "throttled": 0, "too-many-users": 0, **counts}
    lines = [f'{NAME}_bucket{{le="0.5",status="failure"}} 99.0', f"# TYPE {NAME} histogram"]
    lines += [f'{NAME}_count{{status="{status}"}} {float(count)}' for status, count in statuses.items()]
    return "\n".join([*lines, f'{NAME}_created{{status="success"}} {began.timestamp():e}', "other_total 7.0"])


def new(*counts, began=NOW - timedelta(days=2)):
    """The text of JupyterHub 6.1, of (status, reason, count)."""
    lines = [f'{NAME}_count{{reason="{why}",status="{status}"}} {float(count)}' for status, why, count in counts]
    return "\n".join([*lines, f'{NAME}_created{{reason="",status="success"}} {began.timestamp()!r}'])


def read(text, at=NOW):
    return SpawnReading.from_text(text, at)


def grown(*readings, within=TEN):
    history = SpawnHistory()
    for reading in readings:
        history.keep(reading)
    return history.growth(within)


def test_the_counts_of_jupyterhub_5():
    found = read(old(success=5, failure=3, throttled=2, **{"too-many-users": 1, "already-pending": 9}))
    assert found.counts == SpawnCounts(started=5, failed=3, turned_away=3)
    assert abs(found.began - (NOW - timedelta(days=2))) < timedelta(hours=1)


def test_the_counts_of_jupyterhub_6():
    text = new(
        ("success", "", 5),
        ("failure", "", 1),
        ("failure", "no quota left", 2),
        ("error", "", 4),
        ("error", "exited", 3),
        ("failure", "throttled", 2),
        ("failure", "too-many-users", 1),
        ("failure", "already-pending", 9),
    )
    assert read(text).counts == SpawnCounts(started=5, failed=7, turned_away=3)


def test_a_prefix_of_its_own_is_no_other_metric():
    assert read(old(failure=2).replace("jupyterhub_", "lab_")).counts.failed == 2


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", f"{NAME}_count 5", f'{NAME}_count{{status="failure"}} x', f'{NAME}_count{{status="failure"}} -3'],
)
def test_what_is_no_counter_counts_nothing(text):
    assert read(text).counts == SpawnCounts()


def test_one_reading_says_nothing_of_what_was_before_it():
    assert grown(read(old(failure=40))) == SpawnCounts()


def test_the_growth_is_of_that_time_alone():
    early = read(old(failure=1), NOW - timedelta(minutes=40))
    begin, end = read(old(failure=9, success=2), NOW - timedelta(minutes=9)), read(old(failure=12, success=3), NOW)
    assert grown(early, begin, end) == SpawnCounts(started=1, failed=3)
    assert grown(early, begin, end, within=timedelta(hours=1)) == SpawnCounts(started=3, failed=11)


def test_a_restarted_hub_begins_at_nothing():
    """Five failures in a row end the hub of z2jh: what it counts then is a new count."""
    restarted = NOW - timedelta(minutes=3)
    readings = (
        read(old(failure=9), NOW - timedelta(minutes=8)),
        read(old(failure=11), NOW - timedelta(minutes=6)),
        read(old(failure=2, began=restarted), NOW),
    )
    assert grown(*readings) == SpawnCounts(failed=4)
    # As many as before, by another process.
    same = (read(old(failure=2), NOW - timedelta(minutes=6)), read(old(failure=2, began=restarted), NOW))
    assert grown(*same) == SpawnCounts(failed=2)


def test_without_a_beginning_fewer_than_before_is_a_restart():
    plain = f'{NAME}_count{{status="failure"}} '
    assert grown(read(plain + "7", NOW - timedelta(minutes=2)), read(plain + "3", NOW)).failed == 3


def test_counters_that_began_lately_count_whole():
    assert grown(read(old(failure=3, began=NOW - timedelta(minutes=4)))) == SpawnCounts(failed=3)


def test_readings_are_kept_for_an_hour():
    history = SpawnHistory()
    for minute in range(200):
        history.keep(read(old(failure=minute), NOW + timedelta(minutes=minute)))
    assert history.growth(timedelta(days=1)).failed == 60
