"""Announcements on record, and the messages that show them. At most one is on: a new one ends the one before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from bot.store.database import Database
from bot.store.tables import announcement_cards, announcements
from bot.store.timestamps import read, read_or_none, written
from commands.ports.announcements import Announcement

_MOST_KEPT: Final = 200
_NEWEST: Final = sa.select(announcements).order_by(announcements.c.since.desc(), announcements.c.id.desc())
# Those that are over, as long as a message still says otherwise.
_SHOWN: Final = (
    sa.select(announcement_cards)
    .join(announcements, announcements.c.id == announcement_cards.c.announcement)
    .where(announcements.c.ended != "", ~announcement_cards.c.over)
)


@dataclass(frozen=True)
class AnnouncementCard:
    """A message that shows an announcement."""

    announcement: str
    place: str
    card: str
    over: bool = False


class AnnouncementRecords:
    """All announcements in the store. Every method raises Unavailable when the store cannot be read or written."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def recent(self, limit: int) -> Sequence[Announcement]:
        """Return at most `limit` announcements, the newest first."""
        rows = await self._database.run(lambda connection: connection.execute(_NEWEST.limit(limit)).all())
        return [_announcement(row) for row in rows]

    async def get(self, announcement: str) -> Announcement | None:
        """Return the announcement of that id, None where there is none."""
        query = sa.select(announcements).where(announcements.c.id == announcement)
        row = await self._database.run(lambda connection: connection.execute(query).first())
        return _announcement(row) if row else None

    async def add(self, made: Announcement, by_id: str) -> None:
        """Keep a new announcement, and end all others. One of that id is left as it is."""
        values = {
            "id": made.id,
            "text": made.text,
            "by_id": by_id,
            "by_name": made.by,
            "since": written(made.since),
            "until": written(made.until),
            "banner": made.banner,
        }

        def work(connection: sa.Connection) -> None:
            if connection.execute(sa.select(announcements.c.id).where(announcements.c.id == made.id)).first():
                return
            connection.execute(_ending(announcements.c.ended == "", made.since))
            connection.execute(announcements.insert().values(values))
            _forget(connection)

        await self._database.run(work)

    async def end(self, announcement: str, at: datetime) -> bool:
        """End it. Return False where it had ended."""
        its = sa.and_(announcements.c.id == announcement, announcements.c.ended == "")
        return await self._database.run(lambda connection: connection.execute(_ending(its, at)).rowcount > 0)

    async def due(self, now: datetime) -> Sequence[Announcement]:
        """Return those that are on and whose time is over."""
        query = sa.select(announcements).where(announcements.c.ended == "", announcements.c.until <= written(now))
        rows = await self._database.run(lambda connection: connection.execute(query).all())
        return [_announcement(row) for row in rows]

    async def told(self, announcement: str) -> set[str]:
        """Return the places where it was posted."""
        query = sa.select(announcement_cards.c.place).where(announcement_cards.c.announcement == announcement)
        return await self._database.run(lambda connection: set(connection.execute(query).scalars()))

    async def outdated(self) -> Sequence[AnnouncementCard]:
        """Return the messages that do not say yet that theirs is over."""
        rows = await self._database.run(lambda connection: connection.execute(_SHOWN).all())
        return [AnnouncementCard(row.announcement, row.place, row.card, row.over) for row in rows]

    async def put(self, shown: AnnouncementCard) -> None:
        """Record a message."""
        its = (announcement_cards.c.announcement == shown.announcement, announcement_cards.c.place == shown.place)

        def work(connection: sa.Connection) -> None:
            changed = announcement_cards.update().where(*its).values(card=shown.card, over=shown.over)
            if not connection.execute(changed).rowcount:
                connection.execute(announcement_cards.insert().values(vars(shown)))

        await self._database.run(work)


def _ending(which: "sa.ColumnElement[bool]", at: datetime) -> "sa.Update":
    return announcements.update().where(which).values(ended=written(at))


def _forget(connection: sa.Connection) -> None:
    """Delete the oldest ones of too many."""
    kept = sa.select(announcements.c.id).order_by(announcements.c.since.desc()).limit(_MOST_KEPT)
    old = list(connection.execute(sa.select(announcements.c.id).where(announcements.c.id.not_in(kept))).scalars())
    if old:
        connection.execute(announcement_cards.delete().where(announcement_cards.c.announcement.in_(old)))
        connection.execute(announcements.delete().where(announcements.c.id.in_(old)))


def _announcement(row: "sa.Row[Any]") -> Announcement:
    return Announcement(
        row.id, row.text, row.by_name, read(row.since), read(row.until), row.banner, read_or_none(row.ended)
    )
