"""A command picked from the slash menu is between one person and the bot: its answer, edits, buttons, and failures."""

import json
from dataclasses import replace

import pytest

from bot.teams import ConversationReference
from bot.teams.activity_parser import parse
from cards.views import Notice, typing

CHANNEL = "19:x@thread.tacv2"
TARGETED = {"recipient__isTargeted": True, "text": "status", "conversation__id": f"{CHANNEL};messageid=a1"}
BUTTON = Notice("Yes", buttons=(typing("Users", "/jhub users"),))


@pytest.fixture
def tell(local, listener, kit, teams):
    """Deliver an activity; the message or click that it became."""

    async def deliver(make=kit.activity, **changes):
        before = len(listener.messages) + len(listener.clicks)
        content = make(**{"serviceUrl": teams.url, **changes})
        async with local.post("/api/messages", json=content) as response:
            assert response.status == 200
            body = await response.read()
        await kit.eventually(lambda: len(listener.messages) + len(listener.clicks) > before)
        return (listener.clicks[-1], json.loads(body)) if body else listener.messages[-1]

    return deliver


@pytest.fixture
def asked(teams):
    """The query of each request to the connector."""
    seen, handle = [], teams.handle

    async def keep(request):
        seen.append((request.method, request.query.get("isTargetedActivity")))
        return await handle(request)

    for route in teams.server.app.router.routes():
        route._handler = keep
    return seen


def test_a_personal_chat_has_no_targeted_messages(kit):
    changes = {"recipient__isTargeted": True, "conversation__conversationType": "personal"}
    assert not parse(json.dumps(kit.activity(**changes)).encode()).targeted


async def test_a_targeted_message_gets_a_targeted_answer(tell, teams):
    message = await tell(**TARGETED)
    assert message.text == "status"
    await message.conversation.post(Notice("Well"))
    (sent,) = teams.messages.values()
    assert sent["recipient"] == {"id": "29:ada", "isTargeted": True}
    assert sent["entities"] == [{"type": "targetedMessageInfo", "messageId": "a1"}]
    assert sent["conversation"]["id"] == f"{CHANNEL};messageid=a1"
    assert "replyToId" not in sent


async def test_every_request_about_it_says_that_it_is_targeted_and_an_edit_not_for_whom(tell, teams, asked, kit):
    message = await tell(**TARGETED)
    card = await message.conversation.post(Notice("Working"))
    await card.finish(Notice("Done"))
    await kit.eventually(lambda: teams.titles() == ["Done"])
    assert asked == [("POST", "true"), ("PUT", "true")]
    assert not {"recipient", "entities"} & set(teams.messages[card.id])


async def test_it_is_edited_as_such_by_whoever_finds_it_again(tell, teams, asked, local, kit):
    message = await tell(**TARGETED)
    teams.messages["m9"] = {"summary": "Old"}
    await local.channel.place(message.conversation.address).card("m9").finish(Notice("New"))
    await kit.eventually(lambda: teams.titles() == ["New"])
    assert asked == [("PUT", "true")]


async def test_an_open_message_is_nothing_of_that(tell, teams, asked):
    message = await tell()
    assert message.conversation.open.address == message.conversation.address
    await message.conversation.post(BUTTON)
    (sent,) = teams.messages.values()
    assert asked == [("POST", None)]
    assert "targeted" not in json.dumps(sent).lower()


@pytest.mark.parametrize(
    ("thread", "place", "begins"),
    [
        (f"{CHANNEL};messageid=a1", CHANNEL, True),
        (f"{CHANNEL};messageid=700", f"{CHANNEL};messageid=700", False),
        ("19:chat@thread.v2", "19:chat@thread.v2", False),
    ],
)
async def test_in_the_open_everybody_finds_it(tell, thread, place, begins):
    message = await tell(**{**TARGETED, "conversation__id": thread})
    seen = message.conversation.open.reference
    assert (seen.conversation_id, seen.a_channel, seen.targeted, seen.reply_to) == (place, begins, False, "")
    assert seen.prompt == "a1"
    assert message.conversation.open.below("m1").reference.prompt == ""
    own = message.conversation.own.reference
    assert (own.targeted, own.prompt, own.user_id) == (False, "", "")


async def test_a_button_on_a_private_card_is_answered_privately(tell, teams, kit):
    message = await tell(**TARGETED)
    await message.conversation.post(BUTTON)
    (sent,) = teams.messages.values()
    (action,) = sent["attachments"][0]["content"]["actions"]
    click, answer = await tell(kit.click, **TARGETED | {"recipient__isTargeted": None}, value={"action": action})
    assert click.data == {"line": "/jhub users"}
    assert click.conversation.reference.targeted
    assert click.conversation.open.reference.a_channel
    assert answer["type"] == "application/vnd.microsoft.card.adaptive"


async def test_what_a_click_on_a_private_card_is_answered_with_knows_it_as_well(tell, listener, kit):
    async def on_click(click):
        listener.clicks.append(click)
        return BUTTON

    listener.on_click = on_click
    data = {"line": "/jhub users", "targeted": "among others"}
    action = {"type": "Action.Execute", "verb": "type", "data": data}
    _, answer = await tell(kit.click, value={"action": action})
    (shown,) = answer["value"]["actions"]
    assert shown["data"] == data


@pytest.mark.parametrize("mark", ["", "no such mark", "true"])
async def test_a_button_of_an_open_card_is_answered_in_the_open(tell, kit, mark):
    action = {"type": "Action.Execute", "verb": "type", "data": {"targeted": mark}}
    click, _ = await tell(kit.click, value={"action": action})
    assert not click.conversation.reference.targeted


async def test_where_the_message_answered_is_not_known_the_card_is_sent_without_it(tell, teams, kit):
    message = await tell(**TARGETED)
    teams.script.append(400)
    card = await message.conversation.post(BUTTON)
    await kit.eventually(lambda: card.id)
    (sent,) = teams.messages.values()
    assert "entities" not in sent
    assert sent["attachments"]
    assert sent["recipient"]["isTargeted"]


async def test_a_change_in_the_open_is_not_lost_with_the_message_that_asked_for_it(tell, teams, kit):
    message = await tell(**{**TARGETED, "conversation__id": "19:chat@thread.v2"})
    teams.script.append(404)
    card = await message.conversation.open.post(Notice("Deploy?"))
    await kit.eventually(lambda: card.id)
    assert not card.is_banished


async def test_what_cannot_be_said_privately_is_not_said_to_all(tell, teams, kit, asked):
    message = await tell(**{**TARGETED, "conversation__id": f"{CHANNEL};messageid=700"})
    teams.script.extend([400, 400, 400])
    card = await message.conversation.post(Notice("A secret of Ada's"))
    await kit.eventually(lambda: teams.messages)
    await card.finish(Notice("More of it"))
    await kit.settle()
    (said,) = teams.messages.values()
    assert kit.title_of(said) == "A private answer was not possible here"
    assert "Ada's" not in json.dumps(said)
    assert [query for _, query in asked] == ["true"] * 3 + [None]


def test_addresses_of_before_are_still_read():
    old = ConversationReference("https://x/", CHANNEL, "t", "28:b")
    content = {name: value for name, value in vars(old).items() if name not in ("targeted", "prompt", "apart")}
    assert ConversationReference.from_address(json.dumps(content)) == old
    private = replace(old, targeted=True, prompt="a1", apart=True)
    assert ConversationReference.from_address(json.dumps(vars(private))) == private
