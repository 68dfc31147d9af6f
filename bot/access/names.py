"""Names of people who wrote to the bot: records elsewhere have their object ids, people read names."""

import asyncio
import logging
from collections.abc import Mapping

import sqlalchemy as sa

from bot.chat.object_ids import object_id as spelled
from bot.chat.platform import Person
from bot.store.database import Database
from bot.store.tables import people
from clients.errors import Unavailable

_LOG = logging.getLogger("jhub_bot.store")


class Names:
    """Names by object id, all of them in memory: a channel's worth of people.

    Nobody waits for a name to be written: what comes while others are being written goes with the next transaction.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._names: dict[str, str] = {}
        # What is on record, or on its way there.
        self._recorded: dict[str, str] = {}
        self._unwritten: dict[str, str] = {}
        self._writing: asyncio.Task[None] | None = None

    async def load(self) -> None:
        """Read the names in the store. Raise Unavailable."""
        rows = await self._database.run(lambda connection: connection.execute(sa.select(people)).all())
        self._recorded = {row.object_id: row.name for row in rows}
        self._names = dict(self._recorded)

    def met(self, person: Person) -> None:
        """Remember this person's name, and have it written to the store soon, where it is new."""
        key = person.object_id
        if not key or self._recorded.get(key) == person.name:
            return
        self._names[key] = self._recorded[key] = self._unwritten[key] = person.name
        if self._writing is None:
            self._writing = asyncio.create_task(self._write(), name="names")

    def name(self, object_id: str) -> str:
        """Return the name, else the first digits of the object id."""
        return self._names.get(spelled(object_id), f"{object_id[:8]}…")

    async def close(self) -> None:
        """Return once all names are written."""
        if self._writing is not None:
            await self._writing

    async def _write(self) -> None:
        try:
            while self._unwritten:
                batch, self._unwritten = self._unwritten, {}
                await self._put_down(batch)
        finally:
            self._writing = None

    async def _put_down(self, batch: Mapping[str, str]) -> None:
        # In an order of their own: replicas that write the same ones must not wait for each other.
        rows = [{"object_id": key, "name": name} for key, name in sorted(batch.items())]

        def work(connection: sa.Connection) -> None:
            connection.execute(people.delete().where(people.c.object_id.in_(sorted(batch))))
            connection.execute(people.insert(), rows)

        try:
            await self._database.run(work)
        except Unavailable as error:
            # They are written down when those people are met again.
            for key in batch:
                self._recorded.pop(key, None)
            _LOG.warning("%d names are not on record: %s", len(batch), error)


class Strangers(Names):
    """Names in memory alone: nothing is read from the store, nor written to it."""

    def __init__(self) -> None:
        self._names = {}

    def met(self, person: Person) -> None:
        """Remember the name for as long as this process lives."""
        self._names[person.object_id] = person.name
