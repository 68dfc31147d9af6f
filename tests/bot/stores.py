"""Databases of tests: no test cuts the power, and what a disk takes to have it for certain is most of their time."""

import sqlalchemy as sa

from bot.store.database import Database


def hurried(url: str) -> Database:
    """A database on SQLite that leaves it to the system when things reach the disk."""
    made = Database(url)
    sa.event.listen(made._engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    return made
