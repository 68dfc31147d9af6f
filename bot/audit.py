"""The audit trail: what was asked, agreed to, begun, done and refused, by whom. Written before acting.

Entries are numbered without gaps and each carries the hash of the one before, so that what was changed, left out or
slipped in shows (`verify`). Whoever may write to the database could forge a whole new chain: the log line of every
entry carries its number and hash, and a log kept elsewhere tells that.
"""

import csv
import hashlib
import io
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import Enum
from functools import partial
from typing import Any, Final, Protocol

import sqlalchemy as sa

from bot.outcomes import Outcome
from bot.store.database import Database
from bot.store.moments import read, written
from bot.store.tables import trail
from commands.reads import TrailLine

_LOG = logging.getLogger("jhub_bot.audit")

_FIRST: Final = "0" * 64
# Held on PostgreSQL while an entry is appended, so that two replicas do not both follow the same one.
_LOCK: Final = 7_305_812
_PAGE: Final = 1_000


class Event(Enum):
    """What an entry tells of."""

    ASKED = "asked"
    REFUSED = "refused"
    APPROVED = "approved"
    REJECTED = "rejected"
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"
    EMERGENCY = "emergency"
    INTENT = "intent"
    STEP = "step"
    STOP = "stop"
    ENDED = "ended"
    REVEALED = "revealed"
    EXPIRED_SNAPSHOT = "expired snapshot"
    REMOVED_PULLER = "removed puller"
    SCHEDULE_ADDED = "schedule added"
    SCHEDULE_REMOVED = "schedule removed"
    SCHEDULE_RUN = "schedule run"
    SCHEDULE_SKIPPED = "schedule skipped"
    SCHEDULE_POSTPONED = "schedule postponed"
    SCHEDULE_HOLIDAY = "schedule on a holiday"
    SCHEDULE_MISSED = "schedule missed"
    SCHEDULE_STILL = "schedule stands still"


@dataclass(frozen=True)
class Entry:
    """One thing that happened. `key` tells it from all others: written twice, it is kept once.

    `operation` is the change it belongs to; `detail` plain text values: the plan, a step, a reason. Never a secret.
    """

    key: str
    at: datetime
    event: Event
    object_id: str
    name: str
    conversation: str
    command: str
    operation: str = ""
    outcome: Outcome | None = None
    detail: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Gap:
    """Where the trail is not as it was written, and how that shows."""

    number: int
    what: str


class Audit(Protocol):
    """Where entries go. `write` raises Unavailable when the entry is not surely kept; nobody acts then."""

    async def write(self, entry: Entry) -> None:
        """Keep the entry."""


def append(connection: sa.Connection, entry: Entry) -> None:
    """Keep an entry in the transaction of what it tells of, so that neither is there without the other."""
    if connection.dialect.name != "sqlite":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    if connection.execute(sa.select(trail.c.number).where(trail.c.key == entry.key)).first():
        return
    last = connection.execute(sa.select(trail.c.number, trail.c.hash).order_by(trail.c.number.desc()).limit(1)).first()
    number, previous = (last.number + 1, last.hash) if last else (1, _FIRST)
    row = {"number": number, "previous": previous, **_columns(entry)}
    row["hash"] = _hash(row)
    connection.execute(trail.insert().values(row))
    _LOG.info(
        # Not what was typed: that stands in the trail.
        "number=%d hash=sha256:%s event=%s outcome=%s operation=%s object_id=%s",
        *(number, row["hash"], row["event"], row["outcome"] or "-", entry.operation or "-", entry.object_id),
    )


def _columns(entry: Entry) -> dict[str, object]:
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


def _hash(row: dict[str, object]) -> str:
    content = {name: value for name, value in row.items() if name != "hash"}
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


class Trail:
    """The trail in the bot's store. Implements `Audit` and `commands.reads.TrailReads`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def write(self, entry: Entry) -> None:
        """Keep the entry."""
        await self._database.run(lambda connection: append(connection, entry))

    async def page(
        self, *, object_id: str = "", since: datetime | None = None, before: int = 0, limit: int = 20
    ) -> Sequence[TrailLine]:
        """Entries, newest first."""
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


def verify(database: Database, told: Callable[[int], None] = lambda _: None) -> tuple[int, str, list[Gap]]:
    """How many entries there are, the last one's hash, and what is wrong. Raises Unavailable.

    `told` hears the number of entries read so far, now and then. Memory stays flat.
    """
    expected, previous, gaps = 1, _FIRST, []
    for row in _rows(database):
        number = int(str(row["number"]))
        if number != expected:
            gaps.append(Gap(number, f"entries {expected} to {number - 1} are missing"))
        elif row["previous"] != previous:
            gaps.append(Gap(number, "it does not follow the entry before it"))
        if row["hash"] != _hash(row):
            gaps.append(Gap(number, "it was changed after it was written"))
        expected, previous = number + 1, str(row["hash"])
        if number % _PAGE == 0:
            told(number)
    return expected - 1, previous, gaps


def export(database: Database, form: str) -> Iterator[str]:
    """The trail as lines of text, oldest first: `jsonl`, or `csv` with a heading. Raises Unavailable."""
    names = [column.name for column in trail.columns]
    if form == "csv":
        yield _csv(names)
    for row in _rows(database):
        if form == "csv":
            yield _csv([_inert(str(row[name])) for name in names])
        else:
            yield json.dumps({**row, "detail": json.loads(str(row["detail"]))}, ensure_ascii=False)


def _rows(database: Database) -> Iterator[dict[str, object]]:
    last = 0
    while True:
        query = sa.select(trail).where(trail.c.number > last).order_by(trail.c.number).limit(_PAGE)
        rows = database.run_now(partial(_fetched, query))
        yield from rows
        if len(rows) < _PAGE:
            return
        last = int(str(rows[-1]["number"]))


def _fetched(query: "sa.Select[Any]", connection: sa.Connection) -> list[dict[str, object]]:
    return [dict(row) for row in connection.execute(query).mappings()]


def _csv(values: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(values)
    return line.getvalue()


def _inert(value: str) -> str:
    """Text that a spreadsheet takes for text: what begins like a formula was typed by somebody."""
    return f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t") else value


def described(value: object) -> dict[str, str]:
    """A plan's own fields as words, for an entry's detail."""
    return {name: str(part)[:200] for name, part in asdict(value).items()}  # type: ignore[call-overload] # a dataclass
