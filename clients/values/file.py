"""A file on the bot's own disk as the home of the values. It is replaced as a whole, or not at all."""

import asyncio
import contextlib
import os
import stat
import tempfile
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final

from clients.errors import Rejected, Unavailable
from clients.values.changes import Author, ValueChange, Written
from clients.values.composition import LARGEST, SYSTEM
from clients.values.document import decoded, parse
from clients.values.edit import edited
from clients.values.merge import still_open
from clients.values.secrets import Text, secret_values

# Whoever set nothing but `values.home` has values already: those of the release.
_NO_FILE: Final = (
    "There is no file {0} (values.file in the bot’s configuration). Write it once from what is live, without its "
    "secrets: helm get values RELEASE --namespace NAMESPACE --output yaml > {0}; or set values.home to release."
)


class FileHome:
    """A file as the home of the values. Requesters are in the bot's audit trail alone: a file has no history."""

    kind = "file"

    def __init__(self, file: Path, *, secrets: Text | None = None) -> None:
        self.place = file.name
        self._file = file
        self._secrets = secrets
        self._turn = asyncio.Lock()

    async def written(self) -> Written:
        """Return the values in the file. Raise Unavailable, or Rejected where there is no file, or none with values."""
        return await asyncio.to_thread(self._read)

    async def secrets(self) -> Mapping[str, object]:
        """Return the secrets' values; none where none are configured. Raise Unavailable or Rejected."""
        return await secret_values(self._secrets)

    async def save(
        self, changes: Sequence[ValueChange], *, base: str, author: Author, message: str, operation: str
    ) -> str:
        """Write these changes and return the version that has them. Raise Conflict, Rejected or Unavailable."""
        del author, message, operation
        async with self._turn:
            return await asyncio.to_thread(self._saved, changes, base)

    def _read(self) -> Written:
        try:
            with self._file.open("rb") as file:
                content = file.read(LARGEST + 1)
        except FileNotFoundError:
            raise Rejected(SYSTEM, "no file", _NO_FILE.format(self.place)) from None
        except OSError as error:
            raise Unavailable(SYSTEM, "cannot be read: values.file") from error
        text = decoded(content)
        return Written(parse(text).values, sha256(content).hexdigest()[:16], text)

    def _saved(self, changes: Sequence[ValueChange], base: str) -> str:
        written = self._read()
        left = still_open(changes, written.values, same=written.version == base)
        if not left:
            return written.version
        self._replace(edited(written.text, left, shown=False).encode())
        return self._read().version

    def _replace(self, content: bytes) -> None:
        """Replace the file by renaming, so that no reader sees half of it; a symbolic link is kept."""
        there = self._file.resolve()
        try:
            mode = stat.S_IMODE(there.stat().st_mode)
            descriptor, name = tempfile.mkstemp(dir=there.parent, prefix=f".{there.name}.")
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(content)
                    os.fchmod(file.fileno(), mode)
                    file.flush()
                    os.fsync(file.fileno())
                Path(name).replace(there)
            except BaseException:
                with contextlib.suppress(OSError):
                    Path(name).unlink()
                raise
        except OSError as error:
            raise Unavailable(SYSTEM, f"cannot be written ({error.strerror}): values.file") from error
