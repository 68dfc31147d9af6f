"""Databases of tests: no test cuts the power, and what a disk takes to have it for certain is most of their time."""

import tempfile
from functools import cache
from pathlib import Path

import sqlalchemy as sa

from bot.store.database import Database


def hurried(url: str) -> Database:
    """A database that, on SQLite, leaves it to the system when things reach the disk."""
    made = Database(url)
    if made.is_sqlite:
        sa.event.listen(made._engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    return made


def fresh(url: str) -> Database:
    """A new one with the bot's tables. On SQLite it is a copy of one that the migrations have made."""
    made = hurried(url)
    if made.is_sqlite:
        Path(str(made._engine.url.database)).write_bytes(_empty())
    made.migrate()
    return made


@cache
def _empty() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "empty.sqlite"
        made = hurried(f"sqlite:///{file}")
        made.migrate()
        made.close()
        return file.read_bytes()
