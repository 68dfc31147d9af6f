"""The object ids behind the names of the hub's users: nothing else of anybody, and of nobody else."""

from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa

from bot.store.database import Database
from bot.store.tables import identities
from bot.store.timestamps import read, written
from commands.framework.argument_types import folded
from commands.ports.entra import Identity


class Identities:
    """Implementation of `commands.ports.entra.IdentityRecords`. Every method raises Unavailable of the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def known(self) -> Mapping[str, Identity]:
        """Return all of them, by the name as `folded` returns it."""
        rows = await self._database.run(lambda connection: connection.execute(sa.select(identities)).all())
        return {row.name: Identity(row.name, row.object_id, read(row.looked)) for row in rows}

    async def keep(self, found: Sequence[Identity], names: Collection[str]) -> None:
        """Remember these, and forget everybody but `names`. An object id that is known already stays."""
        kept = {folded(name) for name in names}
        new = {folded(one.name): one for one in found}

        def work(connection: sa.Connection) -> None:
            known = {row.name: row.object_id for row in connection.execute(sa.select(identities))}
            learnt = [name for name in new if name in kept and not known.get(name)]
            gone = [{"gone": name} for name in known if name not in kept or name in learnt]
            if gone:
                connection.execute(identities.delete().where(identities.c.name == sa.bindparam("gone")), gone)
            if learnt:
                connection.execute(identities.insert(), [_row(name, new[name]) for name in learnt])

        await self._database.run(work)


def _row(name: str, identity: Identity) -> dict[str, str]:
    return {"name": name, "object_id": identity.object_id, "looked": written(identity.looked)}
