"""A freeze: what is planned, what it meets, when it ends, and what nobody may ask for."""

from datetime import UTC, datetime, timedelta

import pytest

from cards.text import render
from commands.framework.argument_types import Reason
from commands.framework.command import Level
from commands.framework.errors import UserError
from commands.framework.parser import parse
from commands.framework.plan_digest import digest
from commands.framework.registry import catalogue
from commands.framework.usage import example
from commands.freezes import freeze, unfreeze
from commands.ports.freezes import Freeze
from commands.ports.operations import Work, WorkState
from commands.ports.schedules import Schedule
from commands.timing.moments import FutureTime
from tests.world import NOW, Doing, World, words
from tests.world.crash import through_crash

HELD = Freeze("f-1", "exam week", "Ada Admin", "ada", NOW - timedelta(hours=1), NOW + timedelta(days=2))


def args(reason="exam week", until="3d"):
    return freeze.Args(Reason.parse(reason) if reason else None, FutureTime.parse(until) if until else None)


def work(line, state):
    return Work(line, line, line, "Olga", "olga", state, "", NOW, NOW, None, 1, (), "", "", emergency=False)


def scheduled(line, hours):
    return Schedule(line, "0 19 * * *", line, "Olga", NOW + timedelta(hours=hours))


async def test_changes_are_frozen_with_reason_and_end():
    world = World(level=Level.ADMIN)
    plan = await freeze.plan(args(), world.reads)
    assert freeze.preview(plan).title == "Freeze changes: exam week"
    view = await freeze.apply(plan, Doing(world))
    assert view.title == "Changes are frozen: exam week"
    assert world.done == ["freeze op-9"]
    assert world.freeze.until == (NOW + timedelta(days=3)).replace(second=0, microsecond=0)


async def test_the_plan_tells_what_waits_what_runs_and_which_runs_are_left_out():
    world = World(
        works=[
            work("deploy 7c1d2e9", WorkState.WAITING),
            work("alerts ack 3f9a", WorkState.QUEUED),
            work("scale 3", WorkState.RUNNING),
        ],
        schedules=[scheduled("scale 0", 2), scheduled("scale up", 14), scheduled("deploy 7c1d2e9", 500)],
    )
    shown = words(freeze.preview(await freeze.plan(args(), world.reads)))
    assert "1 change waits and will be refused." in shown
    assert "“scale 3” is at work and goes on to its end." in shown
    assert "/jhub scale 0 (" in shown
    assert "/jhub scale up (" not in shown
    assert "deploy 7c1d2e9 (" not in shown


async def test_a_freeze_that_holds_is_replaced_and_said_to_be():
    plan = await freeze.plan(args(), World(freeze=HELD).reads)
    assert "It replaces the freeze that holds: “exam week”, by Ada Admin" in render(freeze.preview(plan))


async def test_consent_is_bound_to_reason_and_end_alone():
    first, second = [await freeze.plan(args(), one.reads) for one in (World(), World(freeze=HELD))]
    assert digest("x", "olu", first) == digest("x", "olu", second)
    other = await freeze.plan(args(until="4d"), World().reads)
    assert digest("x", "olu", first) != digest("x", "olu", other)


REFUSED = {
    "2020-01-01T10:00": "is gone by",
    "2026-11-23T09:59": "is gone by",
    "91d": "more than 90 days ahead",
    "9999-01-01": "more than 90 days ahead",
}


@pytest.mark.parametrize(("until", "why"), REFUSED.items(), ids=REFUSED)
async def test_an_end_that_makes_no_sense_is_refused(until, why):
    with pytest.raises(UserError, match=why):
        await freeze.plan(args(until=until), World().reads)


async def test_a_time_that_clocks_skip_is_not_guessed_at(monkeypatch):
    monkeypatch.setattr("tests.world.world.NOW", datetime(2027, 3, 20, 9, 0, tzinfo=UTC))
    with pytest.raises(UserError, match="put forward over 02:30"):
        await freeze.plan(args(until="2027-03-28T02:30"), World().reads)


async def test_without_an_end_or_a_reason_it_says_what_is_missing():
    with pytest.raises(UserError, match="Say until when"):
        await freeze.plan(args(until=""), World().reads)
    assert freeze.COMMAND.only_asks(args(reason=""))
    with pytest.raises(UserError, match="Say why"):
        await freeze.answer(args(reason=""), World().reads)


@pytest.mark.parametrize("word", ["off", "End", "lift"])
async def test_a_word_that_was_to_lift_the_freeze_points_there(word):
    with pytest.raises(UserError) as error:
        await freeze.plan(args(word, until=""), World(freeze=HELD).reads)
    assert error.value.hints == ("/jhub unfreeze",)


@pytest.mark.parametrize(("until", "line"), [("", "fri 18:00"), ("91d", "7d"), ("2020-01-01", "7d")])
async def test_what_is_to_be_typed_instead_has_the_same_reason(until, line):
    with pytest.raises(UserError) as error:
        await freeze.plan(args("spring break", until=until), World().reads)
    (hint,) = error.value.hints
    assert hint.startswith('/jhub freeze "spring break" --until')
    assert line in hint


async def test_a_day_that_is_gone_by_is_called_as_it_was_typed():
    with pytest.raises(UserError, match="“2020-01-01” is gone by"):
        await freeze.plan(args(until="2020-01-01"), World().reads)


async def test_helps_example_of_it_can_be_planned():
    parsed = parse(example(freeze.COMMAND), catalogue())
    assert (await parsed.command.plan(parsed.args, World().reads)).reason == "exam week"


async def test_without_arguments_the_freeze_is_shown():
    asked = freeze.Args()
    assert (await freeze.answer(asked, World().reads)).title == "Changes are not frozen"
    shown = await freeze.answer(asked, World(freeze=HELD).reads)
    assert "Ada Admin" in words(shown)


async def test_it_is_lifted_and_told_where_it_was_frozen():
    world = World(freeze=HELD)
    plan = await unfreeze.plan(unfreeze.Args(), world.reads)
    assert "It is told where Ada Admin froze them" in words(unfreeze.preview(plan))
    view = await unfreeze.apply(plan, Doing(world))
    assert view.title == "Changes are no longer frozen"
    assert world.done == ["lift f-1 by Olu Operator", "tell f-1 of op-9: Changes are no longer frozen"]


async def test_nothing_is_lifted_where_nothing_holds_or_another_one_does():
    with pytest.raises(UserError, match="not frozen"):
        await unfreeze.plan(unfreeze.Args(), World().reads)
    world = World(freeze=HELD)
    plan = await unfreeze.plan(unfreeze.Args(), world.reads)
    world.freeze = None
    assert (await unfreeze.apply(plan, Doing(world))).title == "This freeze holds no longer"


@pytest.mark.parametrize("command", [freeze, unfreeze])
async def test_whenever_the_bot_dies_it_is_done_once(command):
    for moment in range(20):
        world = World(freeze=HELD if command is unfreeze else None)
        asked = args() if command is freeze else unfreeze.Args()
        view = await through_crash(command.apply, await command.plan(asked, world.reads), world, moment)
        assert (world.freeze is None) is (command is unfreeze)
        if view is None:
            break
        assert "frozen" in view.title
