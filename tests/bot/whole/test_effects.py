"""No one person's way to what destroys: each is typed into the whole bot, and none runs before somebody else agrees."""

import json

import pytest
import pytest_asyncio

from bot.changes.model import State
from bot.cli.dev.try_command import Decider, trial
from bot.instrumentation.outcomes import Outcome

pytestmark = pytest.mark.asyncio(loop_scope="module")

WAYS = [
    ("config set hub.db.type sqlite-memory", "Deletes data"),
    ("config set singleuser.storage.type none", "Deletes data"),
    ("config set cull.users true", "Deletes data"),
    ("config set hub.config.KubeSpawner.slug_scheme escape", "Deletes data"),
    ("config set hub.extraConfig.00-first 'c.x = 1'", "Runs code"),
    ("config set hub.command [sh]", "Runs code"),
    ("config set singleuser.image.name docker.io/somebody/else", "Runs code"),
    ("config set hub.image.name docker.io/somebody/else", "Runs code"),
    ("config set singleuser.profileList [{display_name: x, kubespawner_override: {image: a/b:c}}]", "Runs code"),
    ("config set singleuser.lifecycleHooks.postStart.exec.command [sh]", "Runs code"),
    ("config set hub.config.Authenticator.admin_users [alex.wilber@example.org]", "Changes who may log in"),
    ("config set hub.config.Authenticator.allow_all true", "Changes who may log in"),
    ("config set singleuser.networkPolicy.enabled false", "Changes who can reach"),
    ("config set proxy.service.type NodePort", "Changes who can reach"),
    ("scale 500", "Costs more"),
    ("autoscale users 1 500", "Costs more"),
    ("pool create big --max 500", "Costs more"),
    ("scale 0", "Stops everybody’s work"),
    ("autoscale users 0 1", "Stops everybody’s work"),
    ("config set cull.timeout 1", "Stops everybody’s work"),
    ("config set cull.removeNamedServers true", "Deletes data"),
    ("config set proxy.https.hosts []", "Changes who can reach"),
    ("storage delete emmy.noether@example.org", "Deletes data"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world():
    async with trial() as started:
        yield started


async def waiting(world):
    return [one for one in await world.bot.first.changes.open() if one.state is State.WAITING]


async def text_of(world, change):
    return json.dumps(world.teams.activities[change.card], ensure_ascii=False)


async def _cancelled(world, operator, change):
    """Two changes end then, the one that stops and the one that is stopped: which is the last is nobody's concern."""
    await world.command(operator, f"/jhub cancel {change.id[:8]}")
    assert (await world.bot.first.changes.get(change.id)).outcome == Outcome.CANCELLED.value


@pytest.mark.parametrize(("line", "effect"), WAYS)
async def test_alone_nobody_gets_further_than_the_question(world, line, effect):
    operator = world.person("operator")
    # What its requester can confirm is confirmed; and what others are asked, the requester presses, too.
    assert await world.command(operator, f"/jhub {line}", Decider(operator, "approve")) is None
    (change,) = await waiting(world)
    assert change.needed >= 1
    assert change.votes == ()
    shown = await text_of(world, change)
    assert "Why another person must approve this" in shown
    assert effect in shown
    assert ("The quota has room for" in shown) == ("500" in line)
    await _cancelled(world, operator, change)
    assert await waiting(world) == []


@pytest.mark.parametrize("line", ["deploy 7c1d2e9", "config set singleuser.memory.limit 2G", "scale 2"])
async def test_what_destroys_nothing_is_for_one_person_to_confirm(world, line):
    assert await world.command(world.person("operator"), f"/jhub {line}") is Outcome.DONE


async def test_no_emergency_of_an_admin_deletes_data_or_runs_code(world):
    admin = world.person("admin")
    for line in ("config set hub.db.type sqlite-memory", "config set hub.extraConfig.x 'c.x = 1'"):
        assert await world.command(admin, f'/jhub {line} --emergency "at once"') is Outcome.INVALID


async def test_the_way_back_to_what_ran_other_code_takes_two_as_well(world):
    operator, other = world.person("operator"), Decider(world.person("approver"), "approve")
    line = "/jhub config set hub.extraConfig.there 'c.JupyterHub.shutdown_on_logout = True'"
    assert await world.command(operator, line, other) is Outcome.DONE
    assert await world.command(operator, "/jhub config set hub.extraConfig.there ''", other) is Outcome.DONE
    assert await world.command(operator, "/jhub rollback") is None
    (change,) = await waiting(world)
    assert "hub.extraConfig.there" in await text_of(world, change)
    await _cancelled(world, operator, change)
