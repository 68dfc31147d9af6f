"""Several replicas on one store, on both databases; and one that dies at every moment of a run."""

import asyncio
from dataclasses import dataclass

import pytest

from bot.schedules.model import OccurrenceState
from bot.store.database import Database
from tests.bot.people import OLU, Clock, Memory, Room
from tests.bot.timed import Timed

DAY = (2026, 11, 23)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'bot.sqlite'}"
    return request.getfixturevalue("postgres_url")


@dataclass
class Replicas:
    """Bots that share a store, a room, a clock, a house and the record of steps; each has its own workflows."""

    bots: list[Timed]

    @property
    def house(self):
        return self.bots[0].house

    async def look(self):
        """All look at the same moment, again and again."""
        for _ in range(3):
            await asyncio.gather(*(bot.scheduler.look() for bot in self.bots for _ in range(3)))
            await self.settle()

    async def settle(self):
        for bot in self.bots:
            await bot.settle()


@pytest.fixture
async def replicas(url):
    databases = [Database(url) for _ in range(3)]
    # One after the other: a file of SQLite's is made by one process alone.
    for one in databases:
        await asyncio.to_thread(one.migrate)
    room, clock, started, results = Room(), Clock(), {}, {}
    house = None
    bots = []
    for database in databases:
        memory = Memory(started=started, results=results)
        more = {} if house is None else {"house": house}
        bots.append(Timed(database, room=room, clock=clock, memory=memory, **more))
        house = bots[0].house
    yield Replicas(bots)
    for bot in bots:
        await bot.memory.crash()
        await asyncio.to_thread(bot.database.close)


async def test_three_replicas_announce_run_and_tell_once(replicas):
    first = replicas.bots[0]
    await first.schedule("0 19 * * *", "dab door")
    for day in (23, 24, 25):
        for hour, minute in ((18, 45), (18, 50), (19, 0), (19, 1)):
            first.clock.moment = first.clock.moment.replace(day=day, hour=hour - 1, minute=minute)
            await replicas.look()
    assert replicas.house.mixed == 3
    assert len(first.cards("Ended: /jhub dab door")) == 3
    assert len(first.cards("Painted")) == 3
    assert len(await first.told("schedule run")) == 3
    assert all(card.finished for card in first.cards("Ended"))


async def test_what_one_postpones_another_runs_then_and_only_then(replicas):
    first, second, third = replicas.bots
    await first.schedule("0 19 * * *", "dab door")
    await second.at(*DAY, 18, 50)
    await third.press(OLU, "Postpone 1 h", card=third.cards("At 19:00")[0])
    await second.at(*DAY, 19, 0)
    await replicas.look()
    assert replicas.house.mixed == 0
    await second.at(*DAY, 20, 0)
    await replicas.look()
    assert replicas.house.mixed == 1


async def test_a_click_and_the_time_itself_come_to_one_end(replicas):
    first, second, _ = replicas.bots
    await first.schedule("0 19 * * *", "dab door")
    await first.at(*DAY, 18, 50)
    (card,) = first.cards("At 19:00")
    first.clock.moment = first.clock.moment.replace(hour=18, minute=0)
    await asyncio.gather(second.press(OLU, "Skip this run", card=card), replicas.look())
    await replicas.look()
    skipped = bool(first.cards("Skipped"))
    assert replicas.house.mixed == (0 if skipped else 1)
    assert len(await first.told("schedule run")) + len(await first.told("schedule skipped")) == 1


async def test_missed_times_and_holidays_are_told_by_one(replicas):
    first = replicas.bots[0]
    await first.schedule("0 19 * * *", "dab door")
    first.clock.moment = first.clock.moment.replace(day=27)
    await replicas.look()
    assert len(first.cards("Missed")) == 1
    assert replicas.house.mixed == 0


class Death(Exception):  # noqa: N818 - what it plays
    """The process ends here."""


STORE = ("add_occurrences", "begin", "move", "claim", "record_shown")


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("number", range(7))
async def test_a_replica_that_dies_at_any_write_leaves_a_run_that_happens_once(replicas, monkeypatch, number, after):
    first, second, _ = replicas.bots
    await first.schedule("0 19 * * *", "dab door")
    writes = _dying(first, monkeypatch, number, after=after)
    for hour, minute in ((17, 50), (18, 0)):
        first.clock.moment = first.clock.moment.replace(hour=hour, minute=minute)
        await _until_death(first)
    await first.memory.crash()
    assert writes["dead"] or number >= writes["count"]
    first.clock.moment = first.clock.moment.replace(hour=18, minute=2)
    second.memory.recover()
    for _ in range(3):
        await second.scheduler.look()
        await second.settle()
    assert replicas.house.mixed == 1
    (run,) = [change for change in await second.changes.ended(9) if change.schedule]
    assert run.outcome == "done"
    assert len(await second.told("schedule run")) == 1
    assert not [one for one in await second.kept.unfinished() if one.state is not OccurrenceState.ENDED]


def _dying(bot, monkeypatch, number, *, after):
    """The bot's process dies at its so manyeth write about occurrences, or just when that is done."""
    writes = {"count": 0, "dead": False}

    def fatal(inner):
        async def write(*args, **kwargs):
            writes["dead"] = writes["dead"] or (not after and writes["count"] == number)
            if writes["dead"]:
                raise Death
            result = await inner(*args, **kwargs)
            writes["dead"] = after and writes["count"] == number
            writes["count"] += 1
            if writes["dead"]:
                raise Death
            return result

        return write

    for name in STORE:
        monkeypatch.setattr(bot.kept, name, fatal(getattr(bot.kept, name)))
    return writes


async def _until_death(bot):
    for _ in range(3):
        await bot.scheduler.look()
        await bot.settle()
