"""The freeze of a hub on record: who keeps changes from being carried out, why, and until when.

The newest one counts until its time is over or it is lifted. A store that cannot be read lets no change through:
`current` raises then, and nobody goes on.
"""

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from bot.changes.repository import Changes
from bot.chat.platform import Places
from bot.store.database import Database
from bot.store.tables import freezes
from bot.store.timestamps import read, written
from cards.views import Notice
from commands.ports.freezes import Freeze

_NEWEST = sa.select(freezes).order_by(freezes.c.since.desc(), freezes.c.id.desc()).limit(1)


class Freezes:
    """Implementation of `FreezeReads` and `FreezeWrites` of `commands.ports.freezes`."""

    def __init__(self, database: Database, changes: Changes, places: Places, now: Callable[[], datetime]) -> None:
        self._database = database
        self._changes = changes
        self._places = places
        self._now = now

    async def current(self) -> Freeze | None:
        """Return the freeze that holds now, None where there is none. Raise Unavailable."""
        row = await self._database.run(lambda connection: connection.execute(_NEWEST).first())
        if row is None or row.lifted or read(row.until) <= self._now():
            return None
        return Freeze(row.id, row.reason, row.by_name, row.by_id, read(row.since), read(row.until))

    async def freeze(self, operation: str, reason: str, until: datetime) -> bool:
        """Record the freeze that the change `operation` asks for. Return False where it was lifted meanwhile."""
        asked = await self._changes.get(operation)
        if asked is None:
            raise LookupError(f"change {operation} is not on record")
        values = {
            "id": operation,
            "reason": reason,
            "by_id": asked.requester.object_id,
            "by_name": asked.requester.name,
            "place": asked.place,
            "since": written(self._now()),
            "until": written(until),
        }

        def work(connection: sa.Connection) -> bool:
            known = connection.execute(sa.select(freezes).where(freezes.c.id == operation)).first()
            if known is None:
                connection.execute(freezes.insert().values(values))
            return known is None or not known.lifted

        return await self._database.run(work)

    async def lift(self, freeze: str, name: str) -> bool:
        """Lift exactly this freeze. Return False where it does not hold any more, unless the same person lifted it."""
        now = self._now()

        def work(connection: sa.Connection) -> bool:
            newest = connection.execute(_NEWEST).first()
            if newest is None or newest.id != freeze or read(newest.until) <= now:
                return False
            if newest.lifted:
                return bool(newest.lifted == name)
            connection.execute(freezes.update().where(freezes.c.id == freeze).values(lifted=name))
            return True

        return await self._database.run(work)

    async def tell(self, freeze: str, operation: str, view: Notice) -> bool:
        """Post a notice where the freeze was asked for. Return False where that is no other place."""
        frozen, asked = await self._changes.get(freeze), await self._changes.get(operation)
        if frozen is None or (asked is not None and asked.conversation == frozen.conversation):
            return False
        await self._places(frozen.place).post(view)
        return True
