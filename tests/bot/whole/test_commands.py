"""The whole way, nothing replaced: what Teams would send, the bot, the real helm, the sandbox's cluster."""

import asyncio
import json
from pathlib import Path

import pytest
import pytest_asyncio

from bot.cli.dev.card_actions import action, actions
from bot.cli.dev.teams_emulator import is_private
from bot.cli.dev.try_command import trial
from bot.instrumentation.outcomes import Outcome
from tests.bot import old_hub

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.story]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world():
    async with trial() as started:
        yield started


async def _until(condition, within=240):
    async with asyncio.timeout(within):
        while not (found := condition()):
            await asyncio.sleep(0.05)
    return found


def _card_with(world, verb):
    for card, activity in reversed(world.teams.activities.items()):
        if found := action(activity, verb):
            return card, found
    return None


async def _begin(world, tag):
    """Ask for a deployment and confirm it; the card that shows its progress, once it can be stopped."""
    operator = world.person("operator")
    world.outcomes.last = None
    before = set(world.teams.activities)
    await world.teams.say(operator, f"/jhub deploy {tag}")
    card, confirm = await _until(lambda: (q := _card_with(world, "confirm")) and q[0] not in before and q)
    await world.teams.click(operator, card, confirm)
    return card


async def test_a_stopped_deployment_says_what_it_left_and_can_be_repeated(world):
    card = await _begin(world, "7c1d2e9")
    shown, stop = await _until(lambda: _card_with(world, "stop"))
    assert shown == card
    await world.teams.click(world.person("operator"), card, stop)
    await _until(lambda: not world.bot.busy)
    assert world.outcomes.last is Outcome.CANCELLED
    last = json.dumps(world.teams.activities[card])
    assert "was stopped" in last
    assert "revision 3, tag 3f9a41c" in last
    assert await world.command(world.person("operator"), "/jhub deploy 7c1d2e9") is Outcome.DONE


async def test_a_tag_that_the_registry_does_not_have_never_gets_to_helm(world):
    assert await world.command(world.person("operator"), "/jhub deploy 7c1d2e8") is Outcome.INVALID
    *_, last = world.teams.activities.values()
    assert "jhub.azurecr.io has no tag 7c1d2e8 of notebook." in json.dumps(last)
    assert "/jhub deploy 7c1d2e9" in json.dumps(last)


async def test_what_is_picked_from_the_slash_menu_is_private_until_it_changes_something(world):
    operator, before = world.person("operator"), set(world.teams.activities)
    assert await world.command(operator, "status", slash=True) is Outcome.ANSWERED
    assert await world.command(operator, "deploy a b c", slash=True) is Outcome.INVALID
    assert await world.command(operator, "deploy 7c1d2e8", slash=True) is Outcome.INVALID
    said = [activity for card, activity in world.teams.activities.items() if card not in before]
    assert [is_private(activity) for activity in said] == [True, True, False]
    assert {activity["recipient"]["id"] for activity in said} == {f"29:{operator.id}"}


async def test_where_the_bot_was_added_it_says_hello_once_and_its_buttons_work(world):
    operator, before = world.person("operator"), set(world.teams.activities)
    added = world.teams._activity(operator) | {
        "conversation": {"id": "19:new@thread.tacv2", "conversationType": "channel", "tenantId": world.teams.tenant}
    }
    bot = added["recipient"]
    for delivery in (
        added | {"type": "installationUpdate", "action": "add"},
        added | {"type": "conversationUpdate", "membersAdded": [bot]},
        added | {"type": "installationUpdate", "action": "add"},
    ):
        assert await world.teams.deliver(delivery) == 200
    await _until(lambda: set(world.teams.activities) - before and not world.bot.busy)
    (card,) = set(world.teams.activities) - before
    buttons = {one["data"]["line"]: one for one in actions(world.teams.activities[card])}
    assert {"/jhub alerts here on", "/jhub status"} <= set(buttons)
    world.outcomes.last = None
    shown = await world.teams.click(operator, card, buttons["/jhub status"])
    assert "I look after the JupyterHub" in json.dumps(shown)
    await _until(lambda: world.outcomes.last)
    assert world.outcomes.last is Outcome.ANSWERED


async def test_an_image_that_cannot_be_pulled_ends_it_long_before_helm_would(world):
    card = await _begin(world, "0ddba11")
    await _until(lambda: not world.bot.busy, within=120)
    assert world.outcomes.last is Outcome.FAILED
    last = json.dumps(world.teams.activities[card])
    assert "The registry has jhub.azurecr.io/notebook:0ddba11, but not all of its layers." in last
    assert "7c1d2e9" in last


async def test_another_click_on_the_finished_card_changes_nothing(world):
    operator = world.person("operator")
    card = await _begin(world, "9b8e4d1")
    confirm = {"type": "Action.Execute", "verb": "confirm", "data": {"id": "x", "digest": "y"}}
    await _until(lambda: not world.bot.busy, within=240)
    answer = await world.teams.click(operator, card, confirm)
    assert "no longer has this question on record" in json.dumps(answer)
    assert not world.bot.busy


async def test_two_deployments_at_once_run_one_after_the_other(world):
    first = await _begin(world, "3f9a41c")
    second = await _begin(world, "7c1d2e9")
    await _until(lambda: "Waiting for \\u201c" in json.dumps(world.teams.activities[second]), within=240)
    await _until(lambda: not world.bot.busy, within=240)
    assert "3f9a41c is live" in json.dumps(world.teams.activities[first])
    # The revision it was planned on is not the newest any more: it must be asked again.
    assert "Plan out of date" in json.dumps(world.teams.activities[second])
    again, dismiss = _card_with(world, "dismiss")
    await world.teams.click(world.person("operator"), again, dismiss)
    await _until(lambda: not world.bot.busy)
    assert world.outcomes.last is Outcome.DISMISSED


async def test_a_build_goes_from_a_branch_to_a_tag_that_can_be_deployed(world):
    operator = world.person("operator")
    assert await world.command(operator, "/jhub image build geo-course") is Outcome.DONE
    card, last = list(world.teams.activities.items())[-1]
    assert "c41d88e is built" in json.dumps(last)
    offer, known = action(last, "type"), set(world.teams.activities)
    assert offer["data"]["line"] == "/jhub deploy c41d88e"
    await world.teams.click(operator, card, offer)
    question, confirm = await _until(lambda: (q := _card_with(world, "confirm")) and q[0] not in known and q)
    await world.teams.click(operator, question, confirm)
    await _until(lambda: not world.bot.busy, within=240)
    assert "c41d88e is live" in json.dumps(world.teams.activities[question])
    assert await world.command(operator, "/jhub image build geo-course") is Outcome.INVALID


async def test_a_build_that_cannot_get_its_source_says_so_without_the_password(world):
    assert await world.command(world.person("operator"), f"/jhub image build {'0' * 40}") is Outcome.FAILED
    *_, last = world.teams.activities.values()
    assert "couldn't find remote ref" in json.dumps(last)


async def test_a_build_can_be_stopped_and_pushes_nothing_then(world):
    operator = world.person("operator")
    world.outcomes.last = None
    await world.teams.say(operator, "/jhub image build main")
    card, confirm = await _until(lambda: _card_with(world, "confirm"))
    await world.teams.click(operator, card, confirm)
    await _until(lambda: "Step 1/5" in json.dumps(world.teams.activities[card]))
    shown, stop = _card_with(world, "stop")
    assert shown == card
    await world.teams.click(operator, card, stop)
    await _until(lambda: not world.bot.busy)
    assert world.outcomes.last is Outcome.CANCELLED
    assert "Building b5d20f4 was stopped" in json.dumps(world.teams.activities[card])
    assert await world.command(operator, "/jhub images") is Outcome.ANSWERED
    *_, last = world.teams.activities.values()
    assert "b5d20f4" not in json.dumps(last)


async def _answer(world, line, expected):
    assert await world.command(world.person("operator"), line) is expected
    return json.dumps(list(world.teams.activities.values())[-1], ensure_ascii=False)


async def test_an_old_hub_is_checked_refused_migrated_and_upgraded(world):
    ready = world.world.ready
    old = await old_hub.age(ready)

    card = await _answer(world, "/jhub upgrade check 4.4.0", Outcome.ANSWERED)
    assert "From chart 1.1.3 to 4.4.0" in card
    assert "Users would find empty homes" in card
    assert "auth.azuread.clientSecret moves to hub.config.AzureAdOAuthenticator.client_secret" in card
    assert "/jhub config migrate 4.4.0" in await _answer(world, "/jhub deploy --chart 4.4.0", Outcome.INVALID)

    card = await _answer(world, "/jhub config migrate 4.4.0", Outcome.DONE)
    assert "The values have the form of chart 4.4.0" in card
    made = await old_hub.live_values(ready)
    secret = old["auth"]["azuread"]["clientSecret"]
    assert made["hub"]["config"]["AzureAdOAuthenticator"]["client_secret"] == secret
    assert made["hub"]["config"]["KubeSpawner"] == {"slug_scheme": "escape"}
    assert "auth" not in made

    assert "It can go ahead" in await _answer(world, "/jhub upgrade check 4.4.0", Outcome.ANSWERED)
    assert "There is nothing to change" in await _answer(world, "/jhub config migrate 4.4.0", Outcome.INVALID)
    await _answer(world, "/jhub deploy --chart 4.4.0", Outcome.DONE)
    assert "is live and is the newest" in await _answer(world, "/jhub upgrade check", Outcome.ANSWERED)
    said = json.dumps(world.teams.activities)
    assert secret not in said
    assert old_hub.CRYPT_KEY not in said


@pytest.mark.parametrize(
    "line",
    ["", "x" * 10_000, "\x00\x07\x1b[31m", "<script>alert(1)</script>", "deploy a b", "deploy $(id)", "deploy ../x"],
)
async def test_bad_input_gets_one_helpful_card(world, line):
    before = len(world.teams.activities)
    outcome = await world.command(world.person("operator"), line)
    assert outcome in (Outcome.INVALID, Outcome.ANSWERED)
    assert len(world.teams.activities) == before + 1


async def test_no_secret_of_the_world_was_ever_sent(world):
    said = json.dumps(world.teams.activities)
    token = Path(str(world.world.ready["hub_token_file"])).read_text(encoding="utf-8")
    assert token
    assert token not in said
    assert f"sandbox~{token[:24]}" not in said
    for name in ("azure_token_file", "registry_token_file", "image_repository_token_file", "vault_token_file"):
        assert Path(str(world.world.ready[name])).read_text(encoding="utf-8") not in said, name
    assert "sig=" not in said
