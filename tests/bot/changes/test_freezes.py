"""Changes held back by a freeze: refused before the plan, in the queue, and as the policy has emergencies."""

import sqlite3
from datetime import timedelta

import pytest

from bot.config.access import ApprovalSettings, EffectRule, EffectRules
from bot.instrumentation.outcomes import Outcome
from cards.views import Failure
from commands.ports.freezes import Freeze
from tests.bot.house import Bench, time_passes, wait_out
from tests.bot.people import ABE, ADA, OLU, Room, message
from tests.bot.stores import fresh
from tests.world import words


@pytest.fixture
async def bench(tmp_path):
    made = Bench(fresh(f"sqlite:///{tmp_path / 'bot.sqlite'}"))
    made.house.may_dry.set()
    yield made
    made.database.close()


async def asked(bench, who=ADA, room=None):
    """A change on record to which a freeze belongs; what it paints does not matter."""
    await bench.pipeline.on_message(message(who, "paint door", room or bench.room))
    await bench.settle()
    return next(one.id for one in await bench.changes.open() if one.requester == who)


async def frozen(bench, reason="exam week", hours=48, **more):
    change = await asked(bench, **more)
    until = bench.clock() + timedelta(hours=hours)
    assert await bench.freezes.freeze(change, reason, until)
    return change


async def test_a_change_is_refused_with_the_reason_who_and_until_when(bench):
    await frozen(bench)
    await bench.type(OLU, "paint wall")
    assert bench.outcomes == [Outcome.FROZEN]
    shown = words(bench.room.shown)
    for told in ("exam week", "Ada Admin", "2026-11-25 09:00 UTC", "Nothing was done", "/jhub unfreeze"):
        assert told in shown
    assert bench.house.painted == []


@pytest.mark.parametrize(("line", "offered"), [("paint wall", True), ("tear wall", False), ("gut wall", False)])
async def test_an_emergency_is_offered_only_where_an_admin_may_go_on_alone(bench, line, offered):
    await frozen(bench)
    await bench.type(ADA, line)
    assert bench.outcomes == [Outcome.FROZEN]
    assert "/jhub unfreeze" in words(bench.room.shown)
    assert ("--emergency" in words(bench.room.shown)) is offered


@pytest.mark.parametrize(("what", "offered"), [("attic", True), ("roof", False)])
async def test_what_the_plan_has_shown_to_be_grave_is_offered_no_emergency(bench, what, offered):
    """Only its plan tells: it was approved, and the freeze came after."""
    bench.settings = ApprovalSettings(effects=EffectRules(stops_everybody=EffectRule(approvals=1, emergency=False)))
    await bench.reopen()
    bench.house.onlookers = 0
    await bench.type(OLU, f"mend {what}")
    waiting = (await bench.changes.open())[-1]
    await frozen(bench)
    await bench.say(*((ABE, "approve") if waiting.needed else (OLU, "confirm")), waiting)
    await bench.settle()
    ended = (await bench.changes.ended(1))[0]
    assert "Changes are frozen" in ended.final
    assert ("--emergency" in ended.final) is offered


async def test_what_only_looks_goes_on(bench):
    await frozen(bench)
    await bench.type(OLU, "look")
    assert bench.outcomes == [Outcome.ANSWERED]


async def test_a_change_that_was_approved_before_is_refused_right_before_it_is_carried_out(bench):
    await bench.type(OLU, "tear door")
    waiting = (await bench.changes.open())[-1]
    await frozen(bench)
    await bench.say(ABE, "approve", waiting)
    await bench.settle()
    assert bench.outcomes == [Outcome.FROZEN]
    assert bench.house.painted == []
    ended = (await bench.changes.ended(1))[0]
    assert "Changes are frozen: Paint the door" in ended.final


@pytest.mark.parametrize(("what", "outcome"), [("door", Outcome.FROZEN), ("wall", Outcome.DONE)])
async def test_a_list_that_was_shown_before_is_refused_unless_its_arguments_go_on(bench, what, outcome):
    """Nothing plans it again: only the gate can see the freeze."""
    await bench.type(OLU, f"strip {what}")
    waiting = (await bench.changes.open())[-1]
    await frozen(bench)
    await bench.say(OLU, "confirm", waiting)
    await bench.settle()
    assert bench.outcomes == [outcome]
    assert bench.house.painted == ([] if outcome is Outcome.FROZEN else [what])


async def test_it_ends_by_itself(bench):
    await frozen(bench, hours=1)
    await time_passes(bench, 61)
    assert await bench.freezes.current() is None
    await bench.type(OLU, "dab wall")
    assert bench.outcomes[-1] is Outcome.DONE


async def test_it_survives_a_restart(bench):
    await frozen(bench)
    await bench.reopen()
    assert (await bench.freezes.current()).reason == "exam week"
    await bench.type(OLU, "dab wall")
    assert bench.outcomes == [Outcome.FROZEN]


async def test_an_admins_emergency_goes_on_after_its_delay_also_where_no_approval_was_needed(bench):
    await frozen(bench)
    await bench.pipeline.on_message(message(ADA, 'paint wall --emergency "the hub is down"', bench.room))
    await bench.until(lambda _: bench.running.countdowns)
    await bench.until(lambda _: "Changes are frozen" in words(bench.room.shown))
    assert "“exam week”, by Ada Admin, until" in words(bench.room.shown)
    await wait_out(bench, bench.settings.emergency_delay.total_seconds() + 60)
    await bench.settle()
    assert bench.house.painted == ["wall"]


async def test_an_emergency_is_for_admins_and_not_for_what_is_grave(bench):
    await frozen(bench)
    await bench.type(OLU, 'paint wall --emergency "now"')
    await bench.type(ADA, 'tear door --emergency "now"')
    assert bench.outcomes == [Outcome.INVALID, Outcome.INVALID]
    assert bench.house.painted == []


async def test_a_store_that_does_not_answer_lets_no_change_through(bench, monkeypatch):
    real = bench.database.run

    async def run(work):
        if "Freezes" in work.__qualname__:
            return await real(lambda _: (_ for _ in ()).throw(sqlite3.OperationalError("unable to open database file")))
        return await real(work)

    monkeypatch.setattr(bench.freezes._database, "run", run)
    await bench.type(OLU, "dab wall")
    assert bench.outcomes != [Outcome.DONE]
    assert bench.house.painted == []
    assert isinstance(bench.room.shown, Failure)


async def test_another_admin_lifts_it_and_that_is_told_where_it_was_frozen(bench):
    there = bench.rooms["19:exams@thread.tacv2"] = Room("19:exams@thread.tacv2")
    here = await asked(bench, OLU)
    freeze = await frozen(bench, room=there)
    assert await bench.freezes.lift(freeze, "Olu Operator")
    assert await bench.freezes.lift(freeze, "Olu Operator"), "asked again after a crash"
    assert not await bench.freezes.lift(freeze, "Abe Approver")
    assert await bench.freezes.current() is None
    before = len(there.cards)
    assert await bench.freezes.tell(freeze, here, Failure("Lifted", "by Olu"))
    assert len(there.cards) == before + 1
    assert not await bench.freezes.tell(freeze, freeze, Failure("Lifted", "by Olu")), "asked for in the same place"


async def test_the_newest_counts_and_one_that_was_lifted_does_not_come_back(bench):
    first = await frozen(bench)
    bench.clock.forward(timedelta(minutes=1))
    await bench.freezes.lift(first, "Ada Admin")
    assert not await bench.freezes.freeze(first, "exam week", bench.clock() + timedelta(days=1))
    assert await bench.freezes.current() is None


def test_a_freeze_is_a_value():
    assert Freeze.__dataclass_params__.frozen
