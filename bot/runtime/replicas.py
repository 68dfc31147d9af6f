"""The processes that share the work. One that falls silent has its work taken over by the others."""

from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from bot.store.database import Database
from bot.store.tables import replicas
from bot.store.timestamps import read, written

_REMEMBERED: Final = timedelta(days=7)


class Replicas:
    """The replicas on record: a row each, renewed while the process lives."""

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._name = name

    async def alive(self, now: datetime) -> None:
        """Say that this one lives. Raise Unavailable."""

        def work(connection: sa.Connection) -> None:
            known = sa.update(replicas).where(replicas.c.name == self._name).values(seen=written(now), taken_over="")
            if not connection.execute(known).rowcount:
                connection.execute(replicas.insert().values(name=self._name, seen=written(now)))

        await self._database.run(work)

    async def silent(self, now: datetime, after: timedelta) -> list[str]:
        """Return the others that have said nothing for that long. Raise Unavailable."""
        late = sa.select(replicas.c.name).where(
            replicas.c.seen < written(now - after), replicas.c.name != self._name, replicas.c.taken_over == ""
        )
        return await self._database.run(lambda connection: [str(row.name) for row in connection.execute(late)])

    async def taken_over(self, name: str, now: datetime) -> None:
        """Record that a replica's work has been taken over; that is remembered for seven days. Raise Unavailable."""
        its = sa.update(replicas).where(replicas.c.name == name).values(taken_over=written(now))
        old = replicas.delete().where(replicas.c.taken_over != "", replicas.c.taken_over < written(now - _REMEMBERED))

        def work(connection: sa.Connection) -> None:
            connection.execute(its)
            connection.execute(old)

        await self._database.run(work)

    async def missing(self, since: datetime) -> list[tuple[str, datetime]]:
        """Return who was taken over since then and has not come back, by name, and when each was last seen."""
        its = sa.select(replicas).where(replicas.c.taken_over >= written(since)).order_by(replicas.c.name)
        return await self._database.run(lambda one: [(str(row.name), read(row.seen)) for row in one.execute(its)])
