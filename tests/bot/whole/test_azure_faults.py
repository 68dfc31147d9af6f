"""Azure in trouble, the whole way: what the card then says is true, and typing the same again repairs what is left."""

import asyncio
import json
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from bot.cli.dev.card_actions import action
from bot.cli.dev.try_command import trial
from bot.instrumentation.outcomes import Outcome

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.story]

UP = "/jhub scale 4"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world():
    async with trial(["azure.most_nodes=9"]) as started:
        yield started


async def azure(world, method, path, body=None):
    ready = world.world.ready
    token = Path(str(ready["azure_token_file"])).read_text("utf-8")
    headers = {"Authorization": f"Bearer {token}"}
    session, url = aiohttp.ClientSession(headers=headers), f"{ready['azure_url']}{path}"
    async with session, session.request(method, url, json=body) as response:
        response.raise_for_status()
        return await response.json()


async def pool(world, name="users"):
    return (await azure(world, "GET", f"{path(world)}/agentPools/{name}?api-version=2026-08-01"))["properties"]


def path(world):
    ready = world.world.ready
    group = f"/subscriptions/{ready['subscription_id']}/resourceGroups/{ready['resource_group']}"
    return f"{group}/providers/Microsoft.ContainerService/managedClusters/{ready['cluster']}"


async def typed(world, line):
    outcome = await world.command(world.person("operator"), line)
    return outcome, json.dumps(list(world.teams.activities.values())[-1], ensure_ascii=False)


async def asked(world, line):
    """Type it and wait for the question: its card and the button that confirms it."""
    before, operator = set(world.teams.activities), world.person("operator")
    await world.teams.say(operator, line)
    async with asyncio.timeout(240):
        while True:
            for card, activity in world.teams.activities.items():
                if card not in before and (confirm := action(activity, "confirm")):
                    return card, confirm
            await asyncio.sleep(0.05)


async def settled(world):
    async with asyncio.timeout(240):
        while world.bot.busy:
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("fault", "said"),
    [("throttled", "asked the bot to slow down"), ("broken", "error (500)"), ("absent", "cannot be reached")],
)
async def test_without_azure_nothing_is_planned_and_nothing_changes(world, fault, said):
    before = await pool(world)
    await azure(world, "PUT", "/_sandbox/fault", {"kind": fault})
    try:
        outcome, card = await typed(world, UP)
    finally:
        await azure(world, "PUT", "/_sandbox/fault", {"kind": ""})
    assert outcome is Outcome.UNAVAILABLE
    assert said in card
    assert "Nothing was changed" in card
    assert await pool(world) == before


async def test_an_outage_between_question_and_deed_says_so_and_typing_it_again_does_it(world):
    card, confirm = await asked(world, UP)
    await azure(world, "PUT", "/_sandbox/fault", {"kind": "throttled"})
    try:
        await world.teams.click(world.person("operator"), card, confirm)
        await settled(world)
    finally:
        await azure(world, "PUT", "/_sandbox/fault", {"kind": ""})
    assert "asked the bot to slow down" in json.dumps(world.teams.activities[card])
    assert (await typed(world, UP))[0] is Outcome.DONE
    assert (await pool(world))["count"] == 4


async def test_a_quota_that_is_exceeded_after_minutes_is_told_and_repaired_by_typing_it_again(world):
    refusal = {"code": "ErrCode_InsufficientVCPUQuota", "message": "Insufficient vcpu quota requested 40, of 32."}
    await azure(world, "PUT", "/_sandbox/next-operation", refusal)
    outcome, card = await typed(world, "/jhub scale 5")
    assert outcome is Outcome.FAILED
    assert "Insufficient vcpu quota requested 40" in card
    assert "You can safely type it again" in card
    assert (await pool(world))["provisioningState"] == "Failed"
    assert (await typed(world, "/jhub scale 5"))[0] is Outcome.DONE
    assert ((await pool(world))["count"], (await pool(world))["provisioningState"]) == (5, "Succeeded")


async def test_what_somebody_else_changed_meanwhile_is_asked_again(world):
    assert (await typed(world, "/jhub scale up"))[0] is Outcome.DONE
    card, confirm = await asked(world, "/jhub autoscale users 1 7")
    await azure(world, "PUT", "/_sandbox/pools/users", {"maxCount": 9})
    known = set(world.teams.activities)
    await world.teams.click(world.person("operator"), card, confirm)
    await settled(world)
    assert "Plan out of date" in json.dumps(world.teams.activities[card])
    assert (await pool(world))["maxCount"] == 9
    ((again, activity),) = [(one, its) for one, its in world.teams.activities.items() if one not in known]
    assert "1–9" in json.dumps(activity, ensure_ascii=False)
    await world.teams.click(world.person("operator"), again, action(activity, "confirm"))
    await settled(world)
    assert ((await pool(world))["minCount"], (await pool(world))["maxCount"]) == (1, 7)


async def test_while_azure_is_busy_with_another_operation_it_is_not_done_and_then_it_is(world):
    card, confirm = await asked(world, "/jhub autoscale users 1 6")
    core = await azure(world, "GET", f"{path(world)}/agentPools/core?api-version=2026-08-01")
    await azure(world, "PUT", f"{path(world)}/agentPools/core?api-version=2026-08-01", core)
    await world.teams.click(world.person("operator"), card, confirm)
    await settled(world)
    last = json.dumps(world.teams.activities[card])
    assert "another operation" in last
    assert "Not finished" in last
    async with asyncio.timeout(240):
        while (await pool(world, "core"))["provisioningState"] != "Succeeded":
            await asyncio.sleep(0.1)
    assert (await typed(world, "/jhub autoscale users 1 6"))[0] is Outcome.DONE
    assert (await pool(world))["maxCount"] == 6


async def test_a_token_that_expires_in_between_is_asked_for_anew(world):
    file = Path(str(world.world.ready["azure_token_file"]))
    good = file.read_text("utf-8")
    card, confirm = await asked(world, "/jhub scale 2")
    file.write_text("expired", encoding="utf-8")
    try:
        await world.teams.click(world.person("operator"), card, confirm)
        await settled(world)
    finally:
        file.write_text(good, encoding="utf-8")
    assert "refused" in json.dumps(world.teams.activities[card])
    assert (await typed(world, "/jhub scale 2"))[0] is Outcome.DONE
