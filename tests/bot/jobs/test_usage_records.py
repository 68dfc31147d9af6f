"""The daily sums of use: added up exactly, small, once over all replicas, forgotten in time; on both databases."""

import asyncio
import json
import zlib
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from bot.jobs.pool_samples import Look, Samples
from bot.jobs.usage_look import PARTS, HomeLook, NodeLook, ServerLook, UsageLook
from bot.jobs.usage_records import UsageRecords
from bot.store.database import Database
from bot.store.tables import usage_days, usage_people
from commands.ports.usage import HomeUse, NodeUse, ServerUse

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DAY = START.date()
FIVE = timedelta(minutes=5)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    url = (
        f"sqlite:///{tmp_path / 'bot.sqlite'}" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    )
    opened = Database(url)
    opened.migrate()
    yield opened
    opened.close()


def records(database, zone="UTC", days=400):
    return UsageRecords(database, ZoneInfo(zone), timedelta(days=days))


def a_look(*servers, homes=None, nodes=1):
    its = tuple(ServerLook(user, profile, "E8", share) for user, profile, share in servers)
    used = sum(one.share for one in its)
    return UsageLook(its, (NodeLook("users", "E8", nodes, used, nodes * PARTS - used),), homes)


ADA = a_look(("ada", "", PARTS // 4))


async def keep(database, usage, moment, look):
    """Store a look as the sampler does."""
    return await Samples(database).keep(
        moment, [Look("users", "E8", 1)], lambda connection: usage.add(connection, moment, look)
    )


async def filled(database, usage, looks, start=START):
    for number, look in enumerate(looks):
        assert await keep(database, usage, start + number * FIVE, look)


async def test_hours_and_shares_add_up(database):
    usage = records(database)
    both = a_look(("ada", "", PARTS // 4), ("ben", "large", PARTS // 2))
    await filled(database, usage, [ADA] * 6 + [both] * 6)
    found = await usage.used(DAY, DAY)
    assert found.servers == (
        ServerUse("ada", "", "E8", Decimal(1), Decimal("0.25")),
        ServerUse("ben", "large", "E8", Decimal("0.5"), Decimal("0.25")),
    )
    ((day),) = found.days
    assert (day.day, day.nodes) == (
        DAY,
        (NodeUse("users", "E8", Decimal(1), Decimal("0.5"), Decimal("0.5")),),
    )
    assert (found.began, found.hours) == (START, Decimal(1))


async def test_a_person_with_two_servers_has_the_hours_of_both(database):
    usage = records(database)
    await filled(database, usage, [a_look(("ada", "", 10), ("ada", "", 20))] * 12)
    (ada,) = (await usage.used(DAY, DAY)).servers
    assert ada.hours == 2
    assert ada.node_hours == Decimal(30) / PARTS


async def test_another_profile_or_size_is_another_sum(database):
    usage = records(database)
    small = UsageLook((ServerLook("ada", "", "E4", 10),), ())
    await filled(database, usage, [ADA, a_look(("ada", "large", 10)), small])
    assert [(one.profile, one.size) for one in (await usage.used(DAY, DAY)).servers] == [
        ("", "E4"),
        ("", "E8"),
        ("large", "E8"),
    ]


async def test_of_many_replicas_at_once_one_counts(database):
    usages = [records(database) for _ in range(8)]
    kept = await asyncio.gather(*(keep(database, usage, START, ADA) for usage in usages))
    assert kept.count(True) == 1
    assert (await usages[0].used(DAY, DAY)).hours * 12 == 1


async def test_a_restart_and_a_clock_that_goes_back_count_nothing_twice(database):
    await filled(database, records(database), [ADA] * 3)
    again = records(database)
    assert not await keep(database, again, START + FIVE, ADA)
    assert (await again.used(DAY, DAY)).hours * 12 == 3


async def test_a_clock_that_jumps_ahead_counts_one_interval(database):
    usage = records(database)
    await keep(database, usage, START, ADA)
    await keep(database, usage, START + timedelta(hours=9), ADA)
    (ada,) = (await usage.used(DAY, DAY)).servers
    assert ada.hours * 12 == 2


async def test_a_look_that_fails_halfway_is_none(database):
    usage = records(database)

    def fails(connection):
        usage.add(connection, START, ADA)
        raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        await Samples(database).keep(START, [Look("users", "E8", 1)], fails)
    assert (await usage.used(DAY, DAY)).began is None
    assert await keep(database, usage, START, ADA)


async def test_days_are_those_of_the_time_zone(database):
    usage = records(database, "Europe/Berlin")
    late = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)
    await filled(database, usage, [ADA] * 12, late)
    days = {day.day: day.nodes[0].hours for day in (await usage.used(DAY, DAY + timedelta(days=1))).days}
    assert days == {DAY: Decimal("0.5"), DAY + timedelta(days=1): Decimal("0.5")}
    assert (await usage.used(DAY, DAY)).hours == Decimal("0.5")


async def test_the_hour_that_comes_twice_in_autumn_counts_twice_and_the_one_that_spring_skips_not_at_all(database):
    usage, one_hour = records(database, "Europe/Berlin"), timedelta(hours=1)
    for day, hours in ((date(2026, 10, 25), 25), (date(2027, 3, 28), 23)):
        midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)
        for number in range(hours + 2):
            await keep(database, usage, midnight + (number - 1) * one_hour, ADA)
        assert (await usage.used(day, day)).hours * 12 == hours


async def test_homes_are_counted_once_a_day(database):
    usage = records(database)
    homes = (HomeLook("ada", "managed-csi", 10), HomeLook("ada", "managed-csi", 10), HomeLook("", "files", 1))
    assert await usage.wants_homes(START)
    await filled(database, usage, [a_look(), a_look(homes=homes), a_look(homes=homes)])
    assert not await usage.wants_homes(START)
    assert await usage.wants_homes(START + timedelta(days=1))
    found = await usage.used(DAY, DAY)
    assert found.homes == (HomeUse("", "files", 1, 1), HomeUse("ada", "managed-csi", 10, 2))
    assert found.home_days == 1


async def test_what_is_older_than_is_kept_is_forgotten_with_the_names(database):
    usage = records(database, days=31)
    await keep(database, usage, START, a_look(("left@example.org", "", 10)))
    for days in (30, 31, 32):
        await keep(database, usage, START + timedelta(days=days), ADA)
    names = await database.run(lambda connection: connection.execute(sa.select(usage_people.c.name)).scalars().all())
    assert names == ["ada"]
    found = await usage.used(DAY, DAY + timedelta(days=40))
    assert found.began == START + timedelta(days=30)
    assert {one.user for one in found.servers} == {"ada"}


async def test_who_was_seen_lately_keeps_the_number_that_older_days_have(database):
    usage = records(database, days=31)
    for days in range(0, 62, 15):
        await keep(database, usage, START + timedelta(days=days), ADA)
    (ada,) = (await usage.used(DAY, DAY + timedelta(days=90))).servers
    assert (ada.user, ada.hours * 12) == ("ada", 3)


async def test_a_new_name_takes_over_what_the_old_one_used(database):
    usage = records(database)
    await filled(database, usage, [ADA, a_look(("eve", "", 10)), a_look(("eve", "", 10))])
    await usage.carry_over("ada", "eve")
    await keep(database, usage, START + timedelta(hours=1), a_look(("eve", "", 10)))
    (eve,) = (await usage.used(DAY, DAY)).servers
    assert (eve.user, eve.hours * 12) == ("eve", 4)
    await keep(database, usage, START + timedelta(hours=2), ADA)
    assert {one.user for one in (await usage.used(DAY, DAY)).servers} == {"ada", "eve"}


async def test_names_and_profiles_from_outside_are_kept_as_they_are(database):
    usage = records(database)
    strange = "zoë.o'brien\n\"'; drop table usage_days; --"
    await keep(database, usage, START, a_look((strange, strange, 10)))
    (found,) = (await usage.used(DAY, DAY)).servers
    assert (found.user, found.profile) == (strange, strange)


async def test_nobody_was_there_is_a_look_too(database):
    usage = records(database)
    await filled(database, usage, [a_look()] * 12)
    found = await usage.used(DAY, DAY)
    assert (found.servers, found.hours) == ((), Decimal(1))


async def test_a_day_of_5000_people_takes_less_than_100_kilobytes(database):
    """Everybody has a server with a profile of five and a home; shares and hours all differ."""
    usage = records(database)
    servers = tuple(
        ServerLook(f"user{number:05}@example.org", f"profile-{number % 5}", "E8", 137 * number % 50_000)
        for number in range(5_000)
    )
    homes = tuple(HomeLook(one.user, "managed-csi", 10) for one in servers)
    for number in range(4):
        look = UsageLook(servers[number * 1_250 :], (), homes if number == 0 else None)
        await keep(database, usage, START + number * FIVE, look)
    (content,) = await database.run(lambda one: one.execute(sa.select(usage_days.c.content)).scalars().all())
    assert len(content) < 100_000
    assert sum(len(steps) for _, _, steps, *_ in json.loads(zlib.decompress(content))["servers"]) == 5_000
