"""Announcements on record and in conversations: told once, ended in time, whoever restarts."""

from datetime import timedelta

import pytest

from bot.alerts.finding import Severity
from bot.alerts.repository import Alerts, Subscription
from bot.announcements.repository import AnnouncementRecords
from bot.announcements.service import AnnouncementService
from clients.errors import Unavailable
from tests.bot.house import Bench
from tests.bot.people import OLU, Room
from tests.bot.stores import fresh
from tests.world import Doing, World, words
from tests.world import announcements as worlds

OPS, TEAM = "19:ops@thread.tacv2", "19:team@thread.tacv2"


@pytest.fixture
async def bench(tmp_path):
    made = Bench(fresh(f"sqlite:///{tmp_path / 'bot.sqlite'}"))
    made.rooms |= {OPS: Room(OPS), TEAM: Room(TEAM)}
    alerts = Alerts(made.database)
    for place in (OPS, TEAM):
        await alerts.subscribe(Subscription(place, place, Severity.NOTE, (), "Olu", made.clock()))
    yield made
    made.database.close()


def service(bench):
    records = AnnouncementRecords(bench.database)
    return AnnouncementService(records, Alerts(bench.database), bench.changes, bench.place, bench.clock)


async def asked(bench, what="door"):
    await bench.type(OLU, f"paint {what}")
    return next(one.id for one in await bench.changes.open() if one.line == f"paint {what}")


async def begun(bench, text="Back at 18:00", hours=2, what="door", banner=""):
    change = await asked(bench, what)
    told = await service(bench).begin(change, text, bench.clock() + timedelta(hours=hours), banner)
    return change, told


async def test_it_is_posted_wherever_alerts_go_with_its_end(bench):
    _, told = await begun(bench)
    assert told == 2
    for room in (OPS, TEAM):
        (card,) = bench.rooms[room].cards
        assert "Back at 18:00" in words(card.views[-1])
        assert "2026-11-23 11:00 UTC" in words(card.views[-1])
        assert "Olu Operator" in words(card.views[-1])


async def test_asked_again_after_a_crash_it_is_posted_where_it_is_not_yet(bench):
    change, _ = await begun(bench)
    bench.rooms["19:new@thread.tacv2"] = Room("19:new@thread.tacv2")
    new = Subscription("19:new@thread.tacv2", "19:new@thread.tacv2", Severity.NOTE, (), "Olu", bench.clock())
    await Alerts(bench.database).subscribe(new)
    again = service(bench)
    assert await again.begin(change, "Back at 18:00", bench.clock() + timedelta(hours=2), "") == 3
    assert [len(bench.rooms[room].cards) for room in (OPS, TEAM, "19:new@thread.tacv2")] == [1, 1, 1]
    assert len(await again.recent()) == 1


async def test_it_ends_by_itself_also_if_the_bot_was_restarted(bench):
    await begun(bench)
    bench.clock.forward(timedelta(hours=2, seconds=1))
    writes = Doing(World()).writes
    await service(bench).end_due(writes)
    (known,) = await service(bench).recent()
    assert not known.is_on(bench.clock())
    assert "This announcement is over" in words(bench.rooms[OPS].cards[0].views[-1])
    before = len(bench.rooms[OPS].cards[0].views)
    await service(bench).end_due(writes)
    assert len(bench.rooms[OPS].cards[0].views) == before, "said once"


async def test_it_is_ended_before_its_time_once(bench):
    change, _ = await begun(bench)
    assert await service(bench).end(change)
    assert not await service(bench).end(change)
    assert bench.rooms[TEAM].cards[0].finished


async def test_a_new_one_ends_the_one_before(bench):
    await begun(bench)
    bench.clock.forward(timedelta(minutes=1))
    await begun(bench, "Another", what="wall")
    newest, before = await service(bench).recent()
    assert newest.is_on(bench.clock())
    assert not before.is_on(bench.clock())
    assert "is over" in words(bench.rooms[OPS].cards[0].views[-1])


async def test_a_service_that_does_not_answer_is_asked_again_and_a_variable_ends_by_itself(bench):
    await begun(bench, banner="announcement service")
    bench.clock.forward(timedelta(hours=3))
    world = World(banner=worlds.AnnouncementService(Unavailable("the service", "cannot be reached")))
    await service(bench).end_due(Doing(world).writes)
    assert (await service(bench).recent())[0].ended is None
    world.banner.trouble = None
    await service(bench).end_due(Doing(world).writes)
    assert world.banner.shows == [""]
    assert (await service(bench).recent())[0].ended is not None


async def test_only_so_many_are_kept(bench, monkeypatch):
    monkeypatch.setattr("bot.announcements.repository._MOST_KEPT", 2)
    for number in range(4):
        bench.clock.forward(timedelta(minutes=1))
        await begun(bench, f"number {number}", what=f"door{number}")
    assert [one.text for one in await service(bench).recent(100)] == ["number 3", "number 2"]
