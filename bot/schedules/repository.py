"""Schedules and their occurrences in the store: every move to the next state is one transaction, made once."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from bot.audit.entry import AuditEntry
from bot.audit.log import append
from bot.chat.platform import Person
from bot.schedules.model import Occurrence, OccurrenceState, ScheduleRecord, ScheduleState
from bot.store.database import Database
from bot.store.tables import occurrences, schedules
from bot.store.timestamps import read, read_or_none, written

# How long what is over is remembered.
_KEPT: Final = timedelta(days=90)


class ScheduleRepository:
    """All schedules in the store. Every method raises Unavailable when the store cannot be read or written."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, schedule: ScheduleRecord, entry: AuditEntry) -> None:
        """Store a new schedule; one of that id stays as it is."""
        await self._database.run(lambda connection: insert(connection, schedule, entry))

    async def get(self, schedule: str) -> ScheduleRecord | None:
        """Return the schedule of that id, or None."""
        return await self._database.run(lambda connection: _find(connection, schedule))

    async def all(self) -> Sequence[ScheduleRecord]:
        """Return the schedules that were not removed, the oldest first."""
        there = schedules.c.state != ScheduleState.REMOVED.value
        query = sa.select(schedules).where(there).order_by(schedules.c.created, schedules.c.id)
        rows = await self._database.run(lambda connection: connection.execute(query).all())
        return [_schedule(row) for row in rows]

    async def deactivate(self, schedule: str, state: ScheduleState, why: str, entry: AuditEntry) -> bool:
        """Suspend or remove a schedule. Return False where it is in that state already, or gone."""
        return await self._database.run(lambda connection: leave(connection, schedule, state, why, entry))

    async def add_occurrences(
        self, schedule: ScheduleRecord, seen_to: datetime, made: Sequence[tuple[Occurrence, AuditEntry | None]]
    ) -> bool:
        """Store these occurrences. Return False where another replica has looked at these times before."""
        its = sa.and_(
            schedules.c.id == schedule.id,
            schedules.c.state == ScheduleState.ACTIVE.value,
            schedules.c.seen_to == written(schedule.seen_to),
        )

        def work(connection: sa.Connection) -> bool:
            if not connection.execute(schedules.update().where(its).values(seen_to=written(seen_to))).rowcount:
                return False
            _forget(connection, schedule.id, seen_to - _KEPT)
            for occurrence, entry in made:
                connection.execute(occurrences.insert().values(_columns(occurrence)))
                if entry is not None:
                    append(connection, entry)
            return True

        return await self._database.run(work)

    async def occurrence(self, schedule: str, due: datetime) -> Occurrence | None:
        """Return one occurrence as it stands now, or None."""
        query = sa.select(occurrences).where(_its(schedule, due))
        row = await self._database.run(lambda connection: connection.execute(query).first())
        return _occurrence(row) if row else None

    async def unfinished(self) -> Sequence[Occurrence]:
        """Return the occurrences that are not over, or whose card does not say so yet; the oldest first."""
        going = [state.value for state in OccurrenceState if not state.is_over]
        said = occurrences.c.state + " " + occurrences.c.at
        query = (
            sa.select(occurrences)
            .where(sa.or_(occurrences.c.state.in_(going), occurrences.c.shown != said))
            .order_by(occurrences.c.at, occurrences.c.schedule)
        )
        rows = await self._database.run(lambda connection: connection.execute(query).all())
        return [_occurrence(row) for row in rows]

    async def begin(self, occurrence: Occurrence, until: datetime, entry: AuditEntry) -> bool:
        """Begin an occurrence, reserved for this replica until then.

        Return False where it is not to begin any more, or its schedule is no longer active.
        """
        active = sa.select(schedules.c.id).where(schedules.c.state == ScheduleState.ACTIVE.value)

        def work(connection: sa.Connection) -> bool:
            still = sa.and_(_as_it_was(occurrence), occurrences.c.schedule.in_(active))
            values = {"state": OccurrenceState.BEGINNING.value, "claimed": written(until)}
            if not connection.execute(occurrences.update().where(still).values(values)).rowcount:
                return False
            append(connection, entry)
            return True

        return await self._database.run(work)

    async def move(self, occurrence: Occurrence, entry: AuditEntry | None = None, **changed: Any) -> bool:  # noqa: ANN401
        """Set the fields in `changed`. Return False where somebody else has moved the occurrence since it was read."""
        values = {name: _columns(replace(occurrence, **changed))[name] for name in changed}

        def work(connection: sa.Connection) -> bool:
            moved = connection.execute(occurrences.update().where(_as_it_was(occurrence)).values(claimed="", **values))
            if moved.rowcount and entry is not None:
                append(connection, entry)
            return bool(moved.rowcount)

        return await self._database.run(work)

    async def claim(self, occurrence: Occurrence, now: datetime, until: datetime) -> bool:
        """Reserve the occurrence until then. Return False where another replica holds it, or has since it was read."""
        same = (occurrences.c.shown == occurrence.shown, occurrences.c.card == occurrence.card)
        free = sa.and_(_as_it_was(occurrence), *same, occurrences.c.claimed <= written(now))
        query = occurrences.update().where(free).values(claimed=written(until))
        return bool(await self._database.run(lambda connection: connection.execute(query).rowcount))

    async def record_shown(self, occurrence: Occurrence, card: str) -> None:
        """Record that the card shows `occurrence` as it stands, and release the claim on it."""
        its = _its(occurrence.schedule, occurrence.due)
        told = occurrences.update().where(its).values(card=card, shown=occurrence.card_state)
        free = occurrences.update().where(_as_it_was(occurrence)).values(claimed="")

        def work(connection: sa.Connection) -> None:
            connection.execute(told)
            connection.execute(free)

        await self._database.run(work)


def insert(connection: sa.Connection, schedule: ScheduleRecord, entry: AuditEntry) -> None:
    """Store a new schedule; one of that id stays as it is."""
    if _find(connection, schedule.id) is None:
        connection.execute(schedules.insert().values(_row_of(schedule)))
        append(connection, entry)


def of_event(connection: sa.Connection, event: str) -> list[ScheduleRecord]:
    """Return the schedules of an event, by its key, that were not removed."""
    there = sa.and_(schedules.c.event == event, schedules.c.state != ScheduleState.REMOVED.value)
    return [_schedule(row) for row in connection.execute(sa.select(schedules).where(there)).all()]


def leave(connection: sa.Connection, schedule: str, state: ScheduleState, why: str, entry: AuditEntry) -> bool:
    """Suspend or remove a schedule. Return False where it is in that state already, or gone."""
    before = (ScheduleState.ACTIVE,) if state is ScheduleState.STILL else (ScheduleState.ACTIVE, ScheduleState.STILL)
    its = sa.and_(schedules.c.id == schedule, schedules.c.state.in_([one.value for one in before]))
    left = connection.execute(schedules.update().where(its).values(state=state.value, why=why)).rowcount
    if left:
        append(connection, entry)
    return bool(left)


def _its(schedule: str, due: datetime) -> "sa.ColumnElement[bool]":
    return sa.and_(occurrences.c.schedule == schedule, occurrences.c.due == written(due))


def _as_it_was(known: Occurrence) -> "sa.ColumnElement[bool]":
    same = (occurrences.c.state == known.state.value, occurrences.c.at == written(known.at))
    return sa.and_(_its(known.schedule, known.due), *same)


def _forget(connection: sa.Connection, schedule: str, before: datetime) -> None:
    over = [state.value for state in OccurrenceState if state.is_over]
    old = (occurrences.c.schedule == schedule, occurrences.c.due < written(before), occurrences.c.state.in_(over))
    connection.execute(occurrences.delete().where(*old))


def _find(connection: sa.Connection, schedule: str) -> ScheduleRecord | None:
    row = connection.execute(sa.select(schedules).where(schedules.c.id == schedule)).first()
    return _schedule(row) if row else None


def _schedule(row: "sa.Row[Any]") -> ScheduleRecord:
    taken = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public way to a row's names
    creator = Person(taken.pop("creator_id"), taken.pop("creator_tenant"), taken.pop("creator_name"))
    taken |= {
        "approvers": tuple(Person(*one) for one in json.loads(taken["approvers"])),
        "created": read(taken["created"]),
        "seen_to": read(taken["seen_to"]),
        "state": ScheduleState(taken["state"]),
    }
    return ScheduleRecord(creator=creator, **taken)


def _row_of(schedule: ScheduleRecord) -> dict[str, object]:
    people = [[one.object_id, one.tenant_id, one.name] for one in schedule.approvers]
    values = {name: value for name, value in vars(schedule).items() if name != "creator"}
    return values | {
        "creator_id": schedule.creator.object_id,
        "creator_tenant": schedule.creator.tenant_id,
        "creator_name": schedule.creator.name,
        "approvers": json.dumps(people, ensure_ascii=False),
        "created": written(schedule.created),
        "seen_to": written(schedule.seen_to),
        "state": schedule.state.value,
    }


def _occurrence(row: "sa.Row[Any]") -> Occurrence:
    taken = dict(row._mapping)  # noqa: SLF001 - see above
    taken |= {
        "due": read(taken["due"]),
        "at": read(taken["at"]),
        "state": OccurrenceState(taken["state"]),
        "claimed": read_or_none(taken["claimed"]),
    }
    return Occurrence(**taken)


def _columns(occurrence: Occurrence) -> dict[str, object]:
    return vars(occurrence) | {
        "due": written(occurrence.due),
        "at": written(occurrence.at),
        "state": occurrence.state.value,
        "claimed": written(occurrence.claimed) if occurrence.claimed else "",
    }
