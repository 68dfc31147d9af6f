"""Secrets by reference: read from their files whenever they are needed, so that a new one counts at once."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from clients.errors import Unavailable


def from_file(file: Path | None, system: str) -> Callable[[], Awaitable[str]]:
    """A way to read it. It raises Unavailable of `system` where there is no file, or it cannot be read."""

    async def read() -> str:
        if file is None:
            raise Unavailable(system, "cannot be asked: no token file is configured")
        try:
            return (await asyncio.to_thread(file.read_text, "utf-8")).strip()
        except OSError:
            raise Unavailable(system, "cannot be asked: the token file cannot be read") from None

    return read
