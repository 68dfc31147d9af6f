"""A lock that tells if a helm of ours is running, even one that outlived the bot that started it.

A file is locked with flock(2) and handed to the child: the kernel releases it when the last process that holds it has
ended, however it ended. A pod that dies takes its helm along, and the next one has another file or a free one.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path


class FileLock:
    """The lock in `file`. Its methods return at once and never wait for the lock."""

    def __init__(self, file: Path) -> None:
        self._file = file

    @contextlib.contextmanager
    def taken(self) -> Iterator[int | None]:
        """Lock the file and yield its descriptor, for a child to inherit; None while another process holds it.

        Raise OSError.
        """
        held = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            yield held if _locked(held) else None
        finally:
            os.close(held)

    def is_taken(self) -> bool:
        """Return True if a process holds the lock; False also where there is no such file. Raise OSError."""
        try:
            seen = os.open(self._file, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            return not _locked(seen)
        finally:
            os.close(seen)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
