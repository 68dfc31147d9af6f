"""The weekly digest goes to everybody who gets alerts, and only from who is told to."""

import asyncio

from bot.alerts.finding import Severity
from bot.alerts.repository import Alerts, Subscription
from bot.jobs.weekly_report import Digest
from bot.runtime.durable import Durable
from clients.errors import Unavailable
from tests.bot.people import Clock, Room
from tests.world import World


async def subscribed(database, *places):
    alerts = Alerts(database)
    for place in places:
        await alerts.subscribe(Subscription(place, place, Severity.NOTE, (), "Olu", Clock()()))
    return alerts


async def test_everybody_who_gets_alerts_gets_it_once(database):
    rooms = {place: Room(place) for place in "abc"}
    alerts = await subscribed(database, "a", "b")
    await Digest(lambda: World().reads, alerts, rooms.__getitem__).post("20261123090000")
    assert [len(room.cards) for room in rooms.values()] == [1, 1, 0]
    assert rooms["a"].shown.title == "The last 7 days of hub.example.org"


async def test_a_digest_that_cannot_be_made_is_no_error(database, caplog):
    room = Room()
    alerts = await subscribed(database, "a")

    def out():
        raise Unavailable("The bot's store", "cannot be read")

    await Digest(out, alerts, lambda _: room).post("20261123090000")
    assert room.cards == []
    assert "was not made" in caplog.text


async def test_its_time_is_kept_changed_and_taken_away(tmp_path):
    told = []

    async def never(_):
        raise AssertionError("not this one")

    async def digest(at):
        told.append(at)

    durable = Durable(f"sqlite:///{tmp_path / 'work.sqlite'}", "bot-0", never, never, digest)
    await durable.launch()
    try:
        await durable.weekly("weekly digest", "0 9 * * mon", "Europe/Berlin")
        await durable.weekly("weekly digest", "* * * * * *", "Europe/Berlin")
        async with asyncio.timeout(240):
            while not told:
                await asyncio.sleep(0.1)
        await durable.weekly("weekly digest", "", "UTC")
        # DBOS looks for what has changed once a second: until then it goes on.
        await asyncio.sleep(2.2)
        count = len(told)
        await asyncio.sleep(2.2)
        assert len(told) == count
        assert len(set(told)) == len(told)
    finally:
        await durable.close()
