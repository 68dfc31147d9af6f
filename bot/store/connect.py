"""The address of the store, by the settings, and the lock that keeps other processes from its files."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import sqlalchemy as sa

from bot.config.secret_reference import SecretRef
from bot.config.settings import Settings
from bot.store.database import Database
from bot.store.sqlite import complaint
from clients.errors import Unavailable


def store_url(settings: Settings, name: str) -> str:
    """Return the SQLAlchemy address for the tables of that name: a file of its own each, or one PostgreSQL for all.

    Raise ValueError for an address that cannot be read or is not of PostgreSQL.
    """
    reference = settings.store.place_of("url")
    if reference is None:
        return f"sqlite:///{settings.state_dir.absolute() / f'{name}.sqlite'}"
    from bot.secrets.reader import read_now  # noqa: PLC0415 - loads every client, for those who need one

    try:
        url = sa.make_url(read_now(settings, reference, "the store"))
    except (Unavailable, sa.exc.ArgumentError):
        # Neither the address nor what is wrong with it: it holds a password.
        raise ValueError(f"{_named(reference)} cannot be read, or contains no address") from None
    if url.get_backend_name() != "postgresql":
        raise ValueError(f"{_named(reference)} must contain the address of a PostgreSQL database")
    return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def _named(reference: SecretRef) -> str:
    return "url_file" if reference.kind == "file" else f"url ({reference})"


@contextlib.contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    """Open the bot's own tables while the block lasts.

    Raise ValueError, also for files that another process has, and for an SQLite that is too old.
    """
    with contextlib.ExitStack() as stack:
        if settings.store.place_of("url") is None:
            if why := complaint():
                raise ValueError(why)
            stack.enter_context(_locked(settings.state_dir.absolute()))
        database = Database(store_url(settings, "bot"), settings.store.schema_name)
        stack.callback(database.close)
        yield database


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep other processes out of the folder; the lock goes with the process, however that ends."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(folder / "lock", os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
        _lock(file, folder)
        yield


def _lock(file: IO[str], folder: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise ValueError(
            f"another bot is using {folder}: run only one there, or let several share a PostgreSQL database"
        ) from None
