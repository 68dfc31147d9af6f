"""Writing to one person: by which id, what a refusal means, and what is asked again."""

import asyncio
import json
from dataclasses import asdict

import pytest
from aiohttp import web

from bot.teams.conversations.direct_chats import DirectChats
from bot.teams.conversations.reference import ConversationReference
from bot.teams.delivery_errors import ConversationGone, DeliveryUnknown, NotDelivered, Unacceptable
from cards.views import Notice
from clients.errors import NotFound, Unavailable

ANN, BEN = "aaaaaaaa-0000-4000-8000-000000000001", "bbbbbbbb-0000-4000-8000-000000000002"
TEAM = "19:team@thread.tacv2"
_THREAD = "19:c@thread.tacv2;messageid=1"
PLACE = ConversationReference(
    "https://smba.trafficmanager.net/emea/", _THREAD, "tenant", "28:bot", "Bot", "29:asker", "m", team_id=TEAM
)


class Teams:
    """A roster, and what becomes of beginning a chat: `script` is raised before anything works."""

    def __init__(self, *script, roster=()):
        self.script, self.roster = list(script), roster
        self.begun, self.asked = [], []

    async def begin(self, reference, member):
        assert reference is PLACE
        self.begun.append(member)
        if self.script:
            raise self.script.pop(0)
        return "a:chat"

    async def members(self, reference):
        self.asked.append(reference.conversation_id)
        if isinstance(self.roster, Exception):
            raise self.roster
        return self.roster


class Clock:
    """Time that passes as soon as anybody waits for it."""

    def __init__(self):
        self.passed = 1000.0

    def now(self):
        return self.passed

    async def wait(self, event, seconds):
        del event
        self.passed += seconds
        await asyncio.sleep(0)


def chats(teams, clock=None):
    return DirectChats(teams.begin, teams.members, clock or Clock())


ROSTER = ({"id": "29:ann", "objectId": ANN.upper()}, {"id": "29:ben", "aadObjectId": BEN}, {"id": "29:guest"})


async def test_somebody_of_the_team_is_written_to_by_their_id_in_teams():
    teams = Teams(roster=ROSTER)
    found = await chats(teams).find(PLACE, ANN)
    assert teams.asked == ["19:team@thread.tacv2"]
    assert teams.begun == ["29:ann"]
    assert (found.conversation_id, found.user_id, found.reply_to, found.team_id) == ("a:chat", "29:ann", "", "")
    assert (found.tenant_id, found.service_url, found.a_channel) == ("tenant", PLACE.service_url, False)


async def test_somebody_else_by_their_object_id():
    teams = Teams(roster=ROSTER[1:])
    await chats(teams).find(PLACE, ANN)
    assert teams.begun == [ANN]


async def test_a_roster_is_asked_once_for_everybody_and_again_after_a_minute():
    teams, clock = Teams(roster=ROSTER), Clock()
    its = chats(teams, clock)
    await its.find(PLACE, ANN)
    await its.find(PLACE, BEN)
    assert len(teams.asked) == 1
    clock.passed += 61
    await its.find(PLACE, ANN)
    assert len(teams.asked) == 2


async def test_without_a_roster_object_ids_are_tried():
    teams = Teams(roster=ConversationGone("status 403", missing=False, by_teams=True))
    await chats(teams).find(PLACE, ANN)
    assert teams.begun == [ANN]


@pytest.mark.parametrize("refusal", [ConversationGone("403", missing=False, by_teams=True), Unacceptable("400")])
async def test_who_does_not_have_the_app_cannot_be_reached(refusal):
    with pytest.raises(NotFound, match="do not have the app"):
        await chats(Teams(refusal)).find(PLACE, ANN)


async def test_what_was_not_or_perhaps_done_is_done_again_after_the_time_teams_asks_for():
    clock = Clock()
    teams = Teams(NotDelivered("429", 7.0), DeliveryUnknown("502"))
    before = clock.now()
    assert (await chats(teams, clock).find(PLACE, ANN)).conversation_id == "a:chat"
    assert len(teams.begun) == 3
    assert clock.now() - before >= 7.0


@pytest.mark.parametrize("script", [[NotDelivered("429", 600.0)], [DeliveryUnknown("502")] * 4])
async def test_a_teams_that_does_not_answer_is_said_and_not_waited_for_for_ever(script):
    teams = Teams(*script)
    with pytest.raises(Unavailable, match="did not start the chat"):
        await chats(teams).find(PLACE, ANN)
    assert len(teams.begun) == len(script)


@pytest.fixture
async def service(aiohttp_server):
    """The two requests that this takes of Bot Framework, and what was posted where."""
    heard = []

    async def begin(request):
        heard.append(await request.json())
        return web.json_response({"id": "a:chat with ann"}, status=201)

    async def roster(request):
        heard.append(request.match_info["place"])
        return web.json_response({"members": list(ROSTER)})

    async def post(request):
        heard.append((request.match_info["place"], (await request.json())["recipient"]))
        return web.json_response({"id": "m1"}, status=201)

    app = web.Application()
    app.router.add_post("/v3/conversations", begin)
    app.router.add_get("/v3/conversations/{place}/pagedmembers", roster)
    app.router.add_post("/v3/conversations/{place}/activities", post)
    server = await aiohttp_server(app)
    return str(server.make_url("")).rstrip("/"), heard


async def test_a_message_goes_to_the_person_alone(local, service):
    url, heard = service
    address = json.dumps({**asdict(PLACE), "service_url": url})
    chat = await local.channel.personal(address, ANN)
    posted = await chat.post(Notice("Hello"))
    team, asked, (place, recipient) = heard
    assert team == "19:team@thread.tacv2"
    assert asked == {
        "isGroup": False,
        "bot": {"id": "28:bot", "name": "Bot"},
        "members": [{"id": "29:ann"}],
        "tenantId": "tenant",
        "channelData": {"tenant": {"id": "tenant"}},
    }
    assert (place, recipient) == ("a:chat with ann", {"id": "29:ann"})
    assert (posted.id, posted.is_banished) == ("m1", False)
