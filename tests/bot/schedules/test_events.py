"""Events on record, with their schedules: added as a whole, once, and removed as a whole."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.audit.entry import AuditEvent
from bot.schedules.event_repository import EventRepository
from bot.schedules.events import EventService
from bot.schedules.model import OccurrenceState, ScheduleState
from commands.ports.events import Run
from commands.timing.cron import Holidays, Timetable
from tests.bot.people import OLU
from tests.bot.stores import fresh
from tests.bot.timed import Timed
from tests.commands.events.test_add import an_event

STARTS = datetime(2026, 11, 24, 8, tzinfo=UTC)
EVENT = an_event("Physics", starts=STARTS, ends=STARTS + timedelta(hours=2), opens=STARTS - timedelta(minutes=45))


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request, tmp_path):
    its = f"sqlite:///{tmp_path / 'bot.sqlite'}"
    url = its if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    opened = await asyncio.to_thread(fresh, url)
    yield opened
    await asyncio.to_thread(opened.close)


@pytest.fixture
async def bench(database):
    made = Timed(database)
    yield made
    await made.memory.crash()


async def asked(bench):
    """A change by Olu that is on record, for its id."""
    await bench.type(OLU, "paint door")
    (change,) = await bench.changes.open()
    return change.id


def service(bench):
    return EventService(EventRepository(bench.database), bench.changes, timedelta(minutes=45), bench.clock)


def runs(*moments):
    return [Run(moment, f"paint {part}") for moment, part in zip(moments, ("door", "wall", "roof"), strict=False)]


async def test_an_event_and_its_runs_are_kept_once_and_go_together(bench):
    events, change = service(bench), await asked(bench)
    its = runs(EVENT.opens, EVENT.ends)
    assert await events.add(change, EVENT, its)
    # Asked for again, as after a crash.
    assert await events.add(change, EVENT, its)
    (kept,) = await events.all()
    assert (kept.name, kept.starts, kept.ends, kept.opens, kept.opened) == ("Physics", *_times(EVENT), None)
    assert (kept.people, kept.pool, kept.nodes, kept.creator) == (60, "users", 4, OLU.name)
    listed = sorted(await bench.house.schedules.all(), key=lambda one: one.next)
    assert [(one.line, one.next, one.event) for one in listed] == [
        ("paint door", EVENT.opens, "physics"),
        ("paint wall", EVENT.ends, "physics"),
    ]
    assert await events.remove("PHYSICS", OLU.object_id, OLU.name)
    assert not await events.remove("Physics", OLU.object_id, OLU.name)
    assert await events.all() == []
    assert await bench.house.schedules.all() == []
    assert len(await bench.told(AuditEvent.SCHEDULE_ADDED.value)) == 2
    assert len(await bench.told(AuditEvent.SCHEDULE_REMOVED.value)) == 2


def _times(event):
    return event.starts, event.ends, event.opens


async def test_another_event_of_that_name_is_not_kept(bench):
    events, change = service(bench), await asked(bench)
    await events.add(change, EVENT, runs(EVENT.opens))
    await bench.type(OLU, "paint wall")
    other = next(one.id for one in await bench.changes.open() if one.id != change)
    assert not await events.add(other, an_event("PHYSICS"), runs(EVENT.ends))
    assert len(await events.all()) == len(await bench.house.schedules.all()) == 1


async def test_when_it_was_first_opened_stays(bench):
    events = service(bench)
    await events.add(await asked(bench), EVENT, [])
    await events.open("physics", EVENT.opens)
    await events.open("Physics", EVENT.ends)
    assert (await events.all())[0].opened == EVENT.opens


async def test_an_unknown_change_adds_nothing(bench):
    with pytest.raises(LookupError):
        await service(bench).add("nobody", EVENT, [])


async def test_a_run_that_comes_once_runs_once_and_is_over(bench):
    await service(bench).add(await asked(bench), EVENT, runs(EVENT.opens))
    await bench.at(2026, 11, 24, 8, 0)
    assert bench.cards("At 08:15 Europe/Berlin: /jhub paint door")
    await bench.at(2026, 11, 24, 8, 15)
    assert bench.cards("Ended: /jhub paint door")
    painted = list(bench.house.painted)
    assert painted
    assert await bench.house.schedules.all() == []
    await bench.at(2027, 11, 24, 8, 15)
    assert bench.house.painted == painted


async def test_it_is_never_too_late_for_what_comes_once_nor_is_it_a_holiday(bench):
    bench.timetable = Timetable("Europe/Berlin", (Holidays(EVENT.opens.date(), EVENT.opens.date()),))
    bench.start()
    await service(bench).add(await asked(bench), EVENT, runs(EVENT.opens))
    await bench.at(2026, 11, 24, 17, 0)
    assert bench.cards("Ended: /jhub paint door")
    assert bench.house.painted


async def test_one_whose_time_has_come_already_runs_at_once(bench):
    await service(bench).add(await asked(bench), EVENT, runs(bench.clock.moment))
    await bench.at(2026, 11, 23, 10, 0)
    assert bench.cards("Ended: /jhub paint door")


async def test_what_was_announced_goes_with_the_event(bench):
    events = service(bench)
    await events.add(await asked(bench), EVENT, runs(EVENT.opens))
    await bench.at(2026, 11, 24, 8, 0)
    await events.remove("Physics", OLU.object_id, OLU.name)
    await bench.at(2026, 11, 24, 8, 15)
    assert bench.cards("Will not run at 08:15 Europe/Berlin: /jhub paint door")
    (known,) = await bench.kept.unfinished() or [await bench.kept.occurrence(await _id(bench), EVENT.opens)]
    assert known.state is OccurrenceState.DROPPED
    assert bench.house.painted == []


async def _id(bench):
    rows = await bench.database.run(
        lambda connection: connection.exec_driver_sql("SELECT id, state FROM schedules").all()
    )
    assert [row.state for row in rows] == [ScheduleState.REMOVED.value]
    return rows[0].id
