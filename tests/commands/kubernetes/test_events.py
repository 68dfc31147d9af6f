"""What the cluster noted, folded and explained."""

from datetime import timedelta

import pytest

from cards.views import Notice, Tone
from commands.framework.argument_types import Age
from commands.kubernetes import events
from tests.world import NOW, World, words
from tests.world.events import MEMORY, PULL, event

PULLING = PULL.format(tag="9", code="NotFound", why="not found")


async def asked(*said, warnings=False, since=None):
    world = World()
    world.events = list(said)
    return await events.run(events.Args(warnings, Age.parse(since) if since else None), world.reads)


def rows(view):
    return [[cell.text for cell in row] for row in view.sections[0].rows]


async def test_what_means_the_same_is_one_line_the_latest_first():
    view = await asked(
        event("FailedScheduling", MEMORY, "a", count=3, last=NOW - timedelta(minutes=9)),
        event("Failed", PULLING, "b", count=2, last=NOW - timedelta(minutes=2)),
        event("Failed", PULLING, "c", count=1, last=NOW - timedelta(minutes=1)),
    )
    first, second = rows(view)
    assert first == [
        "1 min ago",
        "Pod b, Pod c",
        "Failed",
        "3",
        "The registry does not have jhub.azurecr.io/notebook:9.",
    ]
    assert second[2:4] == ["FailedScheduling", "3"]
    assert view.headline == "3 events, 2 lines, 2 of them warnings"


async def test_what_is_not_known_is_shown_as_it_was_said_and_cut():
    (row,) = rows(await asked(event("Odd", "x " * 500)))
    assert row[4].startswith("x x")
    assert len(row[4]) == 160


async def test_warnings_are_also_what_the_autoscaler_refuses():
    full = event("NotTriggerScaleUp", "pod didn't trigger scale-up: 1 max node group size reached")
    found = rows(await asked(event("Pulled", "ok"), full, event("Failed", PULLING), warnings=True))
    assert sorted(row[2] for row in found) == ["Failed", "NotTriggerScaleUp"]


@pytest.mark.parametrize(("since", "count"), [("5m", 1), ("1h", 2)])
async def test_only_the_last_so_long(since, count):
    old = event("Old", "o", last=NOW - timedelta(minutes=20))
    assert len(rows(await asked(old, event("New", "n"), since=since))) == count


async def test_none_is_good_news():
    found = await asked(warnings=True, since="30m")
    assert isinstance(found, Notice)
    assert found.tone is Tone.GOOD
    assert "none in 30m" in found.text


async def test_all_are_there_however_many():
    view = await asked(*(event(f"R{number}", f"m{number}") for number in range(300)))
    assert len(rows(view)) == 300
    assert "300 events, 300 lines" in words(view)
