"""The whole bot about homes: enlarged while somebody works, asked for, and gone as a list."""

import json
import re

import pytest
import pytest_asyncio

from bot.cli.dev.card_actions import action, as_activity
from bot.cli.dev.try_command import Decider, trial
from bot.instrumentation.outcomes import Outcome
from bot.jobs.daily_cleanup import NOBODY
from commands.storage import growth_steps

pytestmark = pytest.mark.asyncio(loop_scope="module")

GIB = 2**30
AT_WORK, AWAY = "grace.hopper@example.org", "emmy.noether@example.org"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world():
    async with trial() as started:
        yield started


def shown(world):
    """What the newest card says, without its buttons' data."""
    return json.dumps(list(world.teams.activities.values())[-1], ensure_ascii=False)


async def claim_of(world, user):
    (found,) = [one for one in await world.bot.first.context.reads(NOBODY).kube.claims() if one.user == user]
    return found


async def test_a_home_grows_while_its_server_runs(world):
    operator = world.person("operator")
    assert await world.command(operator, f"storage grow {AT_WORK} 20Gi") is Outcome.DONE
    assert f"The home of {AT_WORK} has 20 GiB" in shown(world)
    claim = await claim_of(world, AT_WORK)
    assert (claim.size, claim.requested) == (20 * GIB, 20 * GIB)


async def test_without_a_server_the_next_start_is_what_it_waits_for(world):
    operator = world.person("operator")
    assert await world.command(operator, f"storage grow {AWAY} 20Gi") is Outcome.DONE
    assert "sees the new size when the next server starts" in shown(world)
    assert (await claim_of(world, AWAY)).awaits_start
    assert await world.command(operator, f"storage show {AWAY}") is Outcome.ANSWERED
    assert "its file system grows when the next server starts" in shown(world)


async def test_what_azure_refuses_is_said_and_what_it_takes_after_a_stop(world, monkeypatch):
    monkeypatch.setattr(growth_steps, "_PATIENCE", 6.0)
    operator, who = world.person("operator"), "mei.chen@example.org"
    try:
        await world.command(operator, "/sandbox break grow attached")
        assert await world.command(operator, f"storage grow {who} 20Gi") is Outcome.FAILED
        said = shown(world)
        assert f"The home of {who} does not grow yet" in said
        assert "FailedPrecondition" in said
        assert f"/jhub server stop {who}" in said
        await world.command(operator, "/sandbox heal grow")
    finally:
        await world.command(operator, "/sandbox heal")
    monkeypatch.undo()
    # Asked for again it is under way; for more, it is done.
    assert await world.command(operator, f"storage grow {who} 30Gi") is Outcome.DONE


@pytest.mark.parametrize("size", ["10Gi", "5Gi", "10,5Gi", "20GB", "20", "0Gi", "-1Gi", "64Ti", "9999999Gi", "much"])
async def test_a_size_that_cannot_be_changes_nothing(world, size):
    before = await claim_of(world, "ingrid.bergström@example.org")
    answer = await world.command(world.person("operator"), f"storage grow ingrid.bergström@example.org {size}")
    assert answer is Outcome.INVALID
    assert await claim_of(world, "ingrid.bergström@example.org") == before


async def test_beyond_the_limit_another_person_decides(world):
    operator, approver = world.person("operator"), world.person("approver")
    line = "storage grow ingrid.bergström@example.org 200Gi"
    assert await world.command(operator, line, Decider(approver, "reject")) is Outcome.REJECTED
    assert (await claim_of(world, "ingrid.bergström@example.org")).requested == 10 * GIB


# Asking


async def test_who_is_in_no_group_asks_and_reads_why_not(world):
    member, operator = world.person("nobody"), world.person("operator")
    assert await world.command(member, 'storage ask 20Gi "data of the **study** <at>all</at>"') is None
    (change,) = await world.bot.first.changes.open()
    assert change.requester.name == "Isaiah Langer"
    card = world.teams.activities[change.card]
    assert "<at>all</at>" not in json.dumps(card["attachments"])
    assert await world.command(operator, "approvals") is Outcome.ANSWERED
    assert "Approve " in shown(world)

    # Their own view has no Approve; nor has a stranger's, who sees nothing of it.
    seen = as_activity(await world.teams.click(member, change.card, action(card, "view")))
    assert action(seen, "approve") is None
    assert action(seen, "dismiss") is not None
    stranger = as_activity(
        await world.teams.click(world.person("lynne.robbins@example.org"), change.card, action(card, "view"))
    )
    assert "You cannot see this" in json.dumps(stranger)

    theirs = as_activity(await world.teams.click(operator, change.card, action(card, "view")))
    pressed = action(theirs, "reject")
    world.outcomes.last = None
    await world.teams.click(operator, change.card, pressed | {"data": pressed["data"] | {"why": "use /data for it"}})
    await world._settled()
    assert world.outcomes.last is Outcome.REJECTED
    assert "Their reason: “use /data for it”" in shown(world)
    assert await world.command(member, 'storage ask 20Gi "again"') is Outcome.INVALID


async def test_nobody_is_heard_for_somebody_elses_home(world):
    member = world.person("lynne.robbins@example.org")
    theirs = (await claim_of(world, AT_WORK)).name
    assert await world.command(member, f'storage ask 20Gi "x" --claim {theirs}') is Outcome.INVALID
    assert await world.command(member, f"storage grow {AT_WORK} 50Gi") is Outcome.REFUSED


async def test_who_may_look_at_no_home_is_not_sent_to_look(world):
    member = world.person("lynne.robbins@example.org")
    assert await world.command(member, 'storage ask 20Gi "field study" --claim claim-nope') is Outcome.INVALID
    assert "claim-nope is not a home" in shown(world)
    assert "storage show" not in shown(world)


async def test_an_operator_grows_it_with_one_press(world):
    member, operator = world.person("lynne.robbins@example.org"), world.person("operator")
    line = 'storage ask 20Gi "data of the field study"'
    assert await world.command(member, line, Decider(operator, "approve")) is Outcome.DONE
    assert (await claim_of(world, "lynne.robbins@example.org")).requested == 20 * GIB


# Lists


async def test_the_homes_of_people_who_left_go_with_a_snapshot_each(world):
    operator, approver = world.person("operator"), world.person("approver")
    line = "storage delete --left --older 40d"
    assert await world.command(operator, line, Decider(approver, "approve")) is Outcome.DONE
    assert "2 homes of 2 deleted" in shown(world)
    said = [
        line.detail
        for line in await world.bot.first.context.trail.page(limit=50)
        if re.search("(^|; )homes: ", line.detail)
    ]
    assert said
    for line in said:
        assert "old.student@example.org" in line
        assert "guest-lecturer@example.org" in line
        assert "{" not in line
    kube = world.bot.first.context.reads(NOBODY).kube
    assert not {one.user for one in await kube.claims()} & {"old.student@example.org", "guest-lecturer@example.org"}
    kept = {one.user for one in await kube.snapshots() if one.ready}
    assert {"old.student@example.org", "guest-lecturer@example.org"} <= kept
    assert await world.command(operator, "storage restore old.student@example.org") is Outcome.DONE


async def test_without_snapshots_nothing_of_the_list_is_deleted(world, monkeypatch):
    monkeypatch.setattr("commands.storage.deletion._SNAPSHOT_PATIENCE", 3.0)
    operator, approver = world.person("operator"), world.person("approver")
    try:
        await world.command(operator, "/sandbox break storage snapshots")
        line = "storage delete --left --older 30d"
        ended = await world.command(operator, line, Decider(approver, "approve"))
    finally:
        await world.command(operator, "/sandbox heal")
    assert ended in (Outcome.FAILED, Outcome.INVALID)
    there = {one.user for one in await world.bot.first.context.reads(NOBODY).kube.claims()}
    assert "erik.gone@example.org" in there


async def test_idle_servers_are_stopped_by_name(world):
    operator = world.person("operator")
    before = {one.name for one in await world.bot.first.context.reads(NOBODY).hub.users("active")}
    assert await world.command(operator, "server stop --idle 1h") is Outcome.DONE
    said = shown(world)
    assert "are stopped" in said
    gone = before - {one.name for one in await world.bot.first.context.reads(NOBODY).hub.users("active")}
    assert gone
    assert gone < before
    assert await world.command(operator, "server stop --idle 1h") is Outcome.INVALID
