"""A message that is worked on gets a sign, unless it is answered within a moment."""

import asyncio

import pytest

from bot.teams import activity_handler
from bot.teams.outbox.outbox import _MOMENT
from cards.views import Notice


@pytest.fixture
def noticed(outbox, place, clock):
    """Gives the sign, and lets the moment pass."""

    async def run(message_id="a1", meanwhile=None):
        task = asyncio.create_task(outbox.notice(place.reference, message_id))
        await clock.advance(0.0)
        if meanwhile:
            await meanwhile()
        while not task.done():
            await clock.advance(_MOMENT)
        await task

    return run


async def test_a_message_that_takes_longer_is_reacted_to(noticed, teams):
    await noticed()
    assert teams.reactions == ["a1/reactions/1f440_eyes"]
    assert teams.requests == [
        ("PUT", "/_connector/v3/conversations/19:x@thread.tacv2;messageid=1/activities/a1/reactions/1f440_eyes")
    ]


async def test_an_answer_within_a_moment_is_sign_enough(noticed, teams, place):
    async def answer():
        await place.post(Notice("Here you are"))

    await noticed(meanwhile=answer)
    assert teams.reactions == []


async def test_an_answer_to_what_was_said_before_is_none(noticed, teams, place, clock):
    await place.post(Notice("Here you are"))
    await clock.advance(1.0)
    await noticed()
    assert teams.reactions


@pytest.mark.parametrize("status", [400, 403, 404])
async def test_where_teams_has_no_reactions_it_is_not_asked_for_long(noticed, teams, status):
    teams.script.extend([status] * 5)
    for number in range(5):
        await noticed(f"a{number}")
    assert len(teams.requests) == 3


async def test_a_message_that_was_deleted_is_no_reason_to_stop(noticed, teams):
    teams.script.extend([404, 200, 404, 404, 200])
    for number in range(5):
        await noticed(f"a{number}")
    assert [one.partition("/")[0] for one in teams.reactions] == ["a1", "a4"]


@pytest.mark.parametrize("step", [429, 500, 502])
async def test_what_failed_is_not_made_up_for(noticed, teams, step):
    teams.script.append(step)
    await noticed()
    assert teams.reactions == []
    await noticed("a2")
    assert teams.reactions == ["a2/reactions/1f440_eyes"]


async def test_the_playground_is_not_asked(local, teams, kit, listener, monkeypatch):
    monkeypatch.setattr(activity_handler, "_TAKEN_WITHIN", 0.05)
    listener.gate.clear()
    async with local.post("/api/messages", json=kit.activity(serviceUrl=teams.url)) as response:
        assert response.status == 200
    await asyncio.sleep(_MOMENT * 1.5)
    assert teams.requests == []
    listener.gate.set()


@pytest.mark.parametrize("targeted", [False, True])
async def test_who_wrote_privately_sees_no_sign(cloud, kit, issuer, listener, targeted):
    asked = []
    cloud.channel._opened.outbox.notice = lambda _, message: asked.append(message) or asyncio.sleep(0)
    headers = {"Authorization": f"Bearer {issuer.token()}"}
    async with cloud.post(
        "/api/messages", json=kit.activity(recipient__isTargeted=targeted), headers=headers
    ) as response:
        assert response.status == 200
    await kit.eventually(lambda: listener.messages)
    assert asked == ([] if targeted else ["a1"])
