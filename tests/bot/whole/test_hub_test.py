"""`/jhub test` through the whole bot: by itself, after a deployment, with something broken, and between two hubs."""

import asyncio
import json

import pytest
import pytest_asyncio

from bot.cli.dev.try_command import Decider, trial
from bot.instrumentation.outcomes import Outcome
from sandbox.scenario.release import TEST_USER

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.story]

AFTER = "test.after=[deploy, scale up]"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world():
    async with trial([AFTER], arguments=("--users", "5", "--speed", "20")) as started:
        yield World(started)


class World:
    def __init__(self, started):
        self.started = started

    async def asks(self, line):
        """How it ended, and the last card."""
        outcome = await self.started.command(self.started.person("operator"), line)
        return outcome, json.dumps(list(self.started.teams.activities.values())[-1], ensure_ascii=False)

    @property
    def hub(self):
        return self.started.bot.first.hub

    async def is_clean(self):
        users, pods, claims = await asyncio.gather(self.hub.hub.users(), self.hub.kube.pods(), self.hub.kube.claims())
        return TEST_USER not in {one.name for one in users} | {one.user for one in (*pods, *claims)}


async def test_it_says_that_the_hub_works_and_leaves_nothing(world):
    outcome, card = await world.asks("/jhub test")
    assert outcome is Outcome.DONE
    assert "The hub works for a user, with 3f9a41c" in card
    assert "File in the home" in card
    assert await world.is_clean()
    (record,) = await world.started.bot.first.context.tests.recent()
    assert (record.passed, record.removed, record.tag) == (True, True, "3f9a41c")


@pytest.mark.parametrize(
    ("how", "stage", "words"),
    [
        ("channels", "Kernel start", "do not pass"),
        ("home", "File in the home", "No such file or directory"),
        ("package", "Imports", "No module named 'croissance'"),
    ],
)
async def test_what_is_broken_is_told_at_its_stage(world, how, stage, words):
    await world.asks(f"/sandbox break spawn {how}")
    outcome, card = await world.asks("/jhub test")
    assert outcome is Outcome.FAILED
    assert stage in card
    assert words in card
    assert await world.is_clean()
    await world.asks("/sandbox heal spawn")


async def test_a_deployment_is_followed_by_a_test_that_its_card_tells_of(world):
    outcome, card = await world.asks("/jhub deploy 7c1d2e9")
    assert outcome is Outcome.DONE
    assert "7c1d2e9 is live" in card
    assert "A test server started in " in card
    assert await world.is_clean()


async def test_a_deployment_whose_test_fails_is_done_and_warns(world):
    await world.asks("/sandbox break spawn package")
    outcome, card = await world.asks("/jhub deploy e07f3a2")
    assert outcome is Outcome.DONE
    assert "e07f3a2 is live" in card
    assert "No module named 'croissance'" in card
    await world.asks("/sandbox heal spawn")


async def test_the_other_commands_are_followed_by_none(world):
    before = len(await world.started.bot.first.context.tests.recent(100))
    outcome, _ = await world.asks("/jhub rollback")
    assert outcome is Outcome.DONE
    assert len(await world.started.bot.first.context.tests.recent(100)) == before


async def test_who_may_only_look_may_not_test(world):
    assert await world.started.command(world.started.person("viewer"), "/jhub test") is Outcome.REFUSED


async def test_a_missing_scope_is_named_with_what_to_do(world):
    operator = world.started.person("operator")
    path = "hub.loadRoles.jhub-bot.scopes"
    scopes = "[list:users,read:users,read:servers,delete:servers]"
    approver = Decider(world.started.person("approver"), "approve")
    assert await world.started.command(operator, f"/jhub config set {path} {scopes}", approver) is Outcome.DONE
    outcome, card = await world.asks("/jhub test")
    assert outcome is Outcome.FAILED
    assert f"admin:users!user={TEST_USER}" in card
    assert "hub.loadRoles" in card
