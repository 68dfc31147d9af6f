"""Two bots on one PostgreSQL and a schedule that is due: it runs once, also where one of them is killed meanwhile."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from bot.changes.model import State
from bot.config.loading import settings_from
from bot.store.connect import store_url
from bot.store.database import Database
from bot.store.tables import occurrences, schedules
from bot.store.timestamps import written
from tests.fault.test_replicas import asked, pair, press, talk_to, until

pytestmark = [pytest.mark.fault, pytest.mark.timeout(300)]
__all__ = ["pair"]


async def in_store(bot, work):
    database = Database(store_url(settings_from(bot.content), "bot"))
    try:
        return await database.run(work)
    finally:
        await asyncio.to_thread(database.close)


async def due_now(bot):
    """As if nobody had looked since an hour ago: the last full hour is late, and not too late."""
    before = written(datetime.now(UTC) - timedelta(minutes=61))
    await in_store(bot, lambda connection: connection.execute(schedules.update().values(seen_to=before)))


@pytest.mark.parametrize("moment", [None, 2.0, 5.0, 7.0])
async def test_a_due_schedule_runs_once_whichever_replica_dies(pair, moment):
    first, second = pair
    change = await asked(first, 'schedule add "0 * * * *" deploy 7c1d2e9')
    await press(first, "operator", "confirm", change)
    await until(first, lambda known: known.id == change.id and known.state is State.ENDED)
    await due_now(first)
    if moment is not None:
        await asyncio.sleep(moment)
        await first.kill()
        talk_to(second)
    run = await until(second, lambda known: known.schedule and known.state is State.ENDED)
    assert run.outcome == "done"
    assert run.requester == change.requester
    async with second.records() as changes:
        assert [known.id for known in await changes.ended(9) if known.schedule] == [run.id]
        assert not [known for known in await changes.open() if known.schedule]
    rows = await in_store(second, lambda connection: connection.execute(sa.select(occurrences)).all())
    assert [row.change for row in rows if row.change] == [run.id]
