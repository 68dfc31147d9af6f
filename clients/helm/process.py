"""A child process that is only ever asked to end, never killed.

Helm keeps its records while it works: killed, it leaves a release that no later upgrade may touch. asyncio's own
helpers kill a child whose task is cancelled, so the child is followed here by its protocol.
"""

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from clients.instrumentation import call

MOST_ERRORS = 64 * 1024
STDIN, STDOUT, STDERR = 0, 1, 2
# How long after its end a child's pipes may stay open, held by something it started.
LINGER = 2.0
# What helm is asked to do, as a label.
_VERBS = frozenset(("upgrade", "install", "rollback", "uninstall", "pull", "show", "template", "get", "repo", "lint"))


@dataclass(frozen=True)
class ProcessEnded:
    """The end of the child: its exit status (negative: the signal) and the last part of what it wrote to stderr.

    `late` is True if its time was up, whatever it did then. `output` is what it wrote to stdout, as far as that was to
    be kept; None where it was more.
    """

    status: int
    errors: str
    late: bool
    output: bytes | None = field(default=b"", repr=False)


class _Child(asyncio.SubprocessProtocol):
    def __init__(self, room: int) -> None:
        self.gone: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.errors = bytearray()
        self.output = bytearray()
        self.is_whole = True
        self._room = room

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        if fd == STDOUT and self._room:
            self.is_whole = self.is_whole and len(self.output) + len(data) <= self._room
            self.output += data if self.is_whole else b""
        if fd == STDERR:
            self.errors += data
            del self.errors[:-MOST_ERRORS]

    def process_exited(self) -> None:
        asyncio.get_running_loop().call_later(LINGER, self._go)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the base class's signature
        self._go()

    def _go(self) -> None:
        if not self.gone.done():
            self.gone.set_result(True)


async def run(
    command: Sequence[str],
    *,
    given: bytes,
    env: Mapping[str, str],
    folder: Path,
    stop: asyncio.Event,
    limit: float,
    keeps: Sequence[int] = (),
    room: int = 0,
) -> ProcessEnded:
    """Run `command` in a process group of its own with `given` on its standard input, and wait for its end.

    When `stop` is set, after `limit` seconds, and when the task is cancelled, it gets SIGTERM, once, and is waited for
    however long it takes; a cancellation continues after that. Standard output is read and dropped, unless there is
    `room` for so many bytes, which must hold all of it. `keeps` are open files that it inherits, and with them their
    locks. Raise OSError when it cannot be started.
    """
    with call("helm", command[1] if len(command) > 1 and command[1] in _VERBS else "other") as made:
        ended = await _followed(command, given, env, folder, stop, limit, keeps, room)
        made.code = _code(ended)
    return ended


def _code(ended: ProcessEnded) -> str:
    """Return the result as a label. Helm's own exit status is 0 or 1."""
    if ended.late or ended.status < 0:
        return "stopped"
    return "ok" if ended.status == 0 else "failed"


async def _followed(
    command: Sequence[str],
    given: bytes,
    env: Mapping[str, str],
    folder: Path,
    stop: asyncio.Event,
    limit: float,
    keeps: Sequence[int],
    room: int,
) -> ProcessEnded:
    loop = asyncio.get_running_loop()
    transport, child = await loop.subprocess_exec(
        lambda: _Child(room),
        *command,
        env=dict(env),
        cwd=os.fspath(folder),
        start_new_session=True,
        pass_fds=tuple(keeps),
    )
    stopping: asyncio.Future[bool] = asyncio.ensure_future(stop.wait())
    try:
        _feed(transport, given)
        both = {child.gone, stopping}
        happened, _ = await asyncio.wait(both, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        await _end(transport, child)
    status = transport.get_returncode()
    errors = child.errors.decode("utf-8", "replace")
    output = bytes(child.output) if child.is_whole else None
    return ProcessEnded(-1 if status is None else status, errors, not happened, output)


def _feed(transport: asyncio.SubprocessTransport, given: bytes) -> None:
    pipe = transport.get_pipe_transport(STDIN)
    if isinstance(pipe, asyncio.WriteTransport):
        pipe.write(given)
        pipe.close()


async def _end(transport: asyncio.SubprocessTransport, child: _Child) -> None:
    cancelled = False
    if not child.gone.done() and transport.get_returncode() is None:
        transport.terminate()
    while not child.gone.done():
        try:
            await asyncio.wait({child.gone})
        except asyncio.CancelledError:
            cancelled = True
    transport.close()
    if cancelled:
        raise asyncio.CancelledError
