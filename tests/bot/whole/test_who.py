"""Who somebody is, the whole way: what Teams would send with an id in every form, the bot, the sandbox's directory."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio

from bot.changes import approval
from bot.changes.emergency_delay import Countdown
from bot.changes.model import State
from bot.cli.dev.card_actions import action, actions, as_activity
from bot.cli.dev.teams_emulator import chat_of
from bot.cli.dev.try_command import trial
from bot.instrumentation.outcomes import Outcome

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.story]

LINE = "/jhub storage delete emmy.noether@example.org"
APPROVALS = "19:approvals@thread.tacv2"


def forms(guid):
    """Everything that Teams, Graph and the roster write for one id."""
    spelled = (guid.upper(), f"{{{guid}}}", f"{{{guid.upper()}}}", f"({guid})", guid.replace("-", ""))
    return [*spelled, f"8:orgid:{guid}", f"8:ORGID:{guid.upper()}", f" {guid}", f"{guid}\n", f"\t{{{guid}}} "]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world():
    async with trial(("approvals.emergency_delay=2s",)) as started:
        yield started


async def _asked(world, who, line=LINE):
    """Type it; the change that waits, and its card."""
    await world.command(who, line)
    (change,) = [one for one in await world.bot.changes.open() if one.state is State.WAITING]
    return change


async def _withdraw(world, who, change):
    await world.teams.click(who, change.card, _button(change, "dismiss"))
    await world._settled()


def _button(change, verb):
    return {"type": "Action.Execute", "verb": verb, "data": {"id": change.id, "digest": change.digest}}


def personally(world, who, text):
    """What Teams sends when somebody writes to the bot alone."""
    message = world.teams.message(who, text)
    where = {"id": chat_of(who), "conversationType": "personal", "tenantId": world.teams.tenant}
    return message | {"conversation": where, "channelData": {"tenant": {"id": world.teams.tenant}}, "text": text}


async def _says_personally(world, who, text):
    before = set(world.teams.activities)
    assert await world.teams.deliver(personally(world, who, text)) == 200
    async with asyncio.timeout(60):
        while not set(world.teams.activities) - before or world.bot.busy:
            await asyncio.sleep(0.05)
    return [activity for card, activity in world.teams.activities.items() if card not in before]


async def test_no_form_of_their_own_id_lets_anybody_approve_what_they_asked_for(world):
    approver = world.person("approver")
    change = await _asked(world, approver)
    for form in forms(approver.object_id):
        answer = await world.teams.click(replace(approver, object_id=form), change.card, _button(change, "approve"))
        assert "Nothing was done" in json.dumps(answer), form
    known = await world.bot.changes.get(change.id)
    assert (known.state, known.votes) == (State.WAITING, ())
    await _withdraw(world, approver, change)


async def test_what_is_no_id_is_nobodys(world):
    operator, approver = world.person("operator"), world.person("approver")
    change = await _asked(world, operator)
    guid = approver.object_id
    for form in ("", "approver", f"{guid}0", guid[:-1], f"{guid},{guid}", f"29:{guid}", f"8:live:{guid}", f"{{{guid}"):
        answer = await world.teams.click(replace(approver, object_id=form), change.card, _button(change, "approve"))
        assert "emmy" not in json.dumps(answer), form
    assert (await world.bot.changes.get(change.id)).votes == ()
    await _withdraw(world, operator, change)


async def test_to_who_has_no_level_a_card_shows_nothing_of_its_change(world):
    operator, nobody = world.person("operator"), world.person("nobody")
    change = await _asked(world, operator)
    verbs = ("view", "page", "approve", "reject", "dismiss", "confirm", "stop", "type", "odd")
    for verb in verbs:
        pressed = _button(change, verb)
        pressed["data"]["line"] = "/jhub whoami"
        answer = await world.teams.click(nobody, change.card, pressed)
        assert "emmy" not in json.dumps(answer), verb
    await _withdraw(world, operator, change)
    answer = await world.teams.click(nobody, change.card, _button(change, "view"))
    assert "emmy" not in json.dumps(answer)
    events = [line for line in await world.bot.first.context.trail.page(limit=50) if line.operation == change.id]
    tried = {line.detail for line in events if line.event == "refused" and line.name == nobody.name}
    assert {"tried: stop", "tried: dismiss", "tried: approve"} <= tried


async def test_nor_does_an_alerts_card(world):
    operator, nobody = world.person("operator"), world.person("nobody")
    assert await world.command(operator, "/jhub alerts here on") is Outcome.DONE
    assert await world.command(operator, "/jhub alerts test") is Outcome.DONE
    async with asyncio.timeout(120):
        while not (found := [one for one in world.teams.activities.items() if _is_alert(one[1])]):
            world.bot.first.engine.wakeup.ring()
            await asyncio.sleep(0.1)
    card, activity = found[0]
    shown = next(one for one in actions(activity) if "alert" in one["data"])
    for verb in (shown["verb"], "page", "type", "alert-snooze", "alert-ack"):
        pressed = shown | {"verb": verb, "data": shown["data"] | {"line": "/jhub whoami", "page": "1"}}
        answer = await world.teams.click(nobody, card, pressed)
        assert "only a test" not in json.dumps(answer), verb
    assert await world.command(operator, "/jhub alerts here off") is Outcome.DONE


def _is_alert(activity):
    return "only a test" in json.dumps(activity) and any("alert" in one["data"] for one in actions(activity))


@pytest.mark.parametrize("channel", ["directline", "webchat", "email", "emulator", "skype", "MSTEAMS", "msteams ", ""])
async def test_only_teams_is_served(world, channel, caplog):
    operator, before = world.person("operator"), set(world.teams.activities)
    caplog.clear()
    for kind in ("message", "conversationUpdate", "installationUpdate"):
        delivery = world.teams.message(operator, "/jhub status") | {"channelId": channel, "type": kind, "action": "add"}
        assert await world.teams.deliver(delivery) in (400, 403)
    assert set(world.teams.activities) == before
    assert not [record for record in caplog.records if record.exc_info]
    assert len([record for record in caplog.records if record.name == "jhub_bot.teams.app"]) == 3


# Approvals from where nobody else is


async def test_asked_for_alone_with_the_bot_it_is_refused_with_the_way_out(world):
    (said,) = await _says_personally(world, world.person("operator"), LINE)
    assert "nobody else can see this chat" in json.dumps(said, ensure_ascii=False)
    assert await world.bot.changes.open() == []


async def test_an_emergency_typed_there_is_refused_as_well(world):
    (said,) = await _says_personally(world, world.person("admin"), '/jhub scale 0 --emergency "costs"')
    assert "nobody else can see this chat" in json.dumps(said, ensure_ascii=False)


async def test_an_approver_whom_the_bot_knows_is_asked_personally_and_every_card_ends_alike(world):
    operator, approver = world.person("operator"), world.person("approver")
    await _says_personally(world, approver, "hi")
    await _says_personally(world, operator, LINE)
    (change,) = await world.bot.changes.open()
    cards = {card: activity for card, activity in world.teams.activities.items() if change.id in json.dumps(activity)}
    places = {activity["conversation"]["id"]: card for card, activity in cards.items()}
    # The admin has written to it above.
    assert set(places) == {chat_of(one) for one in (operator, approver, world.person("admin"))}
    seen = await world.teams.click(approver, places[chat_of(approver)], _button(change, "view"))
    approve = action(as_activity(seen), "approve")
    await world.teams.click(approver, places[chat_of(approver)], approve)
    async with asyncio.timeout(120):
        while world.bot.busy or await world.bot.changes.open():
            await asyncio.sleep(0.05)
    ends = [json.dumps(world.teams.activities[card]["attachments"]) for card in places.values()]
    assert "emmy.noether@example.org is deleted" in ends[0]
    assert len(set(ends)) == 1
    assert await world.command(operator, "/jhub storage restore emmy.noether@example.org") is Outcome.DONE


async def test_the_list_of_what_waits_has_buttons_that_decide(world):
    operator, approver = world.person("operator"), world.person("approver")
    change = await _asked(world, operator)
    await world.teams.say(operator, "/jhub approvals")
    await world._settled()
    assert not any(one["verb"] in ("approve", "reject") for one in actions(list(world.teams.activities.values())[-1]))
    await world.teams.say(approver, "/jhub approvals")
    await world._settled()
    card, listed = list(world.teams.activities.items())[-1]
    reject = action(listed, "reject")
    own = await world.teams.click(operator, card, action(listed, "approve"))
    assert "somebody else must approve it" in json.dumps(own)
    stale = reject | {"data": reject["data"] | {"digest": "another"}}
    assert "does not match the plan" in json.dumps(await world.teams.click(approver, card, stale))
    after = json.dumps(await world.teams.click(approver, card, reject), ensure_ascii=False)
    assert "You rejected “Delete" in after
    assert "Nothing is waiting" in after
    await world._settled()
    assert (await world.bot.changes.get(change.id)).outcome == "rejected"
    assert "Rejected" in json.dumps(world.teams.activities[change.card])
    # The list's own message stays the list.
    assert "Waiting for an answer" in json.dumps(world.teams.activities[card])


# Emergencies


async def _looks(world, number):
    async with asyncio.timeout(120):
        while not any(one.looks >= number for one in world.bot.first.running_changes.countdowns.values()):
            await asyncio.sleep(0.05)


async def test_an_emergency_that_teams_shows_to_nobody_does_not_run(world, monkeypatch):
    # Longer than a click takes once the card is shown, with looks as far apart as in two seconds.
    monkeypatch.setattr(approval, "Countdown", lambda _, seconds: Countdown(timedelta(seconds=10), seconds))
    admin, approver = world.person("admin"), world.person("approver")
    world.teams.down = True
    await world.teams.say(admin, '/jhub scale 0 --emergency "costs"')
    await _looks(world, 5)
    (change,) = await world.bot.changes.open()
    assert change.state is State.WAITING
    world.teams.down = False
    async with asyncio.timeout(120):
        while not (await world.bot.changes.get(change.id)).card:
            await asyncio.sleep(0.02)
    await world.teams.click(approver, "any", _button(change, "reject"))
    await world._settled()
    ended = await world.bot.changes.get(change.id)
    # Where Teams was away for longer, it is refused before the click comes. Either way it never had a turn to run.
    assert ended.outcome in ("rejected", "refused")
    assert (ended.ticket, ended.step) == (None, "")


async def test_one_that_is_shown_runs_after_its_delay(world):
    assert await world.command(world.person("admin"), '/jhub scale 0 --emergency "costs"') is Outcome.DONE
    assert await world.command(world.person("admin"), "/jhub scale up") is Outcome.DONE
