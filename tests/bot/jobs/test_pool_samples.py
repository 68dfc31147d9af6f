"""Samples of node counts: once for each five minutes, added up by the database, on both kinds of it."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from bot.jobs.pool_samples import Look, Samples, bucket
from bot.store.database import Database

START = datetime(2026, 11, 23, 9, 2, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'bot.sqlite'}"
    return request.getfixturevalue("postgres_url")


@pytest.fixture
def samples(url):
    database = Database(url)
    database.migrate()
    yield Samples(database)
    database.close()


async def looked(samples, first, *counts, **more):
    """A look every five minutes from so many minutes after the start."""
    for number, nodes in enumerate(counts):
        moment = START + timedelta(minutes=first + 5 * number)
        assert await samples.keep(moment, [Look("users", "E8", nodes, **more)])


async def pool(samples):
    (found,) = (await samples.seen(START - timedelta(days=30))).pools
    return found


def test_a_look_stands_for_its_five_minutes():
    assert bucket(START) == START.replace(minute=0)
    assert bucket(START.replace(minute=4, second=59)) == START.replace(minute=0)
    assert bucket(START.replace(minute=5)) == START.replace(minute=5)


async def test_hours_are_nodes_times_time(samples):
    await looked(samples, 0, *[2] * 12, *[3] * 6)
    found = await samples.seen(START - timedelta(days=7))
    assert (await pool(samples)).hours == Decimal("3.5")
    assert (found.hours, found.first) == (Decimal("1.5"), START.replace(minute=0))


async def test_what_was_not_seen_is_in_no_sum(samples):
    await looked(samples, 0, 2, 2, 2)
    await looked(samples, 24 * 60, 2, 2, 2)
    found = await samples.seen(START - timedelta(days=7))
    assert found.hours == Decimal("0.5")
    assert found.pools[0].hours == Decimal(1)


async def test_only_what_was_asked_for_is_counted(samples):
    await looked(samples, 0, *[2] * 12)
    found = await samples.seen(START + timedelta(minutes=28))
    assert found.hours == Decimal("0.5")
    assert found.first == START.replace(minute=0)


async def test_held_below_what_it_had_before_is_spared(samples):
    await looked(samples, 0, 3)
    await looked(samples, 5, 3, *[0] * 12, held=True)
    await looked(samples, 70, 2)
    found = await pool(samples)
    assert (found.spared, found.unclear) == (Decimal(3), Decimal(0))


async def test_a_hold_that_began_while_nobody_looked_is_measured_by_the_last_look(samples):
    await looked(samples, 0, 3)
    await looked(samples, 600, *[1] * 6, held=True, kept=None)
    assert (await pool(samples)).spared == Decimal(1)


async def test_held_above_spares_nothing(samples):
    await looked(samples, 0, 1)
    await looked(samples, 5, *[4] * 12, held=True)
    assert (await pool(samples)).spared == 0


async def test_a_hold_from_before_the_first_look_is_measured_by_what_is_kept_or_not_at_all(samples):
    await looked(samples, 0, *[1] * 12, held=True)
    assert ((await pool(samples)).spared, (await pool(samples)).unclear) == (Decimal(0), Decimal(1))
    await looked(samples, 60, *[1] * 6, held=True, kept=5)
    assert ((await pool(samples)).spared, (await pool(samples)).unclear) == (Decimal(2), Decimal(1))


async def test_of_many_replicas_one_looks(samples):
    looks = [Look("users", "E8", 2), Look("core", "D4", 1)]
    kept = await asyncio.gather(*(samples.keep(START, looks) for _ in range(20)))
    assert kept.count(True) == 1
    assert await samples.has(START.replace(minute=4))
    assert not await samples.has(START.replace(minute=5))
    assert [one.hours * 12 for one in (await samples.seen(START - timedelta(days=1))).pools] == [1, 2]


async def test_another_size_of_machine_is_another_row(samples):
    await samples.keep(START, [Look("users", "E8", 2)])
    await samples.keep(START + timedelta(minutes=5), [Look("users", "E16", 1)])
    found = (await samples.seen(START - timedelta(days=1))).pools
    assert [(one.size, one.hours * 12) for one in found] == [("E16", 1), ("E8", 2)]


async def test_after_forty_days_it_is_forgotten(samples):
    await looked(samples, 0, 2)
    await looked(samples, 41 * 24 * 60, 2)
    found = await samples.seen(START - timedelta(days=1))
    assert found.first == bucket(START + timedelta(days=41))
