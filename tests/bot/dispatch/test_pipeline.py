"""The way of a request, with commands made for the purpose: who may, what is asked, what happens once."""

import asyncio
import logging
from datetime import timedelta

import pytest

from bot.instrumentation.outcomes import Outcome
from cards.views import Failure, Notice, Plan, Progress, Request
from clients.errors import Unavailable
from commands.framework.errors import UserError
from tests.bot.house import expire
from tests.bot.people import ADA, NOBODY, OLGA, OLU, VERA, Room, altered, click, message

OUT = Unavailable("Microsoft Graph", "did not answer within 5 s")


async def test_a_query_is_answered_with_one_card(bench):
    await bench.type(VERA, "/jhub look")
    assert [card.views for card in bench.room.cards] == [[Notice("The house", "white")]]
    assert bench.outcomes == [Outcome.ANSWERED]
    assert await bench.events() == []


async def test_what_is_asked_privately_is_answered_there_and_what_changes_something_in_the_open(bench):
    private = Room("private", outside=bench.room)
    for text in ("look", "paint", "paint sky and sea"):
        await bench.pipeline.on_message(message(OLU, text, private))
    await bench.settle()
    assert [card.views[-1].title for card in private.cards][:1] == ["The house"]
    assert len(private.cards) == 3
    assert bench.room.cards == []
    await bench.pipeline.on_message(message(OLU, "tear door", private))
    await bench.settle()
    assert len(private.cards) == 3
    assert isinstance(bench.room.shown, Request)
    (asked,) = await bench.changes.open()
    assert (asked.conversation, asked.place) == (bench.room.id, bench.room.address)


async def test_who_asks_privately_for_what_they_may_not_change_is_refused_privately(bench):
    private = Room("private", outside=bench.room)
    await bench.pipeline.on_message(message(VERA, "tear door", private))
    bench.directory.trouble = OUT
    await bench.pipeline.on_message(message(OLU, "paint door", private))
    await bench.settle()
    assert [card.views[-1].title for card in private.cards] == ["Not allowed", "Permission could not be checked"]
    assert bench.room.cards == []
    assert bench.outcomes == [Outcome.REFUSED, Outcome.UNAVAILABLE]
    assert [event for event, _ in await bench.events()] == ["refused"]


async def test_a_slow_answer_is_announced_on_the_card_that_becomes_it(bench):
    asking = asyncio.create_task(bench.pipeline.on_message(message(VERA, "stare", bench.room)))
    while not bench.room.cards:
        await asyncio.sleep(0.01)
    bench.house.may_dry.set()
    await asking
    (card,) = bench.room.cards
    assert [view.title for view in card.views] == ["Working on it …", "The house"]
    assert card.finished


@pytest.mark.parametrize(("who", "text"), [(NOBODY, "look"), (VERA, "paint door"), (NOBODY, "dab door")])
async def test_who_may_not_is_told_who_could_and_nothing_happens(bench, who, text):
    await bench.type(who, text)
    assert bench.outcomes == [Outcome.REFUSED]
    assert "ask an owner of the group “the" in bench.room.shown.text
    assert bench.house.painted == []
    assert (await bench.trail.page())[0].outcome == "refused"
    assert (await bench.trail.page())[0].name == who.name


async def test_a_person_without_an_object_id_is_nobody(bench):
    await bench.type(type(OLU)("", OLU.tenant_id, OLU.name), "look")
    assert bench.outcomes == [Outcome.REFUSED]


async def test_who_cannot_be_looked_up_may_nothing(bench):
    bench.directory.trouble = OUT
    for text in ("look", "paint door"):
        await bench.type(ADA, text)
        assert bench.room.shown.title == "Permission could not be checked"
    assert bench.outcomes == [Outcome.UNAVAILABLE] * 2


async def test_a_mention_alone_suggests_what_this_person_may_type(bench):
    await bench.type(VERA, " ")
    assert bench.room.shown.title == "Hello!"
    assert [dict(button.data)["line"] for button in bench.room.shown.buttons] == ["/jhub look", "/jhub stare"]


@pytest.mark.parametrize(
    ("trouble", "outcome", "words"),
    [
        (Unavailable("Kubernetes", "did not answer within 5 s"), Outcome.UNAVAILABLE, "did not answer"),
        (UserError("Not now."), Outcome.INVALID, "Not now"),
    ],
)
async def test_understood_errors_are_answers(bench, trouble, outcome, words):
    bench.house.trouble = trouble
    await bench.type(VERA, "look")
    assert bench.outcomes == [outcome]
    assert words in str(bench.room.shown)


async def test_a_bug_shows_a_reference_and_the_log_the_trace(bench, caplog):
    bench.house.trouble = RuntimeError("canary-secret")
    with caplog.at_level(logging.ERROR):
        await bench.type(VERA, "look")
    assert isinstance(bench.room.shown, Failure)
    assert bench.room.shown.reference in caplog.text
    assert "canary-secret" not in str(bench.room.shown)
    assert bench.outcomes == [Outcome.BUG]


async def test_a_bug_in_a_step_shows_its_reference_too(bench, caplog):
    bench.house.trouble = RuntimeError("canary-secret")
    with caplog.at_level(logging.ERROR):
        await bench.type(OLU, "dab door")
    assert bench.room.shown.reference in caplog.text
    assert "canary-secret" not in str(bench.room.shown)
    assert bench.outcomes == [Outcome.BUG]


async def test_a_change_asks_runs_once_and_ends_on_the_same_card(bench):
    await bench.type(OLU, "paint door")
    assert bench.house.painted == []
    assert bench.room.shown.requester == OLU.name
    bench.house.may_dry.set()
    assert isinstance(await bench.press(OLU, "Paint"), Progress)
    await bench.settle()
    (card,) = bench.room.cards
    assert card.views[-1].title == "Painted"
    assert card.finished
    assert bench.house.painted == ["door"]
    events = ["asked", "asked", "confirmed", "intent", "step", "step", "ended"]
    assert [event for event, _ in await bench.events()] == events
    assert bench.outcomes == [Outcome.DONE]


async def test_a_change_without_a_question_runs_at_once(bench):
    bench.house.may_dry.set()
    await bench.type(OLU, "dab door")
    assert bench.house.painted == ["door"]


async def test_the_same_message_delivered_twice_runs_once(bench):
    bench.house.may_dry.set()
    same = message(OLU, "dab door", bench.room)
    await asyncio.gather(bench.pipeline.on_message(same), bench.pipeline.on_message(same))
    await bench.settle()
    assert bench.house.mixed == 1
    assert len(bench.room.cards) == 1


async def test_fifty_clicks_on_confirm_run_it_once(bench):
    bench.house.may_dry.set()
    await bench.type(OLU, "paint door")
    press = click(OLU, bench.room, "Paint")
    await asyncio.gather(*(bench.pipeline.on_click(press) for _ in range(50)))
    await bench.settle()
    assert bench.house.mixed == 1
    assert [event for event, _ in await bench.events()].count("confirmed") == 1


@pytest.mark.parametrize("who", [OLGA, ADA, VERA, NOBODY])
async def test_only_the_requester_confirms(bench, who):
    await bench.type(OLU, "paint door")
    view = await bench.press(who, "Paint")
    assert view.buttons == ()
    assert "Nothing was done" in str(view)
    await bench.settle()
    assert bench.house.painted == []
    assert isinstance(bench.room.shown, Plan)
    assert ("refused", "refused") in await bench.events()


async def test_the_requester_can_change_their_mind(bench):
    await bench.type(OLU, "paint door")
    await bench.press(OLU, "Cancel")
    await bench.settle()
    late = await bench.press(OLU, "Paint")
    assert late.title == "Cancelled: Paint the door"
    assert bench.house.painted == []
    assert bench.outcomes == [Outcome.DISMISSED]


async def test_a_click_after_expiry_does_nothing(bench):
    await bench.type(OLU, "paint door")
    bench.clock.forward(timedelta(minutes=30))
    view = await bench.press(OLU, "Paint")
    assert "xpired" in str(view)
    await bench.settle()
    assert bench.house.painted == []


async def test_an_expired_question_says_so_by_itself(bench):
    await bench.type(OLU, "paint door")
    await expire(bench, 30)
    assert bench.room.shown.title == "Expired: Paint the door"
    assert bench.outcomes == [Outcome.EXPIRED]


async def test_a_click_with_another_digest_or_id_does_nothing(bench):
    await bench.type(OLU, "paint door")
    press = click(OLU, bench.room, "Paint")
    for forged in (altered(press, digest="0" * 64), altered(press, id="other"), altered(press, id="")):
        await bench.pipeline.on_click(forged)
    await bench.settle()
    assert bench.house.painted == []


async def test_what_changed_since_the_plan_asks_again(bench):
    bench.house.may_dry.set()
    await bench.type(OLU, "paint door")
    bench.house.colour = "blue"
    await bench.press(OLU, "Paint")
    await bench.settle()
    assert bench.house.painted == []
    first, second = bench.room.cards
    assert first.views[-1].title == "Plan out of date: Paint the door"
    assert second.views[-1].consequences == ("It is blue now.",)
    await bench.press(OLU, "Paint")
    await bench.settle()
    assert bench.house.painted == ["door"]
    assert bench.outcomes == [Outcome.VOIDED, Outcome.DONE]


async def test_what_is_incidental_does_not_ask_again(bench):
    bench.house.may_dry.set()
    await bench.type(OLU, "paint door")
    bench.house.onlookers = 7
    await bench.press(OLU, "Paint")
    await bench.settle()
    assert bench.house.painted == ["door"]


async def test_who_lost_the_level_since_may_not_any_more(bench):
    bench.house.may_dry.set()
    await bench.type(OLU, "paint door")
    bench.directory.drop(OLU)
    view = await bench.press(OLU, "Paint")
    assert "Only operators and above" in view.text
    assert "door" not in str(view)
    await bench.settle()
    assert bench.house.painted == []


async def test_a_click_during_an_outage_of_the_directory_does_nothing(bench):
    await bench.type(OLU, "paint door")
    bench.directory.trouble = OUT
    view = await bench.press(OLU, "Paint")
    assert "could not be checked" in view.warnings[0]
    await bench.settle()
    assert bench.house.painted == []


async def test_a_second_change_waits_and_says_behind_what(bench):
    await _one_behind_another(bench)
    bench.house.may_dry.set()
    await bench.settle()
    assert bench.house.painted == ["door", "gate"]


async def _one_behind_another(bench):
    await bench.pipeline.on_message(message(OLU, "dab door", bench.room))
    await bench.until(lambda room: room.cards[0].views[-1].steps[-1].title == "Paint")
    await bench.pipeline.on_message(message(OLGA, "dab gate", bench.room))
    words = "Waiting for “Paint the door” by Olu Operator to finish"
    await bench.until(lambda room: room.cards[1].views[-1].steps[0].title == words)


async def test_a_stop_ends_the_work_and_is_told(bench):
    await bench.type_and_confirm(OLU, "paint door")
    assert (await bench.press(VERA, "Stop")).warnings
    assert isinstance(await bench.press(OLGA, "Stop"), Progress)
    await bench.settle()
    assert bench.room.shown.title == "Half painted"
    assert bench.house.painted == []
    assert bench.outcomes == [Outcome.CANCELLED]


async def test_what_waits_can_be_stopped_before_it_began(bench):
    await _one_behind_another(bench)
    await bench.press(OLGA, "Stop")
    await bench.until(lambda room: "It had not started. Nothing was done." in room.cards[1].views[-1].cause)
    bench.house.may_dry.set()
    await bench.settle()
    assert bench.house.painted == ["door"]


async def test_an_outage_in_the_middle_frees_the_hub_for_the_next(bench):
    bench.house.trouble = Unavailable("Helm", "could not be started")
    bench.house.may_dry.set()
    await bench.type(OLU, "dab door")
    assert bench.outcomes == [Outcome.UNAVAILABLE]
    bench.house.trouble = None
    await bench.type(OLU, "dab door")
    assert bench.house.painted == ["door"]


async def test_an_unknown_button_says_so(bench):
    await bench.type(OLU, "paint door")
    press = altered(click(OLU, bench.room, "Paint"), verb="explode")
    assert (await bench.pipeline.on_click(press)).title == "This button no longer works"


async def test_without_its_store_the_bot_does_nothing_and_says_so(bench):
    bench.house.may_dry.set()
    bench.database.close()
    bench.database.run = _broken
    await bench.type(OLU, "dab door")
    assert "cannot be read or written" in bench.room.shown.cause
    assert bench.house.painted == []


async def _broken(_work):
    raise Unavailable("the bot's store", "cannot be read or written")


async def test_a_button_that_types_asks_for_a_change_as_whoever_presses(bench):
    bench.house.may_dry.set()
    await bench.type(OLU, "dab door")
    done = bench.room.shown
    assert await bench.press(OLGA, "Tear it down") == done
    await bench.settle()
    first, second = bench.room.cards
    assert first.views[-1] == done
    assert second.views[-1].plan.requester == OLGA.name
    assert second.views[-1].state == "Waiting for approval"


async def test_a_button_that_types_gives_nobody_more_than_typing(bench):
    bench.house.may_dry.set()
    await bench.type(OLU, "dab door")
    await bench.press(VERA, "Tear it down")
    await bench.settle()
    assert bench.room.shown.title == "Not allowed"
    forged = altered(click(OLU, bench.room, "Tear it down", card=bench.room.cards[0]), line="no such thing", id="none")
    assert (await bench.pipeline.on_click(forged)).title == "Request received"
    await bench.settle()
    assert bench.room.shown.title == "There is no command “no”."
    assert bench.house.painted == ["door"]


async def test_a_press_that_is_delivered_twice_asks_once(bench):
    bench.house.may_dry.set()
    await bench.type(OLU, "dab door")
    press = click(OLU, bench.room, "Tear it down")
    await asyncio.gather(*(bench.pipeline.on_click(press) for _ in range(5)))
    await bench.settle()
    assert len(bench.room.cards) == 2
