"""Alerts typed about: what is wrong, who is told, who sees to it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cards.views import Tone
from commands.alerts import list as alerts
from commands.framework.errors import UserError
from commands.framework.parser import parse
from commands.framework.registry import catalogue
from commands.ports.alerts import AlertChannel, AlertSummary
from tests.world import NOW, Doing, World, words

ALERT = AlertSummary(
    "3f9a41c0", "cert", "critical", "Fallen back", "Why.", NOW - timedelta(hours=1), None, None, "", False
)
OTHER = replace(ALERT, id="3f9b0000", severity="warning", title="A node is gone")
OVER = replace(OTHER, id="77770000", over=NOW, title="Long ago")


async def done(world, line):
    parsed = parse(line, catalogue())
    plan = await parsed.command.plan(parsed.args, world.reads)
    parsed.command.preview(plan)
    return await parsed.command.apply(plan, Doing(world))


async def test_all_is_well_says_what_is_watched_and_that_nobody_is_told():
    said = await alerts.run(alerts.Args(), World().reads)
    assert said.tone is Tone.GOOD
    assert "cert, nodes" in words(said)
    assert "alerts here on" in words(said)


async def test_the_worst_decides_and_what_is_over_is_shown_on_demand():
    seen_to = replace(OTHER, snoozed_until=NOW + timedelta(hours=1), seen_to_by="Olu", flapping=True)
    world = World(alerts=[ALERT, seen_to, OVER])
    said = await alerts.run(alerts.Args(), world.reads)
    assert (said.tone, said.headline) == (Tone.BAD, "2 open alerts")
    assert "comes and goes, snoozed until 10:00 UTC, acknowledged by Olu" in words(said)
    assert "Long ago" not in words(said)
    assert "Long ago" in words(await alerts.run(alerts.Args(all=True), world.reads))


async def test_a_channel_is_added_and_taken_away():
    world = World()
    said = await done(world, "alerts here on --min warning --only cert,nodes,cert")
    assert "about cert, nodes with severity warning or higher" in words(said)
    assert world.done == ["subscribe op-9 warning cert,nodes"]
    assert "No alerts were sent here" in words(await done(world, "alerts here off"))
    world.channels = [AlertChannel("c", "note", (), "Olu")]
    assert "no longer sent" in words(await done(world, "alerts here off"))


async def test_one_is_snoozed_and_seen_to_by_the_beginning_of_its_id():
    world = World(alerts=[ALERT, OTHER])
    assert "Snoozed" in words(await done(world, "alerts snooze 3f9a 4h"))
    assert "Acknowledged: " in words(await done(world, "alerts ack 3F9A"))
    assert world.done == ["snooze 3f9a41c0 until 13:00 by Olu Operator", "acknowledge 3f9a41c0 by Olu Operator"]


async def test_a_test_goes_the_whole_way():
    world = World(channels=[AlertChannel("c", "note", (), "Olu")])
    assert "on its way" in words(await done(world, "alerts test"))
    assert world.done == ["test op-9 by Olu Operator"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("alerts snooze 3f9 4h", "4"),
        ("alerts snooze 3f 4h", "id"),
        ("alerts snooze 0000 4h", "No open alert"),
        ("alerts snooze 3f9a 8d", "a week at most"),
        ("alerts snooze 3f9a soon", "length"),
        ("alerts ack 7777", "No open alert"),
        ("alerts here on --only cert,sun", "There is no watcher called “sun”. The watchers are cert, nodes."),
        ("alerts here on --only ;rm", "commas"),
        ("alerts here on --min bad", "note, warning or critical"),
        ("alerts test", "Alerts are not sent to any conversation yet"),
    ],
)
async def test_what_makes_no_sense_is_refused_with_an_example(line, said):
    with pytest.raises(UserError, match=said) as caught:
        await done(World(alerts=[ALERT, OTHER, OVER]), line)
    assert caught.value.hints


async def test_two_with_the_same_beginning_are_both_offered():
    with pytest.raises(UserError) as caught:
        await done(World(alerts=[replace(ALERT, id="3f9a0000"), replace(ALERT, id="3f9a1111")]), "alerts ack 3f9a")
    assert caught.value.hints == ("/jhub alerts ack 3f9a0000", "/jhub alerts ack 3f9a1111")
