"""Cards reach the conversation once, in their newest state, at Teams' pace, through every kind of failure."""

import asyncio

import pytest

from bot.teams import TeamsSettings
from bot.teams.auth.outbound_tokens import NoTokens
from bot.teams.connector_client import Connector, open_session
from bot.teams.outbox.attempts import GIVE_UP_AFTER
from bot.teams.outbox.conversation import TeamsConversation
from bot.teams.outbox.outbox import Outbox
from bot.teams.outbox.pacing import AWAITED_PACE, PACE
from bot.teams.outbox.queue import IDLE
from cards.views import Notice, Plan


def view(title):
    return Notice(title)


def titles(teams):
    return teams.titles()


def edits(teams):
    return [title for _, title in teams.edits]


async def test_a_card_is_created_and_edited_in_place(place, teams, kit):
    card = await place.post(view("one"))
    card.update(view("two"))
    await kit.eventually(lambda: titles(teams) == ["two"])
    assert [method for method, _ in teams.requests] == ["POST", "PUT"]


async def test_edits_keep_two_seconds_and_only_the_newest_is_sent(place, teams, kit, clock):
    card = await place.post(view("0"))
    card.update(view("1"))
    await kit.eventually(lambda: edits(teams) == ["1"])
    for n in range(2, 10):
        card.update(view(str(n)))
    await clock.advance(PACE - 0.1)
    assert edits(teams) == ["1"]
    await clock.advance(0.1)
    await kit.eventually(lambda: edits(teams) == ["1", "9"])


async def test_the_pace_is_the_conversations_and_not_the_cards(place, teams, kit, clock):
    cards = [await place.post(view(str(n))) for n in range(3)]
    for card in cards:
        card.update(view("x"))
    for count in (1, 2, 3):
        await kit.eventually(lambda count=count: len(teams.edits) == count)
        await kit.settle()
        assert len(teams.edits) == count
        await clock.advance(PACE)


async def test_a_passing_state_gives_way_to_the_end_that_follows_it(place, teams, kit, clock):
    async with open_session() as session:
        outbox = Outbox(Connector(session, NoTokens(), TeamsSettings()), clock)
        card = await TeamsConversation(outbox, place.reference).post(view("0"))
        card.update(view("1"))
        await kit.settle()
        assert edits(teams) == []
        await card.finish(view("end"))
        assert edits(teams) == ["end"]
        await outbox.close(0.0)


async def test_what_people_wait_for_keeps_one_second(place, teams, kit, clock):
    card = await place.post(view("0"))
    card.update(view("1"))
    await kit.eventually(lambda: edits(teams) == ["1"])
    card.update(Plan("question", "", (), (), (), "Do it?"))
    await clock.advance(AWAITED_PACE - 0.1)
    assert edits(teams) == ["1"]
    await clock.advance(0.1)
    await kit.eventually(lambda: len(edits(teams)) == 2)
    assert "question" in edits(teams)[1]
    end = asyncio.create_task(card.finish(view("end")))
    await clock.advance(AWAITED_PACE - 0.1)
    assert len(edits(teams)) == 2
    await clock.advance(0.1)
    await end
    assert edits(teams)[2:] == ["end"]


async def test_a_question_does_not_wait_for_something_newer(place, teams, kit, clock):
    async with open_session() as session:
        outbox = Outbox(Connector(session, NoTokens(), TeamsSettings()), clock)
        card = await TeamsConversation(outbox, place.reference).post(view("working"))
        card.update(Plan("question", "", (), (), (), "Do it?"))
        await kit.eventually(lambda: len(edits(teams)) == 1)
        await outbox.close(0.0)


async def test_finish_waits_its_turn_and_nothing_comes_after_it(place, teams, kit, clock):
    card = await place.post(view("0"))
    card.update(view("1"))
    await kit.eventually(lambda: edits(teams) == ["1"])
    end = asyncio.create_task(card.finish(view("end")))
    await kit.settle()
    assert not end.done()
    card.update(view("late"))
    await clock.advance(PACE)
    await end
    assert edits(teams) == ["1", "end"]
    await clock.advance(60)
    assert titles(teams) == ["end"]


async def test_finish_waits_for_its_own_state_and_not_for_one_on_the_way(place, teams, kit, clock):
    card = await place.post(view("0"))
    teams.script.append("wait")
    card.update(view("1"))
    await kit.eventually(lambda: len(teams.requests) == 2)
    end = asyncio.create_task(card.finish(view("end")))
    teams.gate.set()
    await kit.eventually(lambda: edits(teams) == ["1"])
    await kit.settle()
    assert not end.done()
    await clock.advance(PACE)
    await end
    assert titles(teams) == ["end"]


async def test_two_handles_on_one_card_share_its_state(place, teams, kit, clock):
    card = await place.post(view("0"))
    teams.script.append(502)
    card.update(view("1"))
    await kit.eventually(lambda: len(teams.requests) == 2)
    end = asyncio.create_task(place.card(card.id).finish(view("end")))
    await clock.advance(PACE)
    await end
    await clock.advance(60)
    assert edits(teams) == ["end"]


@pytest.mark.parametrize("step", [429, 412, 401])
async def test_what_surely_was_not_created_is_created_later_in_its_newest_state(place, teams, kit, clock, step):
    teams.script.extend([step] * (6 if step == 401 else 3))
    card = await place.post(view("one"))
    assert card.id == ""
    card.update(view("two"))
    for _ in range(3):
        await clock.advance(60)
    await kit.eventually(lambda: titles(teams) == ["two"])
    assert card.id == "m1"


async def test_retry_after_holds_the_whole_conversation(place, teams, kit, clock):
    first = await place.post(view("0"))
    teams.script.append((429, {"Retry-After": "30"}))
    await first.finish(view("end"))
    other = asyncio.create_task(place.post(view("other")))
    await clock.advance(29)
    assert len(teams.requests) == 2
    await clock.advance(1.5)
    await other
    await clock.advance(PACE)
    await kit.eventually(lambda: sorted(titles(teams)) == ["end", "other"])


@pytest.mark.parametrize("step", ["made 502", "reset", 500, 504])
async def test_what_was_perhaps_created_is_not_created_again(place, teams, clock, step):
    teams.script.append(step)
    card = await place.post(view("answer"))
    assert card.id == ""
    for _ in range(20):
        await clock.advance(30)
    assert titles(teams).count("answer") == (1 if step == "made 502" else 0)
    assert titles(teams)[-1] == "An answer may be missing here"
    assert len(titles(teams)) <= 2


@pytest.mark.parametrize("step", ["made 502", "reset", 504])
async def test_the_last_state_of_what_was_perhaps_created_is_said_anew_once_the_service_answers(
    place, teams, clock, step
):
    teams.script.extend([step, 503, 503])
    card = await place.post(view("working"))
    card.update(view("still working"))
    end = asyncio.create_task(card.finish(view("done")))
    await clock.advance(5)
    assert "done" not in titles(teams)
    for _ in range(4):
        await clock.advance(60)
    await end
    assert [t for t in titles(teams) if t != "working"] == ["done"]
    assert card.id
    assert [method for method, _ in teams.requests] == ["POST", "GET", "GET", "GET", "POST"]


async def test_a_passing_state_is_not_said_anew(place, teams, clock):
    teams.script.append(502)
    card = await place.post(view("working"))
    card.update(view("still working"))
    for _ in range(5):
        await clock.advance(60)
    assert titles(teams) == []


async def test_edits_are_repeated_until_they_hold(place, teams, kit, clock):
    card = await place.post(view("0"))
    teams.script.extend([502, "reset", 500, 412, 429, 504])
    await card.finish(view("end"))
    for _ in range(8):
        await clock.advance(60)
    await kit.eventually(lambda: titles(teams) == ["end"])
    assert edits(teams) == ["end"]


async def test_after_half_an_hour_it_is_given_up_and_logged(place, teams, clock, caplog):
    card = await place.post(view("0"))
    teams.script.extend([502] * 500)
    await card.finish(view("end"))
    for _ in range(int(GIVE_UP_AFTER / 60) + 2):
        await clock.advance(60)
    asked = len(teams.requests)
    await clock.advance(600)
    assert len(teams.requests) == asked < 60
    assert "a final state" in caplog.text


async def test_a_conversation_the_bot_was_removed_from_is_given_up(place, teams, clock, caplog):
    teams.script.append(403)
    card = await place.post(view("0"))
    await card.finish(view("end"))
    await clock.advance(600)
    assert len(teams.requests) == 1
    assert "given up" in caplog.text


async def test_the_last_state_of_a_deleted_card_is_said_anew(place, teams, kit, clock):
    card = await place.post(view("0"))
    teams.messages.clear()
    card.update(view("1"))
    await kit.eventually(lambda: len(teams.requests) == 2)
    end = asyncio.create_task(card.finish(view("end")))
    await clock.advance(PACE)
    await end
    await kit.eventually(lambda: titles(teams) == ["end"])


@pytest.mark.parametrize("step", [400, 413])
async def test_a_card_that_is_refused_is_said_in_words(place, teams, kit, step):
    teams.script.append(step)
    card = await place.post(view("answer"))
    await kit.eventually(lambda: teams.messages)
    assert "answer" in teams.messages["m1"]["text"]
    await kit.eventually(lambda: card.id)


async def test_a_view_that_cannot_be_drawn_does_not_stop_the_queue(place, teams, caplog):
    await place.post(object())
    await place.post(view("next"))
    assert titles(teams) == ["next"]
    assert "could not be sent" in caplog.text


async def test_a_known_card_can_be_edited_after_a_restart(place, teams):
    teams.messages["old"] = {"summary": "x"}
    await place.card("old").finish(view("end"))
    assert titles(teams) == ["end"]


async def test_idle_queues_are_dropped_and_made_again(place, outbox, teams, kit, clock):
    card = await place.post(view("0"))
    assert len(outbox) == 1
    await clock.advance(IDLE + 1)
    await kit.eventually(lambda: len(outbox) == 0)
    await card.finish(view("end"))
    assert titles(teams) == ["end"]


async def test_a_request_on_its_way_is_something_to_wait_for(place, outbox, teams, kit):
    card = await place.post(view("0"))
    assert not outbox.busy
    teams.script.append("wait")
    card.update(view("1"))
    assert outbox.busy
    await kit.eventually(lambda: len(teams.requests) == 2)
    assert outbox.busy
    teams.gate.set()
    await kit.eventually(lambda: not outbox.busy)


async def test_a_slow_conversation_does_not_hold_another(outbox, place, teams, kit):
    teams.script.append("hang")
    slow = asyncio.create_task(place.post(view("slow")))
    await kit.eventually(lambda: teams.requests)
    other = TeamsConversation(outbox, type(place.reference)(teams.url, "other", kit.tenant, "28:bot"))
    assert (await other.post(view("quick"))).id
    slow.cancel()
