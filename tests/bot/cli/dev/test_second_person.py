"""`/sandbox approve` and `/sandbox reject`: one person at the keyboard sees that nobody destroys alone."""

import json

import pytest
import pytest_asyncio

from bot.changes.model import State
from bot.changes.replies import needs
from bot.cli.dev.card_actions import actions
from bot.cli.dev.try_command import trial
from bot.instrumentation.outcomes import Outcome
from commands.framework.command import Level

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

DELETE = "/jhub storage delete {}@example.org --no-snapshot"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world():
    async with trial(arguments=("--speed", "30")) as started:
        yield started


@pytest.fixture
def say(world):
    async def said(line, who="operator"):
        return await world.command(world.person(who), line)

    return said


def cards(world):
    return [json.dumps(one, ensure_ascii=False) for one in world.teams.activities.values()]


def on_cards(world, *words):
    return any(all(word in card for word in words) for card in cards(world))


async def test_the_second_person_approves_and_the_requests_own_card_ends(world, say):
    assert await say(DELETE.format("emmy.noether")) is None
    (waiting,) = await world.bot.changes.open()
    assert await say("/sandbox approve") is Outcome.DONE
    assert on_cards(world, "Megan Bowen approved “Delete the home of emmy.noether@example.org”")
    ended = json.dumps(world.teams.activities[(await world.bot.changes.get(waiting.id)).card], ensure_ascii=False)
    assert "The home of emmy.noether@example.org is deleted" in ended
    assert "Megan Bowen" in ended
    assert [vote.person.name for vote in (await world.bot.changes.get(waiting.id)).approvals] == ["Megan Bowen"]


async def test_what_was_done_is_on_the_trail_as_the_second_persons(world, say):
    await say(DELETE.format("alan.turing"))
    assert await say("/sandbox reject") is Outcome.REJECTED
    assert on_cards(world, "Megan Bowen rejected “Delete the home of alan.turing@example.org”")
    assert await say("/jhub audit --user megan.bowen@example.org", "approver") is Outcome.ANSWERED
    trail = cards(world)[-1]
    assert "rejected" in trail
    assert "storage delete alan.turing@example.org" in trail


async def test_who_may_not_answer_is_refused_as_on_the_card_itself(world, say):
    await say(DELETE.format("ada.lovelace"))
    (waiting,) = await world.bot.changes.open()
    assert await say("/sandbox approve --as viewer") is Outcome.REFUSED
    assert on_cards(world, "Adele Vance could not approve", needs("approve this", Level.APPROVER))
    assert await say("/sandbox approve --as alex.wilber@example.org") is Outcome.REFUSED
    assert on_cards(world, "You asked for this yourself")
    assert await say("/sandbox approve --as nosuch") is Outcome.INVALID
    assert on_cards(world, "Nobody here is “nosuch”")
    known = await world.bot.changes.get(waiting.id)
    assert (known.state, known.votes) == (State.WAITING, ())
    assert await say("/sandbox reject --as admin") is Outcome.REJECTED
    assert on_cards(world, "Patti Fernandez rejected")


async def test_an_approver_who_asks_is_answered_by_somebody_else(world, say):
    await say(DELETE.format("kwame.mensah"), "approver")
    await say("/sandbox reject", "approver")
    assert on_cards(world, "Patti Fernandez rejected “Delete the home of kwame.mensah@example.org”")


async def test_the_newest_is_meant_or_the_one_whose_id_is_given(world, say):
    for name in ("radia.perlman", "linus.mwangi"):
        await say(DELETE.format(name))
    first, second = await world.bot.changes.open()
    assert await say("/sandbox approve zzzz") is Outcome.INVALID
    assert on_cards(world, "No request “zzzz” waits", f"{first.id[:8]} ({first.title})")
    assert await say(f"/sandbox reject {first.id[:6]}") is Outcome.REJECTED
    assert [one.id for one in await world.bot.changes.open()] == [second.id]
    assert await say("/sandbox approve") is Outcome.DONE


async def test_the_status_names_what_waits_and_its_buttons_answer(world, say):
    await say(DELETE.format("edsger.dijkstra"))
    (waiting,) = await world.bot.changes.open()
    await say("/sandbox status")
    card, told = list(world.teams.activities.items())[-1]
    assert waiting.id[:8] in str(told)
    reject = next(one for one in actions(told) if one["title"] == "Reject as Megan Bowen")
    assert await world.press(world.person("operator"), card, reject) is Outcome.REJECTED
    assert [vote.person.name for vote in (await world.bot.changes.get(waiting.id)).votes] == ["Megan Bowen"]


async def test_where_nothing_waits_it_says_what_would(world, say):
    assert await say("/sandbox approve") is Outcome.INVALID
    assert on_cards(world, "Nothing waits for an approval", "/jhub storage delete")
    await world.teams.say(world.person("operator"), "/jhub deploy 0ddba11 --no-wait")
    await world._settled()
    assert await world.waiting()
    assert await say("/sandbox approve") is Outcome.INVALID
    assert on_cards(world, "needs no second person: its card asks Alex Wilber, who typed it.")
