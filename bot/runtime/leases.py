"""Leases on what only one of several replicas may do: held for a time, renewed while it works, then anybody's."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.store.database import Database
from bot.store.tables import leases
from bot.store.timestamps import written

# Made once: to make one takes longer than to run it, and each round asks twice.
_KNOWN = sa.select(leases.c.name).where(leases.c.name == sa.bindparam("its"))
_TAKE = sa.update(leases).where(
    leases.c.name == sa.bindparam("its"),
    sa.or_(leases.c.holder == sa.bindparam("mine"), leases.c.until < sa.bindparam("now")),
)


class Lease:
    """The right to do `name`, for the replica `holder`."""

    def __init__(self, database: Database, name: str, holder: str) -> None:
        self._database = database
        self._name = name
        self._holder = holder

    async def hold(self, now: datetime, length: timedelta) -> bool:
        """Take or renew it until `now` and `length`. Return False while another holds it. Raise Unavailable."""
        mine = {"holder": self._holder, "until": written(now + length)}
        free = {"its": self._name, "mine": self._holder, "now": written(now)}

        def work(connection: sa.Connection) -> bool:
            if connection.execute(_TAKE, free | mine).rowcount:
                return True
            if connection.execute(_KNOWN, {"its": self._name}).first() is not None:
                return False
            try:
                with connection.begin_nested():
                    connection.execute(leases.insert().values(name=self._name, **mine))
            except sa.exc.IntegrityError:
                # Another took it for the first time ever, at this very moment.
                return False
            return True

        return await self._database.run(work)

    async def release(self) -> None:
        """Let another have it at once. Raise Unavailable."""
        its = sa.and_(leases.c.name == self._name, leases.c.holder == self._holder)
        await self._database.run(lambda connection: connection.execute(leases.delete().where(its)))
