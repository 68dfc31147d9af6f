"""The names of people who wrote to the bot: their object ids are on record elsewhere, people read names."""

import sqlalchemy as sa

from bot.chat import Person
from bot.store.database import Database
from bot.store.tables import people


class Names:
    """Names by object id, all of them in memory: a channel's worth of people."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._names: dict[str, str] = {}

    async def load(self) -> None:
        """Read what is on record. Raises Unavailable."""
        rows = await self._database.run(lambda connection: connection.execute(sa.select(people)).all())
        self._names = {row.object_id: row.name for row in rows}

    async def met(self, person: Person) -> None:
        """Remember this person's name. Raises Unavailable."""
        key = person.object_id.lower()
        if not key or self._names.get(key) == person.name:
            return
        self._names[key] = person.name

        def work(connection: sa.Connection) -> None:
            connection.execute(people.delete().where(people.c.object_id == key))
            connection.execute(people.insert().values(object_id=key, name=person.name))

        await self._database.run(work)

    def name(self, object_id: str) -> str:
        """The name, else the first digits of the object id."""
        return self._names.get(object_id.lower(), f"{object_id[:8]}…")


class Strangers(Names):
    """Names where nothing is on record, nor put on record."""

    def __init__(self) -> None:
        self._names = {}

    async def met(self, person: Person) -> None:
        """Keep the name for as long as this process lives."""
        self._names[person.object_id.lower()] = person.name
