"""Requests that anybody may make and an operator decides, and lists that are agreed to as a whole."""

import pytest

from bot.changes.model import Response, State, Vote
from bot.changes.workflow import ScheduledRun
from bot.chat.platform import Click
from bot.config.access import ApprovalRule, ApprovalSettings
from bot.instrumentation.outcomes import Outcome
from bot.store.tables import changes, votes
from cards.adaptive import render
from cards.views import Notice, Progress, Request
from commands.framework.parser import parse
from tests.bot.house import Bench, expire, time_passes
from tests.bot.people import ABE, NOBODY, OLGA, OLU, VERA, message

WEEK = 7 * 24 * 60


async def wished(bench, what="door"):
    bench.house.may_dry.set()
    await bench.type(NOBODY, f"wish {what} --reason no")
    (asked,) = await bench.changes.open()
    return asked


async def reject(bench, who, why):
    asked = (await bench.changes.open())[-1]
    data = {"id": asked.id, "digest": asked.digest, "why": why}
    view = await bench.pipeline.on_click(Click("no", who, "reject", data, bench.room, asked.card))
    await bench.settle()
    return view


async def test_an_operator_decides_with_one_press(bench):
    await wished(bench)
    shown = await bench.look(OLU)
    assert isinstance(shown, Request)
    assert [one.verb for one in shown.buttons] == ["approve", "reject"]
    assert shown.approvers == ("the operators", "the approvers", "the admins")
    await bench.decide(OLU, "approve")
    await bench.settle()
    assert bench.house.painted == ["door"]


@pytest.mark.parametrize("who", [VERA, NOBODY], ids=["a viewer", "who asked"])
async def test_nobody_below_decides_and_nobody_about_their_own(bench, who):
    await wished(bench)
    await bench.decide(who, "approve")
    await bench.settle()
    assert bench.house.painted == []
    assert (await bench.changes.open())[0].state is State.WAITING


async def test_what_stops_everybody_takes_an_approver_as_ever(bench):
    await wished(bench, "roof")
    assert (await bench.look(OLU)).buttons == ()
    await bench.decide(OLU, "approve")
    await bench.settle()
    assert bench.house.painted == []
    await bench.decide(ABE, "approve")
    await bench.settle()
    assert bench.house.painted == ["roof"]


async def test_a_policy_of_what_is_asked_for_counts(database):
    policy = {"paint": ApprovalRule(approvals=2, reason=True)}
    bench = Bench(database, settings=ApprovalSettings(policy=policy))
    asked = await wished(bench)
    assert asked.needed == 2
    assert (await bench.look(OLU)).buttons == ()
    await bench.memory.crash()


async def test_it_waits_for_days_and_is_on_record_after_a_restart(bench):
    await wished(bench)
    await time_passes(bench, WEEK - 60)
    await bench.reopen()
    await bench.settle()
    await bench.decide(OLU, "approve")
    await bench.settle()
    assert bench.house.painted == ["door"]


async def test_it_expires_after_its_own_time(bench):
    await wished(bench)
    await expire(bench, WEEK + 1)
    assert bench.outcomes == [Outcome.EXPIRED]


# The no, and why


async def test_who_rejects_has_a_field_for_the_reason_and_nobody_else(bench):
    await wished(bench)
    fields = [one for one in render(await bench.look(OLU))["body"] if one.get("type") == "Input.Text"]
    assert [(one["id"], one["maxLength"]) for one in fields] == [("why", 200)]
    for who in (NOBODY, VERA):
        assert (await bench.look(who)).asks_why == ""
    await bench.decide(OLU, "reject")


async def test_the_reason_is_told_to_whoever_asked_in_a_message_of_its_own(bench):
    await wished(bench)
    before = len(bench.room.cards)
    await reject(bench, OLU, "the paint is for the roof")
    told = bench.room.cards[-1]
    assert len(bench.room.cards) > before
    assert isinstance(told.views[-1], Notice)
    assert (
        "Olu Operator rejected it. Nothing was done. Their reason: “the paint is for the roof”" in told.views[-1].text
    )
    detail = [line for line in await bench.trail.page(limit=100) if line.event == "rejected"]
    assert "the paint is for the roof" in detail[0].detail


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("", "Nothing was done."),
        ("   \n ", "Nothing was done."),
        ("a\u202eb\x00c\nd", "Their reason: “abc d”"),
        ("x" * 28_000, "…"),
        ("client_secret=abcDEF1234567890~abcDEF1234567890xyz", "Their reason"),
    ],
)
async def test_what_is_typed_into_the_field_is_hostile(bench, typed, told):
    await wished(bench)
    await reject(bench, OLU, typed)
    text = bench.room.cards[-1].views[-1].text
    assert told in text
    assert len(text) < 300
    assert "abcDEF1234567890xyz" not in text
    kept = await bench.database.run(lambda connection: connection.execute(votes.select()).all())
    assert all(len(row.why) <= 200 for row in kept)


async def test_a_reason_beside_an_approval_is_not_kept(bench):
    asked = await wished(bench)
    data = {"id": asked.id, "digest": asked.digest, "why": "because"}
    await bench.pipeline.on_click(Click("yes", OLU, "approve", data, bench.room, asked.card))
    await bench.settle()
    kept = await bench.database.run(lambda connection: connection.execute(votes.select()).all())
    assert [row.why for row in kept] == [""]


async def test_other_changes_have_no_such_field(bench):
    await bench.type(OLU, "tear door")
    shown = await bench.look(ABE)
    assert (shown.asks_why, [one.verb for one in shown.buttons]) == ("", ["approve", "reject"])


# Who sees it, and who stops it


async def test_who_asked_sees_their_own_card_though_they_are_in_no_group(bench):
    await wished(bench)
    shown = await bench.look(NOBODY)
    assert [one.verb for one in shown.buttons] == ["dismiss"]
    await bench.say(NOBODY, "dismiss", (await bench.changes.open())[0])
    await bench.settle()
    assert bench.outcomes == [Outcome.DISMISSED]


async def test_another_one_in_no_group_sees_nothing_of_it(bench):
    await wished(bench)
    stranger = type(NOBODY)("7d3c4b5a-0000-4000-8000-0000000000ff", NOBODY.tenant_id, "Sue Stranger")
    shown = await bench.look(stranger)
    assert "door" not in str(shown)


async def test_what_runs_is_stopped_by_an_operator_or_whoever_asked_and_nobody_else(bench):
    await bench.type(NOBODY, "wish door")
    await bench.decide(OLU, "approve")
    await bench.until(lambda room: isinstance(room.shown, Progress) and room.shown.steps[-1].title == "Paint")
    running = (await bench.changes.open())[0]
    await bench.say(VERA, "stop", running)
    assert (await bench.changes.get(running.id)).stopped_by == ""
    await bench.say(OLGA, "stop", running)
    await bench.settle()
    assert bench.outcomes == [Outcome.CANCELLED]


# Lists


async def test_a_list_that_was_agreed_to_is_not_planned_again(bench):
    bench.house.may_dry.set()
    await bench.type(OLU, "strip door")
    bench.house.colour = "green"
    await bench.press(OLU, "Strip")
    await bench.settle()
    assert bench.outcomes == [Outcome.DONE]
    assert bench.house.painted == ["door"]


async def test_a_plan_that_cannot_be_read_any_more_is_made_anew(bench):
    bench.house.may_dry.set()
    await bench.type(OLU, "strip door")
    shown = await bench.changes.get((await bench.changes.open())[0].id)
    await bench.database.run(lambda connection: connection.execute(changes.update().values(plan="{}")))
    bench.running.bell.ring()
    await bench.say(OLU, "confirm", shown)
    await bench.settle()
    assert bench.house.painted == ["door"]


@pytest.mark.parametrize(("line", "asks"), [("gut door", True), ("tear door", False), ("strip door", False)])
async def test_a_scheduled_list_that_others_must_agree_to_is_shown_each_time(bench, line, asks):
    bench.house.may_dry.set()
    agreed = (Vote(ABE, Response.APPROVE, bench.clock()),)
    run = ScheduledRun("nightly", "every night", "", agreed)
    await bench.workflow.begin(message(OLU, line, bench.room), parse(line, bench.house.commands), run)
    await bench.settle()
    assert bench.house.painted == ([] if asks else ["door"])
    if asks:
        assert isinstance(bench.room.shown, Request)
        await bench.decide(ABE, "approve")
        await bench.settle()
        assert bench.house.painted == ["door"]
