"""SQLite as this Python has it: which versions will do, and a function that DBOS asks of it and older ones lack."""

import sqlite3
import sys
import time
from contextlib import closing, suppress
from typing import Any, Final

import sqlalchemy as sa

# DBOS writes with RETURNING.
_OLDEST: Final = (3, 35)
# From Python 3.12 on DBOS asks for unixepoch('subsec'), and is answered NULL before this version.
_SUBSECOND: Final = (3, 42)


def complaint(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> str:
    """Return why this SQLite will not do, and what will; an empty string if it does."""
    if version >= _OLDEST:
        return ""
    return (
        f"this Python ({sys.executable}) has SQLite {'.'.join(map(str, version))}, and the bot needs "
        f"{'.'.join(map(str, _OLDEST))} or newer: use a Python that has it, or PostgreSQL (store.url)"
    )


def options(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> dict[str, Any]:
    """Return what DBOS is to make its engine with."""
    return {} if version >= _SUBSECOND else {"connect_args": {"factory": _Subsecond}}


def keep_a_write_ahead_log(url: str) -> None:
    """Have the SQLite file at this SQLAlchemy address, made if it is missing, append what is written.

    The mode stays with the file. DBOS 3.4 leaves SQLite's own, which makes a journal and deletes it again with every
    recorded step: a workflow of short steps then takes two to five times as long. Without it all works as well.
    """
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(sa.make_url(url).database or "")) as file:
        file.execute("PRAGMA journal_mode=WAL")


class _Subsecond(sqlite3.Connection):
    """Connection to an older SQLite that knows unixepoch('subsec'): the seconds, with three decimals."""

    def __init__(self, *given: Any, **named: Any) -> None:  # noqa: ANN401 - sqlite3's own
        super().__init__(*given, **named)
        self.create_function("unixepoch", 1, _unixepoch)


def _unixepoch(modifier: object) -> float | None:
    """Answer as SQLite 3.42 does, to the one form that is asked for."""
    return round(time.time(), 3) if modifier == "subsec" else None
