"""In a channel, what the bot says by itself begins a thread, is edited and answered there, and never comes twice."""

import json
from dataclasses import replace

import pytest
from aiohttp import web

from bot.teams import ConversationReference, TeamsSettings
from bot.teams.activity_parser import parse
from bot.teams.auth.outbound_tokens import NoTokens
from bot.teams.connector_client import Connector, open_session
from bot.teams.delivery import BotRemoved
from bot.teams.delivery_errors import ConversationGone
from bot.teams.outbox.conversation import TeamsConversation
from bot.teams.outbox.outbox import Outbox
from cards.views import Notice

CHANNEL = "19:x@thread.tacv2"


class Channels:
    """Teams' channels: threads by their first message. `script` holds the statuses of the next creates."""

    def __init__(self):
        self.threads, self.edits, self.script, self.asked = {}, [], [], []

    async def begin(self, request):
        asked = await request.json()
        self.asked.append(asked)
        if self.script and (status := self.script.pop(0)) != 200:
            return web.json_response({"error": {"code": "BotNotInConversationRoster"}}, status=status)
        made = f"17{len(self.threads)}"
        channel = asked["channelData"]["channel"]["id"]
        self.threads[f"{channel};messageid={made}"] = [asked["activity"]["summary"]]
        return web.json_response({"id": f"{channel};messageid={made}", "activityId": made}, status=201)

    async def reply(self, request):
        where = request.match_info["conversation"]
        self.threads[where].append((await request.json())["summary"])
        return web.json_response({"id": "18"}, status=201)

    async def edit(self, request):
        self.edits.append((request.match_info["conversation"], request.match_info["message"]))
        return web.json_response({})


@pytest.fixture
async def channels(aiohttp_server):
    made, app = Channels(), web.Application()
    app.router.add_post("/v3/conversations", made.begin)
    app.router.add_post("/v3/conversations/{conversation}/activities", made.reply)
    app.router.add_put("/v3/conversations/{conversation}/activities/{message}", made.edit)
    server = await aiohttp_server(app)
    made.reference = ConversationReference(
        str(server.make_url("/")), f"{CHANNEL};messageid=1", "tenant", "28:bot", "JHub", "29:ada", "a1", "team-1"
    )
    return made


@pytest.fixture
async def own(channels, clock):
    async with open_session() as session:
        outbox = Outbox(Connector(session, NoTokens(), TeamsSettings()), clock, settle=0.0)
        yield TeamsConversation(outbox, channels.reference).own
        await outbox.close(0.0)


async def test_a_post_begins_a_thread_in_which_it_is_edited_and_answered(channels, own, clock):
    posted = await own.post(Notice("Wrong"))
    (thread,) = channels.threads
    assert thread == f"{CHANNEL};messageid={posted.id}"
    asked = channels.asked[0]
    assert (asked["isGroup"], asked["tenantId"], asked["bot"]["id"]) == (True, "tenant", "28:bot")
    assert "replyToId" not in asked["activity"]
    assert "recipient" not in asked["activity"]
    posted.update(Notice("Still wrong"))
    await clock.advance(3)
    assert channels.edits == [(thread, posted.id)]
    await own.below(posted.id).post(Notice("Over"))
    assert [word.rpartition(": ")[2] for word in channels.threads[thread]] == ["Wrong", "Over"]


async def test_another_process_finds_the_thread_again(channels, own, clock):
    first = await own.post(Notice("Wrong"))
    reference = ConversationReference.from_address(own.address)
    async with open_session() as session:
        outbox = Outbox(Connector(session, NoTokens(), TeamsSettings()), clock, settle=0.0)
        again = TeamsConversation(outbox, reference)
        again.card(first.id).update(Notice("Still wrong"))
        await clock.advance(3)
        await outbox.close(1.0)
    assert channels.edits == [(f"{CHANNEL};messageid={first.id}", first.id)]


async def test_only_what_was_surely_not_created_is_created_again(channels, own, clock):
    channels.script = [429, 200]
    posted = await own.post(Notice("Wrong"))
    await clock.advance(2)
    assert (len(channels.threads), bool(posted.id)) == (1, True)
    channels.script = [502, 200]
    lost = await own.post(Notice("Also wrong"))
    for _ in range(5):
        lost.update(Notice("Also wrong, still"))
        await clock.advance(60)
    titles = [thread[0].rpartition(": ")[2] for thread in channels.threads.values()]
    assert "Also wrong" not in titles
    assert lost.id == ""


@pytest.mark.parametrize(("status", "banished"), [(403, True), (404, True), (410, True), (405, False), (400, False)])
async def test_what_teams_says_is_gone_is_known_to_be(channels, own, status, banished):
    channels.script = [status, status]
    posted = await own.post(Notice("Wrong"))
    assert posted.is_banished is banished


async def test_a_card_that_somebody_deleted_is_no_reason_to_leave(place, teams, clock):
    posted = await place.post(Notice("Wrong"))
    teams.messages.clear()
    posted.update(Notice("Still wrong"))
    await clock.advance(3)
    assert not posted.is_banished
    another = await place.post(Notice("Wrong"))
    teams.script.append(403)
    another.update(Notice("Still wrong"))
    await clock.advance(3)
    assert another.is_banished


async def test_an_address_that_may_not_be_sent_to_is_not_teams_word():
    async with open_session() as session:
        connector = Connector(session, NoTokens(), TeamsSettings(app_id="x", tenants=("t",), secret=lambda: "s"))
        with pytest.raises(ConversationGone) as error:
            await connector.create(ConversationReference("https://evil.example/", "c", "t", "28:bot"), {})
    assert not error.value.by_teams


def test_one_channel_is_one_place_whichever_thread_one_is_in():
    first = ConversationReference("https://x/", f"{CHANNEL};messageid=1", "t", "28:b", "B", "29:a", "a1")
    second = replace(first, conversation_id=f"{CHANNEL};messageid=2", user_id="29:b", reply_to="b1")
    assert first.own == second.own == first.own.own
    chat = ConversationReference("https://x/", "19:chat@thread.v2", "t", "28:b", "B", "29:a", "a1")
    assert (chat.own.conversation_id, chat.own.a_channel) == (chat.conversation_id, False)
    assert chat.own.thread("5") == chat.own


@pytest.mark.parametrize(
    ("changes", "removal"),
    [
        ({"type": "installationUpdate", "action": "remove"}, BotRemoved("team-1", CHANNEL)),
        ({"type": "installationUpdate", "action": "remove-upgrade"}, BotRemoved("team-1", CHANNEL)),
        ({"type": "installationUpdate", "action": "add"}, None),
        ({"type": "conversationUpdate", "membersRemoved": [{"id": "28:bot"}]}, BotRemoved("team-1", CHANNEL)),
        ({"type": "conversationUpdate", "membersRemoved": [{"id": "29:ada"}]}, None),
        ({"type": "conversationUpdate", "membersRemoved": "28:bot"}, None),
        ({"type": "conversationUpdate", "channelData__eventType": "channelDeleted"}, BotRemoved("", "19:gone")),
        ({"type": "message", "membersRemoved": [{"id": "28:bot"}]}, None),
    ],
)
def test_a_removal_is_read_as_teams_tells_it(kit, changes, removal):
    content = kit.activity(conversation__id=CHANNEL, **{k: v for k, v in changes.items() if "__" not in k})
    content["channelData"] |= {"team": {"id": "team-1"}, "channel": {"id": "19:gone"}}
    if "channelData__eventType" in changes:
        content["channelData"]["eventType"] = changes["channelData__eventType"]
    assert parse(json.dumps(content).encode()).removal == removal


def test_a_removal_covers_its_team_or_its_conversation():
    here = ConversationReference("https://x/", f"{CHANNEL};messageid=1", "t", "28:b", team_id="team-1")
    assert here.is_in(BotRemoved("team-1", "19:general"))
    assert here.own.is_in(BotRemoved("", CHANNEL))
    assert not here.is_in(BotRemoved("team-2", "19:other"))
    assert not replace(here, team_id="").is_in(BotRemoved("", ""))


async def test_a_removal_is_told_to_who_remembers_places(listener, kit):
    told = []

    async def forget(covers):
        told.append([covers(json.dumps(vars(one))) for one in places])

    its = ConversationReference("https://x/", f"{CHANNEL};messageid=1", "t", "28:b", team_id="team-1")
    places = [its, replace(its, team_id="team-2", conversation_id="19:y")]
    async with kit.serving(TeamsSettings(), listener, forget=forget) as client:
        content = kit.activity(type="installationUpdate", conversation__id="19:general", serviceUrl="http://localhost/")
        content |= {"action": "remove"}
        content["channelData"]["team"] = {"id": "team-1"}
        response = await client.post("/api/messages", json=content)
        assert response.status == 200
    assert told == [[True, False]]
