"""A PostgreSQL server of the tests' own, from Debian's package: on loopback, without durability, gone at the end."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

_READY_WITHIN = 30.0


def programs() -> Path | None:
    """The folder of the newest initdb and postgres on this machine."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    there = [*map(str, reversed(found)), shutil.which("initdb")]
    return next((Path(path).parent for path in there if path), None)


@dataclass(frozen=True)
class Server:
    """A running server; every address it gives is of an empty database of its own."""

    port: int

    def url(self, database: str = "postgres") -> str:
        return f"postgresql+psycopg://bot@127.0.0.1:{self.port}/{database}"

    @contextlib.contextmanager
    def database(self, name: str) -> Iterator[str]:
        self._run(f'CREATE DATABASE "{name}"')
        try:
            yield self.url(name)
        finally:
            self._run(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _run(self, statement: str) -> None:
        engine = sa.create_engine(self.url(), isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                connection.execute(sa.text(statement))
        finally:
            engine.dispose()


@contextlib.contextmanager
def server() -> Iterator[Server]:
    """Run a server while the block lasts.

    Its folder is not pytest's: that is closed to other users again whenever another session of pytest begins.
    """
    bin_ = programs()
    if bin_ is None:
        pytest.skip("PostgreSQL is not installed (initdb was not found)")
    with tempfile.TemporaryDirectory(prefix="jhub-bot-postgres-") as folder:
        yield from _served(bin_, Path(folder))


def _served(bin_: Path, folder: Path) -> Iterator[Server]:
    user = _not_root()
    if user is not None:
        os.chown(folder, user, -1)
    data = folder / "data"
    initdb = [str(bin_ / "initdb"), "-D", str(data), "-U", "bot", "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run(initdb, check=True, capture_output=True, user=user, cwd=folder, timeout=60)
    port = _free_port()
    command = [str(bin_ / "postgres"), "-D", str(data), "-p", str(port), "-k", str(folder)]
    settings = ("listen_addresses=127.0.0.1", "fsync=off", "max_connections=60", "shared_buffers=16MB")
    command += [part for setting in settings for part in ("-c", setting)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, user=user, cwd=folder)
    try:
        _wait(process, port, folder / "log")
        yield Server(port)
    finally:
        process.terminate()
        process.wait(20)


def _not_root() -> int | None:
    """PostgreSQL refuses to run as root: whom to run it as then."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres").pw_uid
    except KeyError:
        pytest.skip("as root, PostgreSQL needs the user postgres")


def _free_port() -> int:
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    until = time.monotonic() + _READY_WITHIN
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"PostgreSQL ended: {log.read_text('utf-8', 'replace')[-600:]}")
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(host="127.0.0.1", port=port, user="bot", dbname="postgres").close()
            return
        time.sleep(0.05)
    raise RuntimeError("PostgreSQL was not ready in time")
