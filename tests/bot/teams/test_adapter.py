"""Bot Framework's own words to the bot: what a turn sends goes the outbox's way, what arrives oddly is refused."""

import asyncio
import logging

import pytest
from botbuilder.core import Middleware, TurnContext
from botbuilder.schema import Activity, Attachment, ConversationReference
from botbuilder.schema.teams import MessagingExtensionResponse, MessagingExtensionResult

from bot.teams import ConversationReference as Place
from bot.teams import TeamsSettings
from bot.teams.activity_handler import JHubActivityHandler
from bot.teams.adapter import from_framework
from clients.errors import Unavailable


async def post(client, content):
    async with client.post("/api/messages", json=content) as response:
        body = await response.read()
        return response.status, (await response.json()) if body else None


@pytest.fixture
async def turn(kit, listener, teams, clock):
    """Runs a turn, of a message to the bot, in which `said` happens."""

    async def run(said, **changes):
        class Saying(JHubActivityHandler):
            async def on_message_activity(self, turn_context):
                await said(turn_context)

        async with kit.serving(TeamsSettings(), listener, handler=Saying, clock=clock, grace=0.2) as client:
            return await post(client, kit.activity(serviceUrl=teams.url, **changes))

    return run


async def test_what_a_turn_sends_is_a_message_in_the_thread(turn, teams):
    async def said(context):
        answer = await context.send_activity("Good morning")
        assert answer.id == "m1"

    assert await turn(said) == (200, None)
    assert teams.requests == [
        ("POST", "/_connector/v3/conversations/19:x@thread.tacv2;messageid=1/activities"),
    ]
    sent = teams.messages["m1"]
    assert (sent["type"], sent["text"], sent["replyToId"]) == ("message", "Good morning", "a1")
    assert sent["from"] == {"id": "28:bot", "name": "JHub"}
    assert sent["recipient"] == {"id": "29:ada"}


async def test_it_is_repeated_where_that_does_no_harm(turn, teams, clock):
    teams.script.append((429, {"Retry-After": "7"}))

    async def said(context):
        await context.send_activity("Good morning")
        assert teams.messages == {}
        while not teams.messages:
            await clock.advance(8.0)

    assert (await turn(said))[0] == 200
    assert [activity["text"] for activity in teams.messages.values()] == ["Good morning"]


async def test_it_is_created_once_at_most(turn, teams):
    teams.script.append("made 502")

    async def said(context):
        assert not (await context.send_activity("Good morning")).id

    await turn(said)
    assert [method for method, _ in teams.requests].count("POST") == 1


async def test_a_refusal_is_the_turn_s_to_know(turn, teams):
    teams.script.extend([403])

    async def said(context):
        with pytest.raises(Unavailable):
            await context.send_activity("Good morning")

    assert (await turn(said))[0] == 200


async def test_a_message_is_changed_and_taken_away(turn, teams, clock):
    async def said(context):
        first = await context.send_activity("One moment")
        task = asyncio.create_task(context.update_activity(Activity(id=first.id, type="message", text="Done")))
        while not task.done():
            await clock.advance(2.0)
        assert (await task).id == first.id
        assert teams.messages["m1"]["text"] == "Done"
        task = asyncio.create_task(context.delete_activity(first.id))
        while not task.done():
            await clock.advance(2.0)

    assert (await turn(said))[0] == 200
    assert [method for method, _ in teams.requests] == ["POST", "PUT", "DELETE"]
    assert teams.requests[-1][1].endswith("/activities/m1")


async def test_without_an_id_nothing_is_changed_nor_anew(turn, teams):
    async def said(context):
        with pytest.raises(ValueError, match="no id"):
            await context.update_activity(Activity(type="message", text="Done"))
        with pytest.raises(ValueError, match="no id"):
            await context.delete_activity("")

    assert (await turn(said))[0] == 200
    assert teams.requests == []


async def test_what_only_one_person_sees_stays_so(turn, teams):
    async def said(context):
        # botbuilder rewrites the recipient; where it goes to is the outbox's to say.
        await context.send_activity("Between us")

    await turn(said, recipient__isTargeted=True)
    assert teams.messages["m1"]["recipient"] == {"id": "29:ada", "isTargeted": True}


async def test_cards_and_fields_that_botbuilder_does_not_know_are_sent(turn, teams):
    card = {"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "TextBlock", "text": "Hello"}]}

    async def said(context):
        attachment = Attachment(content_type="application/vnd.microsoft.card.adaptive", content=card)
        activity = Activity(type="message", attachments=[attachment])
        activity.additional_properties = {"feedbackLoopEnabled": True}
        await context.send_activity(activity)

    await turn(said)
    assert teams.messages["m1"]["attachments"][0]["content"] == card
    assert teams.messages["m1"]["feedbackLoopEnabled"] is True


async def test_a_card_that_is_refused_is_said_in_words(turn, teams):
    teams.script.extend([400])

    async def said(context):
        card = Attachment(content_type="application/vnd.microsoft.card.adaptive", content={"type": "AdaptiveCard"})
        await context.send_activity(Activity(type="message", text="Three pods run", attachments=[card]))

    await turn(said)
    assert [(one["text"], one["attachments"]) for one in teams.messages.values()] == [("Three pods run", [])]


@pytest.mark.parametrize("step", [429, 502, "reset"])
async def test_that_the_bot_types_is_worth_nothing_later(turn, teams, step):
    teams.script.append(step)

    async def said(context):
        with pytest.raises(Unavailable):
            await context.send_activity(Activity(type="typing"))

    await turn(said)
    assert len(teams.requests) == 1


async def test_traces_stay_here_and_delays_are_waited_for(turn, teams, clock):
    async def said(context):
        await context.send_activity(Activity(type="trace", name="x"))
        before = clock.now()
        task = asyncio.create_task(context.send_activity(Activity(type="delay", value=1500)))
        while not task.done():
            await clock.advance(0.5)
        assert clock.now() - before >= 1.5
        await context.send_activity(Activity(type="delay", value="soon"))

    assert (await turn(said))[0] == 200
    assert teams.requests == []


async def test_answers_are_never_asked_for_in_the_response(turn, teams):
    async def said(context):
        await context.send_activity("Good morning")

    assert await turn(said, deliveryMode="expectReplies") == (200, None)
    assert len(teams.messages) == 1


# Turns that the bot begins


async def test_the_bot_begins_a_turn(local, teams, kit):
    adapter = local.channel.adapter
    said = Place(teams.url, "19:x@thread.tacv2;messageid=1", kit.tenant, "28:bot", "JHub")

    async def logic(context):
        await context.send_activity("The certificate has fallen back")

    await adapter.continue_conversation(said, logic)
    assert [one["text"] for one in teams.messages.values()] == ["The certificate has fallen back"]


async def test_a_reference_of_bot_framework_leads_back(turn, local, teams):
    kept = []

    async def said(context):
        kept.append(TurnContext.get_conversation_reference(context.activity).serialize())

    await turn(said)
    reference = ConversationReference.deserialize(kept[0])

    async def logic(context):
        await context.send_activity("As I said")

    await local.channel.adapter.continue_conversation(reference, logic, "28:bot")
    [sent] = teams.messages.values()
    assert (sent["text"], sent["replyToId"], sent["recipient"]) == ("As I said", "a1", {"id": "29:ada"})


@pytest.mark.parametrize(
    "content", [{}, {"conversation": {"id": "19:x"}}, {"serviceUrl": "https://x", "bot": {"id": "1"}}]
)
def test_a_reference_to_nowhere_is_none(content):
    with pytest.raises(ValueError, match="names no"):
        from_framework(ConversationReference.deserialize(content))


# Middleware and handlers of others


async def test_a_turn_that_failed_is_taken_again(kit, listener, teams):
    tries = []

    class Failing(JHubActivityHandler):
        async def on_message_activity(self, turn_context):
            tries.append(turn_context.activity.id)
            if len(tries) == 1:
                raise ValueError("a bug")
            await turn_context.send_activity("Now it works")

    async with kit.serving(TeamsSettings(), listener, handler=Failing, grace=0.2) as client:
        content = kit.activity(serviceUrl=teams.url)
        assert [(await post(client, content))[0] for _ in range(3)] == [500, 200, 200]
    assert len(tries) == 2
    assert [one["text"] for one in teams.messages.values()] == ["Now it works"]


@pytest.mark.parametrize(
    "lists", [{"entities": [7, None]}, {"entities": {"type": "mention"}}, {"attachments": 5}], ids=str
)
async def test_odd_lists_cost_nobody_their_message(local, kit, teams, listener, lists):
    assert (await post(local, kit.activity(serviceUrl=teams.url, **lists)))[0] == 200
    await kit.eventually(lambda: listener.messages)


class Seen(Middleware):
    """Notes turns, and what they send."""

    def __init__(self):
        self.turns, self.sent = [], []

    async def on_turn(self, context, logic):
        self.turns.append(context.activity.id)

        async def sending(_, activities, following):
            self.sent += [activity.text for activity in activities]
            await following()

        context.on_send_activities(sending)
        await logic()


async def test_middleware_sees_each_message_once(kit, listener, teams):
    seen = Seen()
    async with kit.serving(TeamsSettings(), listener, middleware=(seen,), grace=0.2) as client:
        for number in ("a1", "a1", "a2"):
            assert (await post(client, kit.activity(id=number, serviceUrl=teams.url)))[0] == 200
        await kit.eventually(lambda: len(listener.messages) == 2)
    assert seen.turns == ["a1", "a2"]


async def test_middleware_sees_what_a_turn_sends(kit, listener, teams):
    seen = Seen()

    class Saying(JHubActivityHandler):
        async def on_message_activity(self, turn_context):
            await turn_context.send_activity("Good morning")

    async with kit.serving(TeamsSettings(), listener, middleware=(seen,), handler=Saying, grace=0.2) as client:
        await post(client, kit.activity(serviceUrl=teams.url))
    assert seen.sent == ["Good morning"]


class Searching(JHubActivityHandler):
    """Answers a search from the box where people write, and nothing else beside what the bot does."""

    invokes = frozenset({"composeExtension/query"})

    async def on_teams_messaging_extension_query(self, turn_context, query):
        words = f"{len(query.parameters)} of {turn_context.activity.from_property.name}"
        return MessagingExtensionResponse(compose_extension=MessagingExtensionResult(type="message", text=words))


def search(kit, teams, value, name="composeExtension/query"):
    return kit.click(id="f:2", name=name, value=value, serviceUrl=teams.url)


async def test_a_message_extension_is_a_subclass(kit, listener, teams):
    value = {"commandId": "pods", "parameters": [{"name": "text", "value": "hub"}]}
    async with kit.serving(TeamsSettings(), listener, handler=Searching, grace=0.2) as client:
        status, body = await post(client, search(kit, teams, value))
        assert (status, body) == (200, {"composeExtension": {"type": "message", "text": "1 of Ada"}})
        assert (await post(client, search(kit, teams, {"commandId": 5, "parameters": 7})))[0] == 400
        for odd in (None, 5, []):
            assert (await post(client, search(kit, teams, odd)))[0] == 400
        assert (await post(client, search(kit, teams, value, "task/fetch")))[0] == 501


# What botbuilder 4.17.1 does by itself


async def test_nobody_is_asked_about_people_who_come(local, kit, teams):
    joined = [{"id": "29:new", "name": "New", "aadObjectId": "00000000-0000-0000-0000-000000000021"}]
    content = kit.activity(type="conversationUpdate", membersAdded=joined, text=None, serviceUrl=teams.url)
    assert await post(local, content) == (200, None)
    assert teams.requests == []


async def test_a_click_is_nothing_to_warn_about(local, kit, teams, caplog):
    with caplog.at_level(logging.WARNING):
        status, body = await post(local, kit.click(serviceUrl=teams.url))
    assert (status, body["statusCode"]) == (200, 200)
    assert caplog.records == []


def test_what_botbuilder_does_not_know_arrives(kit):
    """Against its documentation's silence: it is the sending that drops such fields."""
    activity = Activity.deserialize(kit.activity(recipient__isTargeted=True))
    assert activity.recipient.additional_properties == {"isTargeted": True}
    assert "isTargeted" not in activity.serialize()["recipient"]


@pytest.mark.parametrize(
    "changes",
    [
        {"text": 5},
        {"timestamp": "yesterday"},
        {"membersAdded": 5},
        {"entities": {"type": 5}},
        {"attachments": "x"},
        {"conversation__isGroup": "perhaps"},
        {"reactionsAdded": [5]},
        {"suggestedActions": "x"},
        {"expiration": [1]},
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", ["message", "conversationUpdate", "messageReaction", "event", "messageUpdate"])
async def test_what_is_no_activity_is_refused_or_left_alone(local, kit, teams, changes, kind):
    status, _ = await post(local, kit.activity(serviceUrl=teams.url, type=kind, **changes))
    assert status in {200, 400}


@pytest.mark.parametrize("name", ["application/vnd.microsoft.readReceipt", "application/vnd.microsoft.meetingStart"])
@pytest.mark.parametrize("value", [None, 5, "x", {"meetingType": [5]}, {"lastReadMessageId": {}}])
async def test_events_do_nothing(local, kit, teams, name, value):
    content = kit.activity(type="event", name=name, value=value, text=None, serviceUrl=teams.url)
    assert await post(local, content) == (200, None)


# Channels that several organisations share, and private ones

OTHER = "12121212-1212-1212-1212-121212121212"
SHARED = "19:shared@thread.tacv2;messageid=1"


@pytest.fixture
def asked(kit, listener, teams):
    """Posts an activity to a bot that serves one tenant, and returns the answer's status and body."""

    async def run(content, until=None):
        async with kit.serving(TeamsSettings(tenants=(kit.tenant,)), listener, grace=0.2) as client:
            answer = await post(client, content | {"serviceUrl": teams.url})
            if until:
                await kit.eventually(until)
            return answer

    return run


def in_a_shared_channel(make, kit, tenant, **changes):
    changes |= {"conversation__id": SHARED, "conversation__tenantId": kit.tenant, "channelData__tenant__id": tenant}
    return make(**changes)


async def test_a_guest_in_a_shared_channel_is_told_why_and_nothing_is_done(asked, kit, listener, teams):
    content = in_a_shared_channel(kit.activity, kit, OTHER)
    assert await asked(content, lambda: teams.messages) == (200, None)
    [told] = teams.messages.values()
    assert "another organisation" in str(told["attachments"])
    assert told["conversation"] == {"id": SHARED, "tenantId": kit.tenant}
    assert listener.messages == []


async def test_a_guest_who_goes_on_is_not_told_each_time(kit, listener, teams):
    async with kit.serving(TeamsSettings(tenants=(kit.tenant,)), listener, grace=0.5) as client:
        for number in range(20):
            content = in_a_shared_channel(kit.activity, kit, OTHER, id=f"a{number}", serviceUrl=teams.url)
            assert (await post(client, content))[0] == 200
        await kit.eventually(lambda: teams.messages)
        await kit.settle()
    assert len(teams.messages) == 1
    assert listener.messages == []


async def test_a_guest_who_presses_a_button_is_told_why(asked, kit, listener):
    status, body = await asked(in_a_shared_channel(kit.click, kit, OTHER))
    assert (status, body["type"]) == (200, "application/vnd.microsoft.activity.message")
    assert "another organisation" in body["value"]
    assert listener.clicks == []


async def test_colleagues_in_shared_and_private_channels_are_served(asked, kit, listener):
    for channel in (SHARED, "19:private@thread.tacv2;messageid=1"):
        content = in_a_shared_channel(kit.activity, kit, kit.tenant, id=channel)
        await asked(content | {"conversation": content["conversation"] | {"id": channel}}, lambda: listener.messages)
        assert listener.messages.pop().conversation.id == channel


async def test_what_only_strangers_say_is_refused(asked, kit, teams):
    content = kit.activity(conversation__tenantId=OTHER, channelData__tenant__id=OTHER)
    assert (await asked(content))[0] == 403
    # A colleague in another organisation's channel, where the bot has no business.
    ours = kit.activity(conversation__tenantId=OTHER, channelData__tenant__id=kit.tenant)
    assert (await asked(ours))[0] == 403
    assert (await asked(in_a_shared_channel(kit.activity, kit, OTHER, type="conversationUpdate")))[0] == 403
    assert teams.requests == []
