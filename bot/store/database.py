"""The bot's own tables on SQLite or PostgreSQL: one transaction at a time, in threads beside the event loop."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import sqlalchemy as sa

from bot.store.tables import create
from clients.errors import Unavailable

SYSTEM: Final = "the bot's store"
_MIGRATIONS: Final = Path(__file__).with_name("migrations")
_VERSION: Final = sa.table("schema_version", sa.column("version_num", sa.Text))
# SQLite has one writer anyway; PostgreSQL is asked by as many at once as a channel is busy.
_THREADS: Final = {"sqlite": 1, "postgresql": 4}
# Any number, the same for all replicas: held on PostgreSQL while tables are made or changed.
_MIGRATION_LOCK: Final = 7_305_811

T = TypeVar("T")


class Database:
    """One database at `url`, an SQLAlchemy address: sqlite:///file or postgresql+psycopg://user@host/name.

    On PostgreSQL its tables are in `schema`, or where the user's are if that is empty. Raises ValueError for another
    kind of database.
    """

    def __init__(self, url: str, schema: str = "") -> None:
        parsed = sa.make_url(url)
        kind = parsed.get_backend_name()
        if kind not in _THREADS:
            raise ValueError("the store is on sqlite or postgresql")
        self.is_sqlite = kind == "sqlite"
        self._schema = "" if self.is_sqlite else schema
        # Every name without a schema is looked for there alone, in every statement.
        options = {"options": f"-csearch_path={self._schema}"} if self._schema else {}
        self._engine = sa.create_engine(
            parsed, pool_pre_ping=not self.is_sqlite, hide_parameters=True, connect_args=options
        )
        self._threads = ThreadPoolExecutor(_THREADS[kind], thread_name_prefix="store")
        if self.is_sqlite:
            sa.event.listen(self._engine, "connect", _prepare)
            sa.event.listen(self._engine, "begin", _begin)

    async def run(self, work: Callable[[sa.Connection], T]) -> T:
        """Return the result of `work`, all of it in one transaction that nobody else's write can come between.

        `work` runs in a thread. Raise Unavailable when the database cannot be read or written.
        """
        # In the context of whoever asks: log lines tell what they belong to.
        run = partial(copy_context().run, self.run_now, work)
        return await asyncio.get_running_loop().run_in_executor(self._threads, run)

    def run_now(self, work: Callable[[sa.Connection], T]) -> T:
        """Do the same in this thread, for callers that have no event loop."""
        try:
            with self._engine.begin() as connection:
                return work(connection)
        except sa.exc.DBAPIError as error:
            raise Unavailable(SYSTEM, f"cannot be read or written ({type(error.orig).__name__})") from error

    def migrate(self) -> None:
        """Bring the tables to this version of the bot. Replicas that start at once take turns.

        Raise Unavailable, also for tables made by a newer version.
        """
        self.run_now(self._upgrade)

    def _upgrade(self, connection: sa.Connection) -> None:
        if _is_current(connection):
            return
        if self.is_sqlite and not sa.inspect(connection).get_table_names():
            create(connection, newest_version())
            return
        from bot.store.migrate import upgrade  # noqa: PLC0415 - Alembic is loaded where there is something to change

        if not self.is_sqlite:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
        if self._schema:
            connection.execute(sa.schema.CreateSchema(self._schema, if_not_exists=True))
        if not upgrade(connection, _MIGRATIONS):
            raise Unavailable(SYSTEM, "was created by a newer version of the bot")

    def close(self) -> None:
        """Close all connections, once what runs has ended."""
        self._threads.shutdown()
        self._engine.dispose()


def _prepare(connection: sqlite3.Connection, _record: Any) -> None:  # noqa: ANN401 - the pool's own record
    # pysqlite begins transactions late and for reading; what is read here decides what is written.
    connection.isolation_level = None
    for pragma in ("busy_timeout=10000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _is_current(connection: sa.Connection) -> bool:
    """Return True if the tables are of this very version, as they are at nearly every start."""
    if not sa.inspect(connection).has_table(_VERSION.name):
        return False
    return connection.execute(sa.select(_VERSION.c.version_num)).scalars().all() == [newest_version()]


def newest_version() -> str:
    """Return the version that the migrations lead to, by the name of the last one's file (`v0005_lost.py`: 0005)."""
    return max(path.stem for path in (_MIGRATIONS / "versions").glob("v*.py"))[1:].partition("_")[0]
