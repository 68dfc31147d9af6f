"""Being added somewhere: how Teams tells it, and that whoever greets is told the right place."""

import json

import pytest

from bot.teams import TeamsSettings
from bot.teams.activity_parser import parse
from bot.teams.delivery import BotRemoved
from cards.views import Notice
from clients.errors import Unavailable

GENERAL, CHOSEN = "19:general@thread.tacv2", "19:chosen@thread.tacv2"
TEAM = {"team": {"id": "19:team@thread.tacv2"}, "tenant": {"id": "99999999-8888-7777-6666-555555555555"}}


def added(kit, url="http://localhost/", **more):
    content = kit.activity(conversation__id=GENERAL, serviceUrl=url, text=None)
    return content | {"type": "installationUpdate", "action": "add", "channelData": TEAM} | more


def joined(kit, url="http://localhost/", **more):
    members = [{"id": "29:ada"}, {"id": "28:bot"}]
    return added(kit, url) | {"type": "conversationUpdate", "action": None, "membersAdded": members} | more


@pytest.mark.parametrize(
    ("make", "more", "arrival"),
    [
        (added, {}, GENERAL),
        (joined, {}, GENERAL),
        (added, {"channelData": TEAM | {"settings": {"selectedChannel": {"id": CHOSEN}}}}, CHOSEN),
        (joined, {"channelData": TEAM | {"settings": {"selectedChannel": {"id": CHOSEN}}}}, CHOSEN),
        (added, {"action": "add-upgrade"}, ""),
        (added, {"action": "remove"}, ""),
        (added, {"action": None}, ""),
        (joined, {"membersAdded": [{"id": "29:ada"}]}, ""),
        (joined, {"membersAdded": "28:bot"}, ""),
        (joined, {"recipient": None}, ""),
        (joined, {"type": "message"}, ""),
        (added, {"type": "message"}, ""),
    ],
)
def test_an_arrival_is_read_as_teams_tells_it(kit, make, more, arrival):
    content = {"recipient": {"id": "28:bot"}} | make(kit, **more)
    content = {name: value for name, value in content.items() if value is not None}
    if content["type"] == "message":
        content["text"] = "hello"
    if "recipient" not in content:
        content["recipient"] = {}
    assert parse(json.dumps(content).encode()).arrival == arrival


@pytest.mark.parametrize("event", ["teamDeleted", "teamHardDeleted"])
def test_a_team_that_is_deleted_is_a_removal(kit, event):
    content = joined(kit, membersAdded=[], channelData=TEAM | {"eventType": event})
    assert parse(json.dumps(content).encode()).removal == BotRemoved(TEAM["team"]["id"], GENERAL)


async def test_who_greets_is_told_the_channel_and_a_greeting_begins_a_thread_there(listener, kit, teams):
    places = []

    async def welcome(place, _by):
        places.append(place)
        await place.post(Notice("Hello"))

    async with kit.serving(TeamsSettings(), listener, welcome=welcome) as client:
        for content in (added(kit, teams.url), joined(kit, teams.url)):
            assert (await client.post("/api/messages", json=content)).status == 200
        await kit.eventually(lambda: len(places) == 2)
    assert len({place.address for place in places}) == 1
    reference = places[0].reference
    assert (reference.conversation_id, reference.a_channel, reference.user_id) == (GENERAL, True, "")
    assert reference.is_in(BotRemoved(TEAM["team"]["id"], ""))
    assert listener.messages == []


@pytest.mark.parametrize("kind", ["personal", "groupChat"])
async def test_in_a_chat_it_is_said_there(listener, kit, teams, kind):
    places = []

    async def welcome(place, _by):
        places.append(place.reference)

    async with kit.serving(TeamsSettings(), listener, welcome=welcome) as client:
        chat = {"id": "19:chat@thread.v2", "conversationType": kind, "tenantId": TEAM["tenant"]["id"]}
        content = added(kit, teams.url, channelData={"tenant": TEAM["tenant"]}, conversation=chat)
        assert (await client.post("/api/messages", json=content)).status == 200
        await kit.eventually(lambda: places)
    assert (places[0].conversation_id, places[0].a_channel) == ("19:chat@thread.v2", False)


@pytest.mark.parametrize("error", [Unavailable("the store", "did not answer"), RuntimeError("boom")])
async def test_whatever_goes_wrong_with_a_greeting_teams_has_its_answer(listener, kit, teams, caplog, error):
    async def welcome(_place, _by):
        raise error

    async with kit.serving(TeamsSettings(), listener, welcome=welcome) as client:
        assert (await client.post("/api/messages", json=added(kit, teams.url))).status == 200
        await kit.eventually(lambda: "nobody was greeted" in caplog.text)


async def test_without_an_address_to_answer_nobody_is_greeted(listener, kit):
    async def welcome(_place, _by):
        raise AssertionError

    async with kit.serving(TeamsSettings(), listener, welcome=welcome) as client:
        content = added(kit)
        del content["serviceUrl"]
        assert (await client.post("/api/messages", json=content)).status == 200
        await kit.settle()
        assert not client.channel.busy
