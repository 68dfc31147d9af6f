"""An SQLite that is older than what DBOS asks of it: made to do, or said to be too old."""

import contextlib
import sqlite3
import time

import pytest

from bot.config.settings import Settings
from bot.store import connect as opening
from bot.store import sqlite


def _connected(version):
    return contextlib.closing(sqlite3.connect(":memory:", **sqlite.options(version).get("connect_args", {})))


def test_an_older_sqlite_answers_with_milliseconds_where_dbos_asks_for_them():
    before = time.time()
    with _connected((3, 40, 1)) as connection:
        # As DBOS makes its tables, and as it asks.
        connection.execute("CREATE TABLE made (id TEXT, at INTEGER NOT NULL DEFAULT (unixepoch('subsec') * 1000))")
        connection.execute("INSERT INTO made (id) VALUES ('a')")
        ((written,),) = connection.execute("SELECT at FROM made").fetchall()
        ((asked,),) = connection.execute("SELECT CAST(unixepoch('subsec') * 1000 AS BIGINT)").fetchall()
    assert round(before * 1000) <= written + 1 <= asked + 2
    assert asked <= time.time() * 1000 + 1
    assert isinstance(asked, int)


def test_it_answers_nothing_to_what_it_does_not_know():
    with _connected((3, 40, 1)) as connection:
        assert connection.execute("SELECT unixepoch('2020-01-01')").fetchone() == (None,)


def test_a_newer_one_is_left_as_it_is():
    assert sqlite.options((3, 42, 0)) == {}


def test_the_sqlite_of_this_python_will_do():
    assert sqlite.complaint() == ""


def test_one_that_is_too_old_is_told_with_what_helps():
    why = sqlite.complaint((3, 34, 1))
    assert "has SQLite 3.34.1" in why
    assert "3.35 or newer" in why
    assert "store.url" in why
    assert sqlite.complaint((3, 35, 0)) == ""


def test_the_store_is_not_opened_on_one_that_is_too_old(tmp_path, monkeypatch):
    monkeypatch.setattr(opening, "complaint", lambda: sqlite.complaint((3, 34, 1)))
    with pytest.raises(ValueError, match=r"SQLite 3\.34\.1"), opening.opened(Settings(state_dir=tmp_path / "state")):
        pass
    assert not (tmp_path / "state").exists()
