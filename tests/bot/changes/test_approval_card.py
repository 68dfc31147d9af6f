"""Four eyes: who may approve what, once, in time, and only exactly what was shown."""

import asyncio
from datetime import timedelta

import pytest

from bot.changes.approval_policy import check_policy, rule
from bot.config.access import ApprovalRule, ApprovalSettings
from bot.config.types import ConfigError
from bot.instrumentation.outcomes import Outcome
from cards.views import Notice, Plan, Request
from clients.errors import Unavailable
from tests.bot.house import Bench, House, asks, expire, is_painting, wait_out
from tests.bot.people import ABE, ADA, ANN, NOBODY, OLGA, OLU, VERA, Room, groups


def titles(view):
    return [button.title for button in view.buttons]


async def test_a_request_says_who_asks_what_happens_why_and_until_when(bench):
    await bench.type(OLU, 'tear door --reason "it is rotten"')
    shown = bench.room.shown
    assert isinstance(shown, Request)
    assert (shown.plan.requester, shown.plan.title, shown.reason) == (OLU.name, "Paint the door", "it is rotten")
    assert shown.needed == 1
    assert shown.approvers == ("the approvers", "the admins")
    assert shown.expires == "09:30 UTC, in 30 min"
    assert bench.house.painted == []


async def test_each_sees_what_they_can_do(bench):
    await bench.type(OLU, "tear door")
    seen = {who.name: titles(await bench.look(who)) for who in (ABE, ADA, OLU, OLGA, VERA, NOBODY)}
    assert seen == {
        "Abe Approver": ["Approve", "Reject"],
        "Ada Admin": ["Approve", "Reject"],
        "Olu Operator": ["Cancel"],
        "Olga Operator": [],
        "Vera Viewer": [],
        "Nick Nobody": [],
    }
    assert titles(bench.room.shown) == ["Review"]


@pytest.mark.parametrize("who", [ABE, ADA])
async def test_an_approver_lets_it_run_once(bench, who):
    bench.house.may_dry.set()
    await bench.type(OLU, "tear door")
    await bench.decide(who, "approve")
    await bench.settle()
    assert bench.house.painted == ["door"]
    assert bench.room.shown.title == "Painted"
    assert [fact.value for fact in bench.room.shown.sections[-1].facts] == [OLU.name, who.name]
    assert ("approved", "") in await bench.events()


async def test_a_plan_may_decide_that_others_must_agree(bench):
    bench.house.may_dry.set()
    await bench.type(OLU, "mend door")
    assert isinstance(bench.room.shown, Plan)
    await bench.press(OLU, "Mend")
    await bench.settle()
    assert bench.house.painted == ["door"]
    await bench.type(OLU, "mend roof")
    assert isinstance(bench.room.shown, Request)
    assert "somebody else" in (await bench.decide(OLU, "approve")).note
    assert bench.house.painted == ["door"]
    await bench.decide(ABE, "approve")
    await bench.settle()
    assert bench.house.painted == ["door", "roof"]


async def test_where_the_plan_needs_nobody_else_there_is_no_emergency(bench):
    await bench.type(ADA, 'mend door --emergency "at once"')
    assert "no need for --emergency" in bench.room.shown.title
    await bench.type(ADA, 'mend roof --emergency "at once"')
    assert bench.room.shown.emergency


@pytest.mark.parametrize("who", [OLU, OLGA, VERA, NOBODY])
async def test_nobody_else_approves_and_the_trail_names_who_tried(bench, who):
    await bench.type(OLU, "tear door")
    view = await bench.decide(who, "approve")
    assert "Nothing was done" in str(view)
    await bench.settle()
    assert bench.house.painted == []
    tried = next(line for line in await bench.trail.page() if line.event == "refused")
    assert (tried.name, tried.detail) == (who.name, "tried: approve")


async def test_an_admin_does_not_approve_what_they_asked_for_themselves(bench):
    await bench.type(ADA, "tear door")
    assert "somebody else" in (await bench.decide(ADA, "approve")).note
    await bench.settle()
    assert bench.house.painted == []


async def test_a_rejection_ends_it_and_names_who_rejected(bench):
    await bench.type(OLU, "tear door")
    await bench.decide(ABE, "reject")
    await bench.settle()
    assert bench.room.shown == Notice(
        "Rejected: Paint the door", "Abe Approver rejected it. Nothing was done.", bench.room.shown.tone
    )
    assert bench.outcomes == [Outcome.REJECTED]
    assert any(line.event == "rejected" and line.name == ABE.name for line in await bench.trail.page())


async def test_the_requester_takes_it_back(bench):
    await bench.type(OLU, "tear door")
    await bench.decide(OLU, "dismiss")
    await bench.settle()
    assert bench.outcomes == [Outcome.DISMISSED]


async def test_two_approvals_come_from_two_people(bench):
    bench.house.may_dry.set()
    await bench.type(OLU, "rebuild door")
    await bench.decide(ABE, "approve")
    await bench.decide(ABE, "approve")
    await bench.settle()
    assert bench.house.painted == []
    assert [one.name for one in bench.room.shown.approvals] == ["Abe Approver"]
    assert (await bench.look(ABE)).note == "You have approved this."
    await bench.decide(ANN, "approve")
    await bench.settle()
    assert bench.house.painted == ["door"]


async def test_a_hundred_approvals_at_once_run_it_once(bench):
    bench.house.may_dry.set()
    await bench.type(OLU, "tear door")
    asked = (await bench.changes.open())[-1]
    approvers = (ABE, ANN, ADA)
    await asyncio.gather(*(bench.say(approvers[n % 3], "approve", asked) for n in range(100)))
    await bench.settle()
    assert bench.house.mixed == 1
    assert bench.outcomes == [Outcome.DONE]
    assert [event for event, _ in await bench.events()].count("approved") == 1


async def test_approve_and_reject_at_once_have_one_outcome(bench):
    bench.house.may_dry.set()
    await bench.type(OLU, "tear door")
    asked = (await bench.changes.open())[-1]
    await asyncio.gather(bench.say(ABE, "approve", asked), bench.say(ANN, "reject", asked))
    await bench.settle()
    assert len(bench.outcomes) == 1
    assert bench.house.painted == (["door"] if bench.outcomes == [Outcome.DONE] else [])


async def test_expiry_is_enforced_at_the_click_itself(bench):
    await bench.type(OLU, "tear door")
    asked = (await bench.changes.open())[-1]
    bench.clock.forward(timedelta(minutes=30))
    view = await bench.say(ABE, "approve", asked)
    assert "xpired" in str(view)
    await bench.settle()
    assert bench.house.painted == []
    assert bench.outcomes == [Outcome.EXPIRED]


async def test_a_click_on_the_card_of_something_over_shows_how_it_ended(bench):
    await bench.type(OLU, "tear door")
    asked = (await bench.changes.open())[-1]
    await bench.decide(ABE, "reject")
    await bench.settle()
    assert (await bench.say(ANN, "approve", asked)).title == "Rejected: Paint the door"
    assert bench.house.painted == []


async def test_approvers_are_reminded_at_half_time_once(bench):
    await bench.type(OLU, "tear door")
    await expire(bench, 16)
    await expire(bench, 5)
    assert [card.views[0].title for card in bench.room.cards[1:]] == ["Still waiting for approval: Paint the door"]
    assert "the approvers" in bench.room.cards[1].views[0].text


async def test_what_changed_since_voids_the_approval_and_asks_again(bench):
    bench.house.may_dry.set()
    await bench.type(OLU, "tear door")
    bench.house.colour = "blue"
    await bench.decide(ABE, "approve")
    await bench.settle()
    assert bench.house.painted == []
    assert bench.outcomes == [Outcome.VOIDED]
    assert isinstance(bench.room.shown, Request)
    await bench.decide(ABE, "approve")
    await bench.settle()
    assert bench.house.painted == ["door"]


async def test_an_approver_who_has_lost_the_group_since_no_longer_counts(bench):
    await bench.type_until(OLU, "dab gate", is_painting)
    await bench.type_until(OLGA, "tear door", asks)
    await bench.decide_on("tear door", ABE, "approve")
    bench.directory.drop(ABE)
    bench.house.may_dry.set()
    await bench.settle()
    assert bench.house.painted == ["gate"]
    assert "may no longer approve it" in bench.room.shown.text


async def test_without_an_approver_it_cannot_run_and_says_so(database):
    bench = Bench(database, roles=groups("viewer", "operator"))
    await bench.type(OLU, "tear door")
    assert "no approver is configured" in bench.room.shown.title
    assert bench.outcomes == [Outcome.INVALID]


async def test_a_directory_that_is_out_refuses_an_approval(bench):
    await bench.type(OLU, "tear door")
    bench.directory.trouble = Unavailable("Microsoft Graph", "did not answer within 5 s")
    view = await bench.decide(ABE, "approve")
    assert "could not be checked" in str(view)
    await bench.settle()
    assert bench.house.painted == []


# Asked where nobody else is


async def test_an_approver_is_asked_personally_and_every_copy_follows(bench):
    bench.house.may_dry.set()
    bench.rooms["a:abe"] = Room("a:abe")
    await bench.chats.met(ABE, "a:abe")
    await bench.chats.met(VERA, "a:vera")
    bench.room = Room("a:olu")
    bench.start()
    await bench.type(OLU, "rebuild door")
    (copy,) = bench.rooms["a:abe"].cards
    assert isinstance(copy.views[-1], Request)
    await bench.decide(ABE, "approve")
    assert [one.name for one in copy.views[-1].approvals] == [ABE.name]
    await bench.decide(ANN, "approve")
    await bench.settle()
    assert copy.finished
    assert copy.views[-1] == bench.room.shown
    assert bench.room.shown.title == "Painted"


async def test_after_a_restart_the_copy_is_found_again_and_not_posted_twice(bench):
    bench.rooms["a:abe"] = Room("a:abe")
    await bench.chats.met(ABE, "a:abe")
    bench.room = Room("a:olu")
    bench.start()
    await bench.type(OLU, "tear door")
    await bench.reopen()
    await bench.settle()
    await bench.decide(ABE, "reject")
    await bench.settle()
    (copy,) = bench.rooms["a:abe"].cards
    assert copy.views[-1].title == "Rejected: Paint the door"


async def test_approvers_are_reminded_where_they_are_asked(bench):
    bench.rooms["a:abe"] = Room("a:abe")
    await bench.chats.met(ABE, "a:abe")
    bench.room = Room("a:olu")
    bench.start()
    await bench.type(OLU, "tear door")
    await expire(bench, 16)
    assert "Still waiting" in bench.rooms["a:abe"].cards[-1].views[0].title


async def test_where_nobody_can_be_reached_it_ends_and_says_so(bench):
    bench.rooms["a:abe"] = Room("a:abe", closed=True)
    await bench.chats.met(ABE, "a:abe")
    bench.room = Room("a:olu")
    bench.start()
    await bench.type(OLU, "tear door")
    assert bench.room.shown.title == "Not asked: Paint the door"
    assert bench.outcomes == [Outcome.REFUSED]


async def test_what_its_requester_confirms_is_asked_where_nobody_else_is(bench):
    bench.room = Room("a:olu")
    bench.start()
    await bench.type(OLU, "paint door")
    assert isinstance(bench.room.shown, Plan)


async def test_one_that_an_earlier_release_asked_for_personally_is_shown_to_approvers(bench):
    bench.room = Room("19:somewhere")
    bench.start()
    await bench.type(OLU, "tear door")
    await bench.memory.crash()
    bench.rooms["a:abe"] = Room("a:abe")
    await bench.chats.met(ABE, "a:abe")
    bench.room.id = "a:olu"
    await bench.reopen()
    await bench.until(lambda _: bench.rooms["a:abe"].cards)
    await bench.decide(ABE, "reject")
    await bench.settle()
    assert bench.outcomes == [Outcome.REJECTED]


# Policy


def tightened(**rules):
    return ApprovalSettings(policy={name: ApprovalRule(**rule) for name, rule in rules.items()})


def test_a_policy_only_tightens():
    commands = {command.name: command for command in House().commands}
    assert rule(commands["paint"], {"paint": ApprovalRule(approvals=2)}).approvals == 2
    assert not rule(commands["paint"], {"paint": ApprovalRule(approvals=2)}).confirm
    assert rule(commands["rebuild"], {}).approvals == 2
    assert rule(commands["dab"], {"dab": ApprovalRule(confirm=True)}).confirm
    with pytest.raises(ConfigError, match="more, not fewer"):
        check_policy(ApprovalSettings(policy={"tear": ApprovalRule(approvals=0)}), House().commands)
    with pytest.raises(ConfigError, match="not a command that changes"):
        check_policy(ApprovalSettings(policy={"look": ApprovalRule(approvals=1)}), House().commands)
    check_policy(ApprovalSettings(policy={"tear": ApprovalRule(reason=True)}), House().commands)


async def test_a_reason_is_asked_for_where_the_policy_wants_one(database):
    bench = Bench(database, settings=tightened(paint={"reason": True}))
    await bench.type(OLU, "paint door")
    assert "needs a reason" in bench.room.shown.title
    await bench.type(OLU, 'paint door --reason "guests"')
    assert isinstance(bench.room.shown, Plan)


# Emergencies


@pytest.fixture
def urgent(database):
    return Bench(database, settings=tightened(paint={"approvals": 1}))


async def test_an_emergency_goes_on_alone_after_its_delay_and_stands_out(urgent):
    urgent.house.may_dry.set()
    await urgent.type(ADA, 'paint door --emergency "flood"')
    shown = urgent.room.shown
    assert isinstance(shown, Request)
    assert shown.emergency
    assert shown.reason == "flood"
    assert urgent.house.painted == []
    await wait_out(urgent, 330)
    await urgent.settle()
    assert urgent.house.painted == ["door"]
    assert "emergency" in [event for event, _ in await urgent.events()]


async def test_any_approver_can_stop_an_emergency(urgent):
    await urgent.type(ADA, 'paint door --emergency "flood"')
    assert titles(await urgent.look(ABE)) == ["Stop it"]
    assert titles(await urgent.look(OLU)) == []
    await urgent.decide(OLU, "reject")
    await urgent.decide(ABE, "reject")
    await wait_out(urgent, 330)
    await urgent.settle()
    assert urgent.house.painted == []
    assert urgent.outcomes == [Outcome.REJECTED]


@pytest.mark.parametrize(
    ("who", "line", "words"),
    [
        (OLU, 'paint door --emergency "x"', "Only an admin"),
        (ABE, 'paint door --emergency "x"', "Only an admin"),
        (ADA, 'tear door --emergency "x"', "deletes data"),
        (ADA, 'dab door --emergency "x"', "needs no approval"),
        (ADA, 'paint door --emergency ""', "An empty text is not a reason"),
    ],
)
async def test_no_emergency_for_others_or_for_what_deletes_or_needs_none(urgent, who, line, words):
    await urgent.type(who, line)
    assert words in urgent.room.shown.title
    await expire(urgent, 5)
    assert urgent.house.painted == []
