"""Which processes share the work. One that falls silent has its work taken over by the others."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.store.database import Database
from bot.store.moments import written
from bot.store.tables import replicas


class Replicas:
    """A row each, renewed while the process lives."""

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._name = name

    async def alive(self, now: datetime) -> None:
        """Say that this one lives. Raises Unavailable."""

        def work(connection: sa.Connection) -> None:
            known = sa.update(replicas).where(replicas.c.name == self._name).values(seen=written(now))
            if not connection.execute(known).rowcount:
                connection.execute(replicas.insert().values(name=self._name, seen=written(now)))

        await self._database.run(work)

    async def silent(self, now: datetime, after: timedelta) -> list[str]:
        """The others that have said nothing for that long. Raises Unavailable."""
        late = sa.select(replicas.c.name).where(replicas.c.seen < written(now - after), replicas.c.name != self._name)
        return await self._database.run(lambda connection: [str(row.name) for row in connection.execute(late)])

    async def forget(self, name: str) -> None:
        """Its work has been taken over. Raises Unavailable."""
        gone = replicas.delete().where(replicas.c.name == name)
        await self._database.run(lambda connection: connection.execute(gone))
