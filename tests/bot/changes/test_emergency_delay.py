"""An emergency goes on alone only after somebody else could surely have stopped it, for the whole of its delay."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.changes.emergency_delay import Countdown
from bot.changes.model import State
from bot.changes.planning import shown_digest
from bot.chat.platform import Member
from bot.config.access import ApprovalRule, ApprovalSettings
from bot.instrumentation.outcomes import Outcome
from cards.views import Request
from clients.errors import Unavailable
from tests.bot.house import Bench, Painting, time_passes, wait_out
from tests.bot.people import ABE, ADA, ANN, OLU, Room, Seconds

LINE = 'paint door --emergency "flood"'
DELAY = 300


def settings(**more):
    return ApprovalSettings(policy={"paint": ApprovalRule(approvals=1)}, **more)


@pytest.fixture
async def urgent(database):
    bench = Bench(database, settings=settings())
    bench.house.may_dry.set()
    yield bench
    await bench.memory.crash()


def alone(bench, who=ADA):
    """The room is the chat of one person with the bot."""
    bench.room = Room("a:chat")
    bench.start()
    return who


async def ends(bench):
    await wait_out(bench, 3 * DELAY)
    await bench.settle()
    return bench.outcomes


# The delay


async def test_it_goes_on_when_its_delay_has_passed_and_not_before(urgent):
    await urgent.type(ADA, LINE)
    await wait_out(urgent, DELAY - 30)
    assert urgent.house.painted == []
    assert urgent.room.shown.expires.startswith("after this card was shown for 5 min and nobody stopped it; ")
    await wait_out(urgent, 60)
    await urgent.settle()
    assert urgent.house.painted == ["door"]


async def test_a_confirmation_that_no_card_offers_does_not_end_the_delay(urgent):
    """Whoever presses a button can send another one's word."""
    await urgent.type(ADA, LINE)
    await urgent.decide(ADA, "confirm")
    await urgent.settle()
    assert urgent.house.painted == []
    assert ("refused", "refused") in await urgent.events()
    await wait_out(urgent, DELAY + 30)
    await urgent.settle()
    assert urgent.house.painted == ["door"]


@pytest.mark.parametrize("minutes", [10, -10, 10_000])
async def test_a_clock_that_jumps_changes_nothing(urgent, minutes):
    await urgent.type(ADA, LINE)
    await wait_out(urgent, 60)
    await time_passes(urgent, minutes)
    await wait_out(urgent, 60)
    assert urgent.house.painted == []
    await urgent.decide(ABE, "reject")
    await urgent.settle()
    assert urgent.outcomes == [Outcome.REJECTED]


async def test_a_restart_begins_the_delay_anew(urgent):
    await urgent.type(ADA, LINE)
    await wait_out(urgent, DELAY - 30)
    await urgent.reopen()
    await urgent.until(lambda _: urgent.running.countdowns)
    await wait_out(urgent, DELAY - 30)
    assert urgent.house.painted == []
    assert await ends(urgent) == [Outcome.DONE]


async def test_what_lies_between_two_looks_of_a_process_that_stood_still_is_not_counted(urgent):
    await urgent.type(ADA, LINE)
    await wait_out(urgent, DELAY + 60, step=DELAY + 60)
    assert urgent.house.painted == []


def test_only_what_is_seen_at_both_ends_counts():
    seconds = Seconds()
    countdown = Countdown(timedelta(seconds=10), seconds)
    for trouble, counts in (("", 0), ("", 1), ("gone", 1), ("", 1), ("", 2)):
        countdown.look(trouble)
        assert countdown.left == f"{10 - counts} s"
        seconds.now += 1
    assert not countdown.is_over


# Who can stop it


async def test_while_teams_does_not_show_it_the_delay_does_not_count(urgent):
    await urgent.type(ADA, LINE)
    urgent.room.cards[0].lost = True
    await wait_out(urgent, DELAY + 60)
    assert urgent.house.painted == []
    assert "Teams has not confirmed" in urgent.room.shown.plan.warnings[0]
    urgent.room.cards[0].lost = False
    await wait_out(urgent, 60)
    assert urgent.room.shown.plan.warnings == ()
    assert urgent.house.painted == []


async def test_it_ends_and_says_why_where_it_is_never_shown(urgent):
    await urgent.type(ADA, LINE)
    urgent.room.cards[0].lost = True
    assert await ends(urgent) == [Outcome.REFUSED]
    assert urgent.house.painted == []
    assert "Teams has not confirmed that this card is shown" in urgent.room.shown.text
    (ended,) = [line for line in await urgent.trail.page() if line.event == "ended"]
    assert (ended.outcome, ended.detail) == ("refused", "why: Teams has not confirmed that this card is shown.")


async def test_a_bot_that_hears_no_click_does_not_count(urgent):
    await urgent.type(ADA, LINE)
    urgent.deaf = "the signing keys of Bot Framework are not known yet"
    assert await ends(urgent) == [Outcome.REFUSED]
    assert "signing keys" in urgent.room.shown.text


async def test_a_group_without_another_approver_does_not_count(urgent):
    urgent.present = [Member(ADA.object_id.upper(), "ada@example.org", True), Member(OLU.object_id, "olu", False)]
    await urgent.type(ADA, LINE)
    assert await ends(urgent) == [Outcome.REFUSED]
    assert "nobody who could stop it" in urgent.room.shown.text


async def test_a_group_with_one_does(urgent):
    urgent.present = [Member(one.object_id, one.name, False) for one in (ADA, OLU, ANN)]
    await urgent.type(ADA, LINE)
    assert await ends(urgent) == [Outcome.DONE]


async def test_a_roster_that_is_not_told_for_now_does_not_count(urgent, monkeypatch):
    async def out(_):
        raise Unavailable("Teams", "did not say who is in the conversation")

    monkeypatch.setattr(urgent, "roster", out)
    urgent.start()
    await urgent.type(ADA, LINE)
    assert await ends(urgent) == [Outcome.REFUSED]
    assert urgent.house.painted == []


async def test_a_directory_that_is_out_makes_nobody_an_approver(urgent):
    await urgent.chats.met(ABE, "a:abe")
    urgent.rooms["a:abe"] = Room("a:abe")
    alone(urgent)
    await urgent.type(ADA, "look")
    urgent.directory.trouble = Unavailable("Microsoft Graph", "did not answer within 5 s")
    await urgent.type(ADA, LINE)
    await wait_out(urgent, DELAY * 2)
    assert urgent.house.painted == []


# In the chat of one person with the bot


async def test_typed_where_nobody_else_is_it_is_refused_with_the_way_out(urgent):
    alone(urgent)
    await urgent.type(ADA, LINE)
    assert urgent.outcomes == [Outcome.INVALID]
    assert "nobody else can see this chat" in urgent.room.shown.title
    assert "channel" in str(urgent.room.shown.sections)
    assert urgent.house.painted == []


async def test_it_is_shown_in_the_channel_for_approvals_and_personally(urgent):
    urgent.settings = settings(channel="19:approvals@thread.tacv2")
    for room in (Room("19:approvals@thread.tacv2"), Room("a:abe"), Room("a:olu"), Room("a:ada")):
        urgent.rooms[room.id] = room
    for who, place in ((ABE, "a:abe"), (OLU, "a:olu"), (ADA, "a:ada")):
        await urgent.chats.met(who, place)
    alone(urgent)
    await urgent.type(ADA, LINE)
    shown = {name: [type(card.views[-1]) for card in room.cards] for name, room in urgent.rooms.items()}
    assert shown == {"19:approvals@thread.tacv2": [Request], "a:abe": [Request], "a:olu": [], "a:ada": []}
    assert await ends(urgent) == [Outcome.DONE]
    last = {card.views[-1] for room in (urgent.room, *urgent.rooms.values()) for card in room.cards}
    assert [view.title for view in last] == ["Painted"]


async def test_its_own_chat_alone_never_counts(urgent):
    urgent.rooms["a:abe"] = Room("a:abe")
    await urgent.chats.met(ABE, "a:abe")
    alone(urgent)
    await urgent.type(ADA, LINE)
    urgent.rooms["a:abe"].cards[0].lost = True
    assert await ends(urgent) == [Outcome.REFUSED]


# What an earlier release began


async def test_one_that_an_earlier_release_left_waiting_waits_its_delay_and_ends(urgent):
    await urgent.type(ADA, LINE)
    (asked,) = await urgent.changes.open()
    await urgent.memory.crash()
    until = urgent.clock() + timedelta(minutes=5)
    mark = shown_digest(replace(asked, expires=until), Painting("door", "white"))
    await urgent.database.run(
        lambda connection: connection.exec_driver_sql(
            "UPDATE changes SET expires = ?, digest = ? WHERE id = ?", (until.isoformat(), mark, asked.id)
        )
    )
    urgent.clock.forward(timedelta(hours=1))
    await urgent.reopen()
    await urgent.until(lambda _: urgent.running.countdowns)
    await wait_out(urgent, DELAY - 30)
    assert (await urgent.changes.get(asked.id)).state is State.WAITING
    assert await ends(urgent) == [Outcome.DONE]
    assert json.loads((await urgent.changes.get(asked.id)).final)
