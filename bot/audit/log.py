"""The audit trail: what was asked, agreed to, begun, done and refused, by whom. Written before acting.

Entries are numbered without gaps and each carries the hash of the one before, so that what was changed, left out or
slipped in shows (`verify`). Whoever may write to the database could forge a whole new chain: the log line of every
entry carries its number and hash, and a log kept elsewhere tells that.
"""

import json
import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from bot.audit.entry import FIRST_HASH, AuditEntry, chain_hash
from bot.store.database import Database
from bot.store.tables import trail
from bot.store.timestamps import read, written
from commands.ports.operations import TrailLine

_LOG = logging.getLogger("jhub_bot.audit")


# Held on PostgreSQL while an entry is appended, so that two replicas do not both follow the same one.
_LOCK: Final = 7_305_812


def append(connection: sa.Connection, entry: AuditEntry) -> None:
    """Write an entry in the transaction of what it records, so that neither is there without the other."""
    if connection.dialect.name != "sqlite":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    if connection.execute(sa.select(trail.c.number).where(trail.c.key == entry.key)).first():
        return
    last = connection.execute(sa.select(trail.c.number, trail.c.hash).order_by(trail.c.number.desc()).limit(1)).first()
    number, previous = (last.number + 1, last.hash) if last else (1, FIRST_HASH)
    row = {"number": number, "previous": previous, **_columns(entry)}
    row["hash"] = chain_hash(row)
    connection.execute(trail.insert().values(row))
    _LOG.info(
        # Not what was typed: that stands in the trail.
        "number=%d hash=sha256:%s event=%s outcome=%s operation=%s object_id=%s",
        *(number, row["hash"], row["event"], row["outcome"] or "-", entry.operation or "-", entry.object_id),
    )


def _columns(entry: AuditEntry) -> dict[str, object]:
    return {
        "key": entry.key,
        "at": written(entry.at),
        "event": entry.event.value,
        "outcome": entry.outcome.value if entry.outcome else "",
        "operation": entry.operation,
        "object_id": entry.object_id,
        "name": entry.name,
        "conversation": entry.conversation,
        "command": entry.command,
        "detail": json.dumps(entry.detail, sort_keys=True, ensure_ascii=False),
    }


class Trail:
    """The trail in the bot's store: the implementation of `Audit` and `commands.ports.operations.TrailReads`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def write(self, entry: AuditEntry) -> None:
        """Write the entry."""
        await self._database.run(lambda connection: append(connection, entry))

    async def page(
        self, *, object_id: str = "", since: datetime | None = None, before: int = 0, limit: int = 20
    ) -> Sequence[TrailLine]:
        """Return entries, newest first."""
        query = sa.select(trail).order_by(trail.c.number.desc()).limit(limit)
        # Entries stay as they were written: some of those of earlier releases have the id in capitals.
        ids = (object_id, object_id.upper())
        query = query.where(trail.c.object_id.in_(ids)) if object_id else query
        query = query.where(trail.c.at >= written(since)) if since else query
        query = query.where(trail.c.number < before) if before else query
        rows = await self._database.run(lambda connection: connection.execute(query).all())
        return [_line(row) for row in rows]


def _line(row: "sa.Row[tuple[object, ...]]") -> TrailLine:
    detail = json.loads(row.detail)
    return TrailLine(
        number=row.number,
        at=read(row.at),
        name=row.name,
        object_id=row.object_id,
        event=row.event,
        outcome=row.outcome,
        command=row.command,
        operation=row.operation,
        detail="; ".join(f"{key}: {value}" for key, value in detail.items()),
    )
