"""The hub that people chose in a conversation, where the bot has several."""

import sqlalchemy as sa

from bot.store.database import Database
from bot.store.tables import chosen_hubs


class ChosenHubs:
    """A name for each conversation in which one was chosen. Raises Unavailable when the store cannot be used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> dict[str, str]:
        """Return the hubs' names by conversation."""
        rows = await self._database.run(lambda connection: connection.execute(sa.select(chosen_hubs)).all())
        return {row.conversation: row.hub for row in rows}

    async def choose(self, conversation: str, hub: str) -> None:
        """Choose `hub` for a conversation from now on."""

        def work(connection: sa.Connection) -> None:
            connection.execute(chosen_hubs.delete().where(chosen_hubs.c.conversation == conversation))
            connection.execute(chosen_hubs.insert().values(conversation=conversation, hub=hub))

        await self._database.run(work)
