"""Deliveries become messages and clicks: once each, acknowledged at once, whatever is done with them."""

import asyncio

import pytest

from bot.teams import ConversationReference, TeamsSettings, activity_handler, middleware
from cards.views import Notice


async def post(client, content):
    async with client.post("/api/messages", json=content) as response:
        body = await response.read()
        return response.status, (await response.json()) if body else None


@pytest.fixture
def message(kit, teams):
    return lambda **changes: kit.activity(**{"serviceUrl": teams.url, **changes})


@pytest.fixture
def click(kit, teams):
    return lambda **changes: kit.click(**{"serviceUrl": teams.url, **changes})


async def test_a_message_tells_who_wrote_what_where(local, listener, message, kit):
    assert await post(local, message()) == (200, None)
    await kit.eventually(lambda: listener.messages)
    heard = listener.messages[0]
    assert (heard.id, heard.text) == ("a1", "/jhub status")
    assert heard.sender.object_id == "00000000-0000-0000-0000-000000000020"
    assert heard.conversation.id == "19:x@thread.tacv2;messageid=1"
    assert heard.correlation


EMMY = {"type": "mention", "text": "<at>Emmy Noether</at>", "mentioned": {"id": "29:emmy", "name": "Emmy Noether"}}


@pytest.mark.parametrize(
    ("members", "heard"),
    [
        ([{"id": "29:emmy", "userPrincipalName": "emmy.noether@example.org"}], "why emmy.noether@example.org"),
        ([{"id": "29:ada", "userPrincipalName": "ada@example.org"}], 'why "Emmy Noether"'),
        ([{"id": "29:emmy"}], 'why "Emmy Noether"'),
        ([], 'why "Emmy Noether"'),
    ],
)
async def test_a_person_who_is_mentioned_is_known_by_their_upn(local, listener, message, kit, teams, members, heard):
    teams.members = members
    text = "<at>JHub</at> why <at>Emmy Noether</at>"
    assert (await post(local, message(text=text, entities=[EMMY])))[0] == 200
    await kit.eventually(lambda: listener.messages)
    assert listener.messages[0].text == heard


async def test_namesakes_are_nobody(local, listener, message, kit, teams):
    teams.members = [{"id": one, "userPrincipalName": f"{one[3:]}@example.org"} for one in ("29:emmy", "29:other")]
    other = EMMY | {"mentioned": {"id": "29:other"}}
    await post(local, message(text="<at>JHub</at> why <at>Emmy Noether</at>", entities=[EMMY, other]))
    await kit.eventually(lambda: listener.messages)
    assert listener.messages[0].text == 'why "Emmy Noether"'


async def test_who_is_mentioned_is_not_waited_for_where_teams_does_not_tell(local, listener, message, kit, teams):
    teams.script.append(403)
    await post(local, message(text="<at>JHub</at> why <at>Emmy Noether</at>", entities=[EMMY]))
    await kit.eventually(lambda: listener.messages)
    assert listener.messages[0].text == 'why "Emmy Noether"'


async def test_an_answer_goes_into_the_thread(local, listener, message, kit, teams):
    await post(local, message())
    await kit.eventually(lambda: listener.messages)
    posted = await listener.messages[0].conversation.post(Notice("Hello"))
    assert posted.id == "m1"
    assert teams.requests[0][1].endswith("/v3/conversations/19:x@thread.tacv2;messageid=1/activities")
    sent = teams.messages["m1"]
    assert sent["from"] == {"id": "28:bot", "name": "JHub"}
    assert sent["recipient"] == {"id": "29:ada"}
    assert sent["replyToId"] == "a1"
    assert sent["summary"]
    assert kit.title_of(sent) == "Hello"


async def test_a_message_is_acknowledged_once_it_is_on_record_and_long_before_the_command_ends(
    local, listener, message, kit
):
    listener.gate.clear()
    delivery = asyncio.create_task(post(local, message()))
    await kit.eventually(lambda: listener.messages)
    assert not delivery.done()
    listener.messages[0].taken.set()
    assert (await delivery)[0] == 200
    listener.gate.set()


async def test_what_cannot_be_put_on_record_is_acknowledged_all_the_same(local, listener, message, kit, monkeypatch):
    monkeypatch.setattr(activity_handler, "_TAKEN_WITHIN", 0.05)
    listener.gate.clear()
    assert (await post(local, message()))[0] == 200
    await kit.eventually(lambda: listener.messages)
    listener.gate.set()


async def test_a_message_delivered_again_is_dealt_with_once(local, listener, message, kit):
    answers = await asyncio.gather(*(post(local, message()) for _ in range(5)))
    assert {status for status, _ in answers} == {200}
    await post(local, message(id="a2"))
    await kit.eventually(lambda: len(listener.messages) == 2)
    assert [m.id for m in listener.messages] == ["a1", "a2"]


async def test_a_click_is_answered_with_a_card(local, listener, click):
    status, answer = await post(local, click())
    assert status == 200
    assert (answer["statusCode"], answer["type"]) == (200, "application/vnd.microsoft.card.adaptive")
    assert answer["value"]["type"] == "AdaptiveCard"
    heard = listener.clicks[0]
    assert (heard.verb, heard.data, heard.card_id) == ("confirm", {"id": "x", "n": "3"}, "m1")


@pytest.mark.parametrize("identity", ["f:1", None])
async def test_a_click_delivered_again_acts_once_and_gets_the_same_answer(local, listener, click, kit, identity):
    listener.gate.clear()
    both = [asyncio.create_task(post(local, click(id=identity))) for _ in range(2)]
    await kit.eventually(lambda: listener.clicks)
    listener.gate.set()
    first, second = await asyncio.gather(*both)
    later = await post(local, click(id=identity))
    assert first == second == later
    assert len(listener.clicks) == 1


async def test_two_clicks_without_id_are_two(local, listener, click):
    await post(local, click(id=None))
    await post(local, click(id=None, timestamp="2026-11-23T14:21:17Z"))
    assert len(listener.clicks) == 2


async def test_a_click_that_breaks_is_answered_as_an_error_without_its_trace(local, listener, click, caplog):
    listener.error = RuntimeError("s3cret detail")
    status, answer = await post(local, click())
    assert status == 200
    assert (answer["statusCode"], answer["type"]) == (500, "application/vnd.microsoft.error")
    reference = answer["value"]["message"].rsplit(" ", 1)[1]
    assert "s3cret" not in str(answer)
    assert reference in caplog.text


async def test_a_click_that_takes_long_is_answered_in_words(local, listener, click, monkeypatch):
    monkeypatch.setattr(middleware, "_CLICK_TIMEOUT", 0.1)
    listener.gate.clear()
    status, answer = await post(local, click())
    assert (status, answer["type"]) == (200, "application/vnd.microsoft.activity.message")
    listener.gate.set()
    assert (await post(local, click()))[1]["type"] == "application/vnd.microsoft.card.adaptive"
    assert len(listener.clicks) == 1


async def test_an_edit_does_not_overtake_the_answer_to_a_click(local, listener, click, kit, teams):
    teams.messages["m1"] = {"summary": "Question"}
    listener.gate.clear()
    answer = asyncio.create_task(post(local, click()))
    await kit.eventually(lambda: listener.clicks)
    heard = listener.clicks[0]
    heard.conversation.card(heard.card_id).update(Notice("Done"))
    await kit.settle()
    assert not teams.edits
    listener.gate.set()
    await answer
    await kit.eventually(lambda: teams.edits)


async def test_other_invokes_are_not_implemented(local, click):
    status, answer = await post(local, click(name="task/fetch"))
    assert status == 501
    assert answer


@pytest.mark.parametrize("kind", ["conversationUpdate", "installationUpdate", "messageReaction", "typing", "event"])
async def test_other_activities_are_accepted_and_left_aside(local, listener, message, kit, kind):
    assert (await post(local, message(type=kind)))[0] == 200
    await kit.settle()
    assert not listener.messages


@pytest.mark.parametrize("changes", [{"from__id": "28:other"}, {"from__role": "bot"}, {"recipient__id": "29:ada"}])
async def test_bots_are_not_answered(local, listener, message, kit, changes):
    assert (await post(local, message(**changes)))[0] == 200
    await kit.settle()
    assert not listener.messages


async def test_a_failing_listener_is_logged_with_its_reference(local, listener, message, kit, caplog):
    listener.error = RuntimeError("boom")
    await post(local, message())
    await kit.eventually(lambda: "boom" in caplog.text)
    assert listener.messages[0].correlation in caplog.text
    assert "/jhub status" not in caplog.text


async def test_what_is_being_dealt_with_is_finished_before_the_end(listener, message, kit, caplog):
    async with kit.serving(TeamsSettings(), listener, grace=5.0) as client:
        listener.gate.clear()
        await post(client, message())
        await kit.eventually(lambda: listener.messages)
        place = listener.messages[0].conversation
        asyncio.get_running_loop().call_later(0.05, listener.gate.set)
        assert not client.channel.not_ready
    assert not (await place.post(Notice("too late"))).id
    assert "came after the end" in caplog.text


async def test_the_last_state_is_shown_before_the_end(listener, kit, teams):
    async with kit.serving(TeamsSettings(), listener, grace=5.0) as client:
        place = client.channel.conversation(ConversationReference(teams.url, "c", kit.tenant, "28:bot"))
        card = await place.post(Notice("Working"))
        card.update(Notice("Done"))
    assert teams.titles() == ["Done"]
