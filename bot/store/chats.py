"""The bot's chats with one person each, by that person: the places where somebody can be told something personally."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from bot.chat.platform import Person
from bot.store.database import Database
from bot.store.tables import personal_chats
from bot.store.timestamps import written

# A chat that is used is written down as such so often, and no more.
_FRESH: Final = 86_400.0
_MOST_REMEMBERED: Final = 10_000


@dataclass(frozen=True)
class Chat:
    """Chat with a person; `place` is its address."""

    person: Person
    place: str


class Chats:
    """All such chats in the store. Every method raises Unavailable when the store cannot be read or written."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now
        # What this process has written down, and when: most messages change nothing of it.
        self._written: dict[str, tuple[Chat, datetime]] = {}

    async def met(self, person: Person, place: str) -> None:
        """Remember that this is where the person writes to the bot alone."""
        chat, now = Chat(person, place), self._now()
        before = self._written.get(person.object_id)
        if not person.object_id or (before and before[0] == chat and (now - before[1]).total_seconds() < _FRESH):
            return
        values = {"tenant": person.tenant_id, "name": person.name, "place": place, "seen": written(now)}

        def work(connection: sa.Connection) -> None:
            is_it = personal_chats.c.object_id == person.object_id
            if not connection.execute(personal_chats.update().where(is_it).values(values)).rowcount:
                connection.execute(personal_chats.insert().values(object_id=person.object_id, **values))

        await self._database.run(work)
        if len(self._written) >= _MOST_REMEMBERED:
            self._written.clear()
        self._written[person.object_id] = (chat, now)

    async def found(self, most: int) -> Sequence[Chat]:
        """Return so many of them at most: those of approvers first, as far as that was noted, then who wrote last."""
        order = (personal_chats.c.approver.desc(), personal_chats.c.seen.desc())
        query = sa.select(personal_chats).order_by(*order).limit(most)
        rows = await self._database.run(lambda connection: connection.execute(query).all())
        return [Chat(Person(row.object_id, row.tenant, row.name), row.place) for row in rows]

    async def note(self, approvers: Sequence[Person]) -> None:
        """Note that these people may approve, so that they are found first among many."""
        ids = [one.object_id for one in approvers]
        noted = personal_chats.update().where(personal_chats.c.object_id.in_(ids)).values(approver=True)
        await self._database.run(lambda connection: connection.execute(noted))

    async def forget(self, covers: Callable[[str], bool]) -> None:
        """Forget the chats at the places whose addresses `covers` matches: the bot was removed from them."""

        def work(connection: sa.Connection) -> None:
            for row in connection.execute(sa.select(personal_chats.c.object_id, personal_chats.c.place)).all():
                if covers(row.place):
                    connection.execute(personal_chats.delete().where(personal_chats.c.object_id == row.object_id))

        await self._database.run(work)
        self._written = {key: known for key, known in self._written.items() if not covers(known[0].place)}
