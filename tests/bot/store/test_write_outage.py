"""A full disk is waited for: by DBOS, which would lose what was done, and by steps."""

import errno
import sqlite3

import pytest
import sqlalchemy as sa
from dbos._utils import retriable_sqlite_exception

from bot.store.database import SYSTEM
from bot.store.write_outage import cannot_write, wait_for_room
from clients.errors import Unavailable


def test_what_sqlite_says_of_a_full_disk_is_what_dbos_asks_again_after(tmp_path):
    wait_for_room()
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'small.sqlite'}")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (x)")
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    with engine.connect() as connection:
        # As full as a disk can be for SQLite: no page more.
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(sa.exc.OperationalError) as error:
            connection.exec_driver_sql("INSERT INTO t VALUES (zeroblob(1000000))")
    assert retriable_sqlite_exception(error.value)
    assert isinstance(error.value.orig, sqlite3.OperationalError)
    engine.dispose()


def test_other_errors_are_as_they_were():
    wait_for_room()
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection, pytest.raises(sa.exc.OperationalError) as error:
        connection.exec_driver_sql("SELECT * FROM nowhere")
    assert not retriable_sqlite_exception(error.value)
    engine.dispose()


@pytest.mark.parametrize(
    ("error", "waits"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), True),
        (Unavailable(SYSTEM, "cannot be read or written"), True),
        (OSError(errno.EACCES, "Permission denied"), False),
        (Unavailable("Kubernetes", "did not answer"), False),
        (ValueError("a bug"), False),
    ],
)
def test_only_what_waiting_can_mend_is_waited_for(error, waits):
    assert cannot_write(error) is waits


def test_an_error_that_hides_a_full_disk_is_waited_for():
    hidden = Unavailable("Helm", "has no folder to work in")
    hidden.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    assert cannot_write(hidden)
