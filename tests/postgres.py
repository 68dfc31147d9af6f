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
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

_READY_WITHIN = 240


def programs() -> Path | None:
    """The folder of the newest initdb and postgres on this machine."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    there = [*map(str, reversed(found)), shutil.which("initdb")]
    return next((Path(path).parent for path in there if path), None)


@dataclass
class Server:
    """A running server; every address it gives is of an empty database of its own."""

    port: int
    _command: list[str] = field(default_factory=list)
    _folder: Path = Path()
    _user: int | None = None
    _process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Start it, again where it was before, and wait until it answers."""
        until = time.monotonic() + _READY_WITHIN
        while True:
            with (self._folder / "log").open("ab") as log:
                self._process = subprocess.Popen(
                    self._command, stdout=log, stderr=log, user=self._user, cwd=self._folder
                )
            if _answers(self._process, self.port):
                return
            # After a crash its memory is in use until the last of its processes has noticed.
            if time.monotonic() > until:
                raise RuntimeError(f"PostgreSQL ended: {(self._folder / 'log').read_text('utf-8', 'replace')[-600:]}")
            time.sleep(0.1)

    def crash(self) -> None:
        """End it as the kernel does when memory is short: every connection is cut, what was committed is recovered."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(240)

    def end(self) -> None:
        """End it for good."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(240)

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
    subprocess.run(initdb, check=True, capture_output=True, user=user, cwd=folder, timeout=240)
    port = _free_port()
    command = [str(bin_ / "postgres"), "-D", str(data), "-p", str(port), "-k", str(folder)]
    settings = ("listen_addresses=127.0.0.1", "fsync=off", "max_connections=60", "shared_buffers=16MB")
    command += [part for setting in settings for part in ("-c", setting)]
    running = Server(port, command, folder, user)
    try:
        running.start()
        yield running
    finally:
        running.end()


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


def _answers(process: "subprocess.Popen[bytes]", port: int) -> bool:
    """Wait until it takes connections; False where it ended instead. Raises RuntimeError when neither comes."""
    until = time.monotonic() + _READY_WITHIN
    while time.monotonic() < until:
        if process.poll() is not None:
            return False
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(host="127.0.0.1", port=port, user="bot", dbname="postgres").close()
            return True
        time.sleep(0.05)
    raise RuntimeError("PostgreSQL was not ready in time")
