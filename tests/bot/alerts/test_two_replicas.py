"""Two replicas that watch by one lease, either killed at random: each alert is told once, and so is its end."""

import asyncio
import random
from datetime import timedelta

import pytest

from tests.bot.alerts.conftest import MINUTE, Watch, finding
from tests.bot.stores import fresh

SEED = 20261124
HOURS = 48


@pytest.fixture(params=["sqlite", "postgresql"])
async def shared(request, tmp_path):
    """A store that several replicas share."""
    is_file = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'bot.sqlite'}" if is_file else request.getfixturevalue("postgres_url")
    database = await asyncio.to_thread(fresh, url)
    yield database
    await asyncio.to_thread(database.close)


def spans(rng):
    """Troubles one after another, each long enough to be told, and gone for long enough to be over."""
    minute, number = rng.randrange(20), 0
    while minute < HOURS * 60 - 120:
        length = rng.randrange(30, 90)
        yield minute, minute + length, f"trouble {number}"
        minute += length + rng.randrange(70, 120)
        number += 1


async def _cut_short(work, rng):
    """Begin it, and die somewhere in the middle."""
    task = asyncio.create_task(work)
    for _ in range(rng.randrange(12)):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_whoever_of_two_is_killed_each_alert_is_told_once_and_so_is_its_end(shared):
    rng = random.Random(SEED)  # noqa: S311 - who dies when, not a secret
    watch = Watch(shared, names=("pods",), rules={"dwell": 2 * MINUTE, "clear": 2 * MINUTE})
    await watch.subscribe()
    engines = [watch.another("bot-0"), watch.another("bot-1")]
    troubles, kills = list(spans(rng)), 0
    for minute in range(0, HOURS * 60, 3):
        watch.troubles.wrong["pods"] = [finding(key) for begin, end, key in troubles if begin <= minute < end]
        watch.clock.forward(timedelta(minutes=3))
        for engine in engines:
            engine._due.clear()
        if rng.random() < 0.2:
            dying = rng.randrange(2)
            await _cut_short(engines[dying].look(), rng)
            # What it was just sending, it has sent: the next process knows of it only by what is on record.
            await engines[dying]._delivery.settled()
            engines[dying] = watch.another(f"bot-{dying}")
            kills += 1
        await asyncio.gather(*(engine.look() for engine in engines))
    said = [card.views[0].title for card in watch.room.cards]
    expected = [key for _, _, key in troubles]
    assert kills > 100
    assert len(expected) > 15
    assert sorted(title for title in said if not title.startswith("Resolved")) == sorted(
        f"{key} is wrong" for key in expected
    )
    assert sorted(title for title in said if title.startswith("Resolved")) == sorted(
        f"Resolved: {key} is wrong" for key in expected
    )
