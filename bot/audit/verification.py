"""Reading the audit trail back: its chain verified, its entries exported."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import sqlalchemy as sa

from bot.audit.entry import FIRST_HASH, chain_hash
from bot.store.database import Database
from bot.store.tables import trail

_PAGE: Final = 1_000


@dataclass(frozen=True)
class Gap:
    """Place where the trail is not as it was written, and how that shows."""

    number: int
    what: str


def verify(database: Database, progress: Callable[[int], None] = lambda _: None) -> tuple[int, str, list[Gap]]:
    """Return how many entries there are, the last one's hash, and what is wrong. Raise Unavailable.

    `progress` is called with the number of entries read so far, now and then. Memory stays flat.
    """
    expected, previous, gaps = 1, FIRST_HASH, []
    for row in _rows(database):
        number = int(str(row["number"]))
        if number != expected:
            gaps.append(Gap(number, f"entries {expected} to {number - 1} are missing"))
        elif row["previous"] != previous:
            gaps.append(Gap(number, "it does not follow the entry before it"))
        if row["hash"] != chain_hash(row):
            gaps.append(Gap(number, "it was changed after it was written"))
        expected, previous = number + 1, str(row["hash"])
        if number % _PAGE == 0:
            progress(number)
    return expected - 1, previous, gaps


def export(database: Database, form: str) -> Iterator[str]:
    """Yield the trail as lines of text, oldest first: `jsonl`, or `csv` with a heading. Raise Unavailable."""
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
    """Return text that a spreadsheet takes for text: what begins like a formula was typed by somebody."""
    return f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t") else value
