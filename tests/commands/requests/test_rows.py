"""What waits, runs and has ended; cancelling one."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.changes.serialization import dump, load
from cards.text import render
from cards.views import Notice, Tone
from commands.framework.argument_types import OperationId
from commands.framework.command import Level
from commands.framework.errors import UserError
from commands.ports.operations import WorkState
from commands.requests import approvals, cancel, operations
from tests.world import NOW, Doing, World, work


async def waiting(*works):
    return await approvals.run(approvals.Args(), World(works=list(works)).reads)


def rows(view, table=0):
    return [[cell.text for cell in row] for row in view.sections[table].rows]


async def test_what_waits_for_others_first_then_what_expires_first():
    own = work(id="a" * 16, needed=0, title="Deploy 7c1d2e9", expires=NOW + timedelta(minutes=1))
    late, soon = (
        work(id="b" * 16),
        work(id="c" * 16, expires=NOW + timedelta(minutes=5), needed=2, approved_by=("Ada",)),
    )
    view = await waiting(own, late, soon, work(state=WorkState.RUNNING))
    assert view.headline == "2 waiting for approval, 1 waiting for the requester's confirmation"
    assert [row[0] for row in rows(view)] == ["cccccccc", "bbbbbbbb", "aaaaaaaa"]
    assert [row[3] for row in rows(view)] == ["1 approval, has Ada's", "1 approval", "Olu Operator's own confirmation"]
    assert rows(view)[0][4:] == ["in 5 min", "left the university"]


async def test_an_emergency_waits_for_its_delay_and_not_for_its_requester():
    view = await waiting(work(id="a" * 16, needed=0), work(id="b" * 16, needed=0, emergency=True))
    assert view.headline == "1 waiting for the end of an emergency's delay, 1 waiting for the requester's confirmation"
    assert [row[0] for row in rows(view)] == ["bbbbbbbb", "aaaaaaaa"]


async def test_nothing_waits():
    assert isinstance(await waiting(work(state=WorkState.RUNNING)), Notice)


async def test_an_emergency_stands_out():
    view = await waiting(work(emergency=True))
    assert "(emergency)" in render(view)
    assert "in which approvers can stop it" in rows(view)[0][3]


async def offered(level, *works):
    reads = World(works=list(works)).reads
    caller = replace(reads.caller, level=level)
    view = await approvals.run(approvals.Args(), replace(reads, caller=caller))
    return [(button.title, button.verb, dict(button.data)) for button in view.buttons]


async def test_an_approver_gets_buttons_that_are_bound_to_what_was_shown():
    asked = work(digest="5b1c", requester_id="somebody else")
    data = {"id": asked.id, "digest": "5b1c", "listed": "approvals"}
    assert await offered(Level.APPROVER, asked) == [
        ("Approve 3f9a41c0", "approve", data),
        ("Reject 3f9a41c0", "reject", data),
    ]
    assert await offered(Level.ADMIN, replace(asked, emergency=True)) == [("Stop 3f9a41c0", "reject", data)]


async def test_no_buttons_for_others_for_ones_own_or_for_what_one_has_answered():
    me = World().reads.caller.object_id
    assert await offered(Level.OPERATOR, work(requester_id="x")) == []
    assert await offered(Level.ADMIN, work(requester_id=me)) == []
    assert await offered(Level.ADMIN, work(requester_id="x", answered_by=(me,))) == []
    assert await offered(Level.ADMIN, work(requester_id="x", needed=0)) == []


async def test_teams_shows_six_buttons():
    many = [work(id=f"{number:016x}", requester_id="x") for number in range(9)]
    assert len(await offered(Level.APPROVER, *many)) == 6


async def test_running_first_then_queued_then_what_has_ended():
    going = [
        work(id="1" * 16),
        work(id="2" * 16, state=WorkState.QUEUED),
        work(id="3" * 16, state=WorkState.RUNNING, step="Take a snapshot"),
    ]
    ended = [work(state=WorkState.ENDED, outcome="failed"), work(state=WorkState.ENDED, outcome="done")]
    view = await operations.run(operations.Args(), World(works=going, ended=ended).reads)
    assert view.headline == "1 running, 1 queued, 1 waiting for an answer"
    assert [(row[0], row[3]) for row in rows(view)] == [
        ("33333333", "Take a snapshot"),
        ("22222222", "waiting for its turn"),
        ("11111111", "waiting for 1 approval"),
    ]
    assert [row[3].tone for row in view.sections[1].rows] == [Tone.BAD, Tone.GOOD]


async def test_nothing_ever_happened():
    assert isinstance(await operations.run(operations.Args(), World().reads), Notice)


@pytest.mark.parametrize(("count", "title"), [(99, "Ended"), (100, "The last 100 that ended")])
async def test_a_list_that_may_leave_some_off_says_so(count, title):
    ended = [work(id=f"{number:016x}", state=WorkState.ENDED, outcome="done") for number in range(count)]
    view = await operations.run(operations.Args(), World(ended=ended).reads)
    assert [table.title for table in view.sections] == [title]


# Cancelling


async def planned(world, typed):
    return await cancel.plan(cancel.Args(OperationId.parse(typed)), world.reads)


@pytest.mark.parametrize("typed", ["3f9a", "3F9A41C0", "3f9a41c07c1d2e90"])
async def test_an_id_may_be_abbreviated(typed):
    world = World(works=[work(), work(id="a" * 16)])
    plan = await planned(world, typed)
    assert load(cancel.Cancellation, dump(cancel.Cancellation, plan)) == plan
    view = await cancel.apply(plan, Doing(world))
    assert view.title == "Cancelled"
    assert world.done == ["stop 3f9a41c07c1d2e90 by Olu Operator"]


async def test_one_that_runs_ends_before_its_next_step():
    world = World(works=[work(state=WorkState.RUNNING)])
    plan = await planned(world, "3f9a")
    assert "before its next step" in render(cancel.preview(plan))
    assert "its own card says when" in render(await cancel.apply(plan, Doing(world)))


async def test_what_is_not_there_or_not_certain_is_refused():
    world = World(works=[work(id="3f9a" + "0" * 12), work(id="3f9a" + "1" * 12)])
    with pytest.raises(UserError, match="The ids of 2 changes begin with 3f9a") as refused:
        await planned(world, "3f9a")
    assert refused.value.hints == ("/jhub cancel 3f9a000000000000", "/jhub cancel 3f9a111111111111")
    with pytest.raises(UserError, match="No open change"):
        await planned(world, "abcd")


async def test_one_that_ended_meanwhile_is_said():
    world = World(works=[work()])
    plan = await planned(world, "3f9a")
    assert (await cancel.apply(plan, Doing(World()))).title == "It had already ended"


def test_work_that_ended_some_other_way_has_no_alarm():
    assert operations.state(replace(work(), state=WorkState.ENDED, outcome="rejected")) == ("rejected", Tone.NOTE)
