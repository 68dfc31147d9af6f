"""Events that are over without their pool being set back, and those that nobody will make room for."""

from datetime import timedelta

import pytest

from bot.alerts.watchers import events
from commands.ports.schedules import Schedule
from tests.commands.events.test_add import an_event

EVENT = an_event("Physics")


def run(coming=True, why="", event="physics"):
    return Schedule(
        "594ec0d2", "@", "event remove Physics", "Olu", EVENT.ends if coming else None, why=why, event=event
    )


@pytest.mark.parametrize(
    ("after", "runs", "found"),
    [
        (timedelta(minutes=-1), [], []),
        (timedelta(minutes=14), [], []),
        (timedelta(minutes=15), [], ["held physics"]),
        # It is tried again, or somebody has postponed it.
        (timedelta(hours=5), [run()], []),
        (timedelta(hours=6), [run()], ["held physics"]),
        (timedelta(minutes=15), [run(coming=False, why="Olu may no longer do this")], ["held physics"]),
        (timedelta(minutes=15), [run(event="chemistry")], ["held physics"]),
        (timedelta(hours=-3), [run(), run(coming=False, why="Olu may no longer do this")], ["suspended physics"]),
        (timedelta(hours=-3), [run()], []),
    ],
)
def test_what_is_found(after, runs, found):
    assert [one.key for one in events.judge([EVENT], runs, EVENT.ends + after)] == found


def test_it_says_what_to_do():
    (held,) = events.judge([EVENT], [], EVENT.ends + timedelta(hours=1))
    assert held.advice[0].startswith("/jhub event remove Physics sets it back")
    (suspended,) = events.judge([EVENT], [run(coming=False, why="Olu may no longer do this")], EVENT.opens)
    assert "Olu may no longer do this" in suspended.cause
    assert "/jhub event start Physics" in suspended.advice[0]
