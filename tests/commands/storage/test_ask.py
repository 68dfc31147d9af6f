"""Asking for a larger home of one's own: for whom, how often, and who decides."""

from datetime import timedelta

import pytest

from clients.errors import Unavailable
from commands.framework.argument_types import Reason
from commands.framework.command import Level
from commands.framework.errors import UserError
from commands.framework.parser import parse
from commands.framework.registry import catalogue
from commands.ports.operations import WorkState
from commands.storage import ask, grow
from commands.storage.arguments import HomeSize
from tests.world import NOW, OLU, World, home, user
from tests.world.operations import work

ANN, BEN = "ann@example.org", "ben@example.org"
ASK = ask.Args(HomeSize.parse("20Gi"), Reason.parse("data of the field study"))


def world(**more):
    """Ann asks; Ben has a home, too."""
    known = {"object_ids": {ANN: OLU}, "claims": [home(ANN), home(BEN)], "users": [user(ANN), user(BEN)]}
    return World(**{"level": Level.ANYONE, **known, **more})


def asked(**more):
    return work(**{"command": "storage ask", "title": "Enlarge the home of ann@example.org to 15 GiB", **more})


async def refusal(its):
    with pytest.raises(UserError) as error:
        await ask.plan(ASK, its.reads)
    return str(error.value)


async def test_it_is_about_the_callers_own_home_whoever_else_has_one():
    plan = await ask.plan(ASK, world().reads)
    assert (plan.user, plan.claim.name, plan.to) == (ANN, "claim-ann", 20 * 2**30)


def test_nobody_elses_home_can_be_named():
    assert {one for one in ask.Args.__dataclass_fields__ if "user" in one} == set()


async def test_whose_directory_has_no_name_for_them_cannot_ask():
    assert "does not tell the name" in await refusal(world(object_ids={}))


async def test_who_never_started_a_server_has_no_home_to_enlarge():
    assert "You have no home on this hub yet" in await refusal(world(claims=[home(BEN)]))


async def test_a_claim_of_somebody_else_is_not_theirs():
    mine = ask.Args(
        ASK.size, ASK.why, claim=parse(f"storage grow {BEN} 20Gi --claim claim-ben", catalogue()).args.claim
    )
    with pytest.raises(UserError, match=r"claim-ben is not a home of ann@example\.org"):
        await ask.plan(mine, world().reads)


async def test_one_request_at_a_time():
    assert "You have asked already" in await refusal(world(works=[asked()]))
    assert "You have asked already" in await refusal(world(works=[asked(state=WorkState.PLANNING)] * 2))


@pytest.mark.parametrize("state", [WorkState.QUEUED, WorkState.RUNNING])
async def test_one_that_was_approved_and_is_not_done_is_not_made_void_by_the_next(state):
    """Planned again right before it is carried out, it would find the next one waiting, and end."""
    works = [asked(state=state), asked(state=WorkState.PLANNING)]
    assert "that is not done yet" in await refusal(world(works=works))


@pytest.mark.parametrize(
    "other",
    [
        asked(requester_id="somebody else"),
        asked(command="storage grow"),
        asked(state=WorkState.PLANNING),
        asked(state=WorkState.RUNNING),
    ],
    ids=["somebody else's", "another change", "this one, when it is planned", "this one, when it is carried out"],
)
async def test_what_is_no_other_request_of_theirs_is_not_in_the_way(other):
    assert (await ask.plan(ASK, world(works=[other]).reads)).user == ANN


@pytest.mark.parametrize(
    ("outcome", "waits"), [("rejected", True), ("done", True), ("dismissed", False), ("invalid", False)]
)
async def test_the_next_one_waits_for_some_time_after_one_that_was_decided(outcome, waits):
    ended = asked(state=WorkState.ENDED, outcome=outcome, changed=NOW - timedelta(hours=20))
    its = world(ended=[ended])
    if waits:
        assert "You can ask again in 4 h" in await refusal(its)
    else:
        assert (await ask.plan(ASK, its.reads)).user == ANN
    assert (await ask.plan(ASK, world(ended=[asked(outcome="rejected", changed=NOW - timedelta(hours=25))]).reads)).user


async def test_who_takes_back_one_after_the_other_has_to_wait_as_well():
    """Each was shown to every operator: nobody without a level may do that all day."""
    ended = [
        asked(state=WorkState.ENDED, outcome=outcome, changed=NOW - timedelta(hours=hours))
        for hours, outcome in enumerate(("dismissed", "cancelled", "dismissed"), 1)
    ]
    assert "You can ask again in 21 h" in await refusal(world(ended=ended))
    assert (await ask.plan(ASK, world(ended=ended[:2]).reads)).user == ANN


async def test_several_homes_are_asked_about_with_the_line_to_type():
    its = world(claims=[home(ANN), home(ANN, "claim-ann--thesis", server="thesis")])
    with pytest.raises(UserError) as error:
        await ask.plan(ASK, its.reads)
    assert '/jhub storage ask 20Gi "data of the field study" --claim claim-ann--thesis' in error.value.hints


async def test_an_outage_of_the_store_is_no_permission():
    with pytest.raises(Unavailable):
        await ask.plan(ASK, world(works=Unavailable("The bot's store", "is out")).reads)


def test_it_is_the_same_enlargement_as_an_operators_with_the_same_policy():
    assert (ask.COMMAND.preview, ask.COMMAND.apply) == (grow.COMMAND.preview, grow.COMMAND.apply)
    assert (ask.COMMAND.policy_of, ask.COMMAND.approvals) == ("storage grow", 1)
    assert (ask.COMMAND.level, ask.COMMAND.approved_by) == (Level.ANYONE, Level.OPERATOR)


def test_the_reason_that_is_typed_is_the_changes_reason():
    assert parse('storage ask 20Gi "because of x"', catalogue()).reason == "because of x"


def test_a_second_reason_is_refused_rather_than_dropped():
    with pytest.raises(UserError, match="Type one of the two"):
        parse('storage ask 20Gi "because of x" --reason "because of y"', catalogue())


@pytest.mark.parametrize("line", ["storage ask 20Gi", 'storage ask 20Gi ""', f'storage ask 20Gi "{"x" * 201}"'])
def test_a_reason_is_needed_and_bounded(line):
    with pytest.raises(UserError, match="reason"):
        parse(line, catalogue())
