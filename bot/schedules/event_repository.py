"""Events in the store, each with its schedules: one transaction for all of it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from bot.audit.entry import AuditEntry
from bot.schedules.model import ScheduleRecord, ScheduleState
from bot.schedules.repository import insert, leave, of_event
from bot.store.database import Database
from bot.store.tables import events
from bot.store.timestamps import read, read_or_none, written
from commands.ports.events import PlannedEvent

_MOMENTS: Final = ("starts", "ends", "opens")
_OTHERS: Final = ("name", "people", "profile", "pool", "nodes", "creator")


class EventRepository:
    """All events in the store. Every method raises Unavailable when the store cannot be read or written."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> Sequence[PlannedEvent]:
        """Return the events, the next one first."""
        query = sa.select(events).order_by(events.c.starts, events.c.key)
        rows = await self._database.run(lambda connection: connection.execute(query).all())
        return [_event(row) for row in rows]

    async def add(
        self, key: str, event: PlannedEvent, operation: str, schedules: Sequence[tuple[ScheduleRecord, AuditEntry]]
    ) -> bool:
        """Store an event and its schedules. Return False where another operation's event has the key."""
        row = _columns(event) | {"key": key, "operation": operation}

        def work(connection: sa.Connection) -> bool:
            there = connection.execute(sa.select(events.c.operation).where(events.c.key == key)).scalar()
            if there is None:
                connection.execute(events.insert().values(row))
                for schedule, entry in schedules:
                    insert(connection, schedule, entry)
            return there in (None, operation)

        return await self._database.run(work)

    async def open(self, key: str, at: datetime) -> None:
        """Record when room was first made for an event."""
        closed = sa.and_(events.c.key == key, events.c.opened == "")
        query = events.update().where(closed).values(opened=written(at))
        await self._database.run(lambda connection: connection.execute(query))

    async def add_schedule(self, schedule: ScheduleRecord, entry: AuditEntry) -> None:
        """Store one more schedule of an event; one of that id stays as it is."""
        await self._database.run(lambda connection: insert(connection, schedule, entry))

    async def remove(self, key: str, why: str, told: Callable[[ScheduleRecord], AuditEntry]) -> bool:
        """Remove an event, and its schedules for the reason `why`, `told` to the trail. Return False if it is gone."""

        def work(connection: sa.Connection) -> bool:
            for one in of_event(connection, key):
                leave(connection, one.id, ScheduleState.REMOVED, why, told(one))
            return bool(connection.execute(events.delete().where(events.c.key == key)).rowcount)

        return await self._database.run(work)


def _event(row: "sa.Row[Any]") -> PlannedEvent:
    taken: dict[str, Any] = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public way to a row's names
    moments: dict[str, Any] = {name: read(taken[name]) for name in _MOMENTS}
    moments["opened"] = read_or_none(taken["opened"])
    return PlannedEvent(**({name: taken[name] for name in _OTHERS} | moments))


def _columns(event: PlannedEvent) -> dict[str, object]:
    opened = written(event.opened) if event.opened else ""
    return vars(event) | {name: written(getattr(event, name)) for name in _MOMENTS} | {"opened": opened}
