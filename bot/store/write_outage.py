"""Outages in which nothing can be written, to the store or to the disk: work waits then, and loses nothing."""

import errno
import sqlite3
from typing import Final

import sqlalchemy as sa

from bot.store.database import SYSTEM
from clients.errors import Unavailable

_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT)
# SQLite's words for SQLITE_FULL.
_FULL: Final = "database or disk is full"


def cannot_write(error: BaseException | None) -> bool:
    """Return True if it failed for want of a store or of room on the disk, and may be begun again."""
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        return True
    if isinstance(error, Unavailable):
        return error.system == SYSTEM or cannot_write(error.__cause__)
    return False


def wait_for_room() -> None:
    """Have DBOS wait while the disk is full, as it does while a database is locked, instead of losing what was done.

    SQLite says of both that it cannot write now; DBOS (3.4) asks again by the one's words alone.
    """
    if not sa.event.contains(sa.Engine, "handle_error", _as_locked):
        sa.event.listen(sa.Engine, "handle_error", _as_locked)


def _as_locked(context: sa.engine.ExceptionContext) -> Exception | None:
    error = context.original_exception
    if not isinstance(error, sqlite3.OperationalError) or _FULL not in str(error):
        return None
    return sa.exc.OperationalError(context.statement, None, sqlite3.OperationalError(f"database is locked: {_FULL}"))
