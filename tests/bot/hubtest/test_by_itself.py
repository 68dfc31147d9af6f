"""Tests that nobody asks for: when starts fail, not too often, once among replicas; and what tests have left."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.audit.log import Trail
from bot.hubtest.by_itself import WITHIN, OwnHubTests
from bot.runtime.leases import Lease
from clients.hub import HubUser, SpawnCounts
from commands.hubtest import removal
from commands.hubtest.steps import AT_WORK, BY_ITSELF
from commands.hubtest.subject import USER
from commands.ports.hub_tests import HubTestRecord
from commands.ports.operations import WorkState
from tests.bot.people import Clock
from tests.world import NOW, Doing, World, home, work
from tests.world.hub_tests import FAILED, HubTests

FAILING = SpawnCounts(started=3, failed=2)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    for name in ("_SHORTEST", "_LONGEST"):
        monkeypatch.setattr(removal, name, 0.001)


@pytest.fixture
def clock():
    return Clock(NOW)


def own(database, world, clock, holder="here"):
    return OwnHubTests(
        tests=HubTests(world),
        reads=lambda caller: replace(world.reads, caller=caller),
        writes=lambda: Doing(world).writes,
        audit=Trail(database),
        lease=Lease(database, "hub tests", holder),
        now=clock,
        is_wanted=True,
    )


async def test_two_failed_starts_bring_about_a_test_on_record_and_in_the_trail(database, clock):
    world = World(spawns=FAILING)
    await own(database, world, clock).look()
    (record,) = world.tests
    assert (record.by, record.passed, record.removed) == (BY_ITSELF, True, True)
    (line,) = await Trail(database).page()
    assert (line.event, line.name, line.outcome) == ("hub tested", "the bot", "done")
    assert "A test server started in" in line.detail


async def test_a_test_that_fails_says_why_in_the_trail(database, clock):
    world = World(spawns=FAILING, spawning=(FAILED,))
    await own(database, world, clock).look()
    (line,) = await Trail(database).page()
    assert line.outcome == "failed"
    assert "No server is running" in line.detail


@pytest.mark.parametrize(
    "quiet",
    [
        {"spawns": SpawnCounts(started=9, failed=1)},
        {"spawns": None},
        {"works": [work(state=WorkState.RUNNING)]},
    ],
)
async def test_it_is_not_tested_without_need_nor_beside_a_change(database, clock, quiet):
    world = World(**{"spawns": FAILING} | quiet)
    await own(database, world, clock).look()
    assert world.tests == []


async def test_it_is_tested_again_only_after_half_an_hour(database, clock):
    world = World(spawns=FAILING)
    mine = own(database, world, clock)
    await mine.look()
    clock.moment += WITHIN
    await mine.look()
    assert len(world.tests) == 1
    clock.moment += timedelta(minutes=1)
    await mine.look()
    assert len(world.tests) == 2


async def test_one_of_two_replicas_tests(database, clock):
    world = World(spawns=FAILING)
    await asyncio.gather(*(own(database, world, clock, holder).look() for holder in ("here", "there")))
    assert len(world.tests) == 1


async def test_a_name_that_somebody_has_is_left_alone(database, clock):
    world = World(spawns=FAILING, users=[HubUser(USER, admin=False, servers=(), last_activity=None)])
    await own(database, world, clock).look()
    assert world.tests == world.done == []


async def test_what_a_test_has_left_goes_daily(database, clock):
    left = HubTestRecord("op-1", NOW - AT_WORK * 2, "Olu Operator", "3f9a41c")
    user = HubUser(USER, admin=False, servers=(), last_activity=None)
    world = World(users=[user], claims=[home(USER)], tests=[left])
    await own(database, world, clock).clean_up("20261124")
    assert (world.users, world.claims) == ([], [])
    assert [one.removed for one in world.tests] == [True]
    (line,) = await Trail(database).page()
    assert (line.event, "op-1" in line.detail) == ("hub test removed", True)
    await own(database, world, clock).clean_up("20261125")
    assert len(await Trail(database).page()) == 1


async def test_what_is_at_work_is_not_cleaned_up(database, clock):
    young = HubTestRecord("op-1", NOW, "Olu Operator", "3f9a41c")
    world = World(claims=[home(USER)], tests=[young])
    await own(database, world, clock).clean_up("20261124")
    assert len(world.claims) == 1
