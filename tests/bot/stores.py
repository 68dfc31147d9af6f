"""Databases for tests, which do not wait until data is on the disk.

No test cuts the power, and syncing takes most of the time of a test.
"""

import tempfile
from functools import cache
from pathlib import Path

import sqlalchemy as sa

from bot.store.database import Database


def hurried(url: str) -> Database:
    """Return a database that, on SQLite, leaves it to the system when data reaches the disk."""
    made = Database(url)
    if made.is_sqlite:
        sa.event.listen(made._engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    return made


def fresh(url: str) -> Database:
    """Return a new database with the bot's tables. On SQLite it is a copy of one that the migrations have made."""
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
