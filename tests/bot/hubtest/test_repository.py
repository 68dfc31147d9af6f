"""Tests of the hub on record: once each, as they ended, and whose user may be left, on both kinds of database."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.hubtest.repository import HubTests
from bot.store.database import Database
from commands.ports.hub_tests import HubTestRecord, HubTestRules
from tests.world import NOW

FIRST = HubTestRecord("op-1", NOW, "Olu Operator", "3f9a41c", "gpu")
PASSED = replace(FIRST, ended=NOW + timedelta(minutes=1), seconds=41.5)
FAILED = replace(PASSED, seconds=0.0, failed="Start a server", cause="No node has room.")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    sqlite = request.param == "sqlite"
    made = Database(f"sqlite:///{tmp_path / 'bot.sqlite'}" if sqlite else request.getfixturevalue("postgres_url"))
    made.migrate()
    yield made
    made.close()


@pytest.fixture
def tests(database):
    return HubTests(database, HubTestRules())


async def test_a_test_is_kept_as_it_ended_and_once(tests):
    await tests.begin(FIRST)
    await tests.begin(replace(FIRST, tag="another"))
    assert await tests.recent() == [FIRST]
    await tests.end(PASSED)
    await tests.end(FAILED)
    assert await tests.recent() == [PASSED]


async def test_what_may_be_left_is_told_until_it_is_removed(tests):
    later = replace(FIRST, operation="op-2", began=NOW + timedelta(hours=1))
    await tests.begin(later)
    await tests.begin(FIRST)
    assert await tests.left() == [FIRST, later]
    await tests.remove([FIRST.operation])
    await tests.remove([])
    assert await tests.left() == [later]
    assert [one.operation for one in await tests.recent(1)] == ["op-2"]


async def test_only_the_last_test_of_a_tag_counts_elsewhere(database):
    there = HubTests(database, HubTestRules())
    here = HubTests(database, HubTestRules(required_on="staging"), {"staging": there}.get)
    assert await here.passed_elsewhere(FIRST.tag) is None
    await there.begin(FIRST)
    assert await here.passed_elsewhere(FIRST.tag) is None, "it has not ended"
    await there.end(PASSED)
    assert await here.passed_elsewhere(FIRST.tag) == PASSED
    assert await here.passed_elsewhere("another") is None
    again = replace(FIRST, operation="op-2", began=NOW + timedelta(hours=1))
    await there.begin(again)
    assert await here.passed_elsewhere(FIRST.tag) == PASSED, "one that is at work does not count yet"
    await there.end(replace(again, ended=NOW + timedelta(hours=2), failed="Start a server", cause="Full."))
    assert await here.passed_elsewhere(FIRST.tag) is None


async def test_nothing_passes_where_the_other_hub_is_not_known(database):
    assert await HubTests(database, HubTestRules(required_on="gone")).passed_elsewhere("3f9a41c") is None


async def test_what_is_older_than_a_year_and_a_month_goes_unless_something_is_left(tests):
    old = replace(FIRST, operation="old", began=NOW - timedelta(days=401))
    left = replace(old, operation="left")
    for one in (old, left):
        await tests.begin(one)
    await tests.remove(["old"])
    await tests.begin(FIRST)
    assert [one.operation for one in await tests.recent()] == ["op-1", "left"]
