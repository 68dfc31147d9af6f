"""Secrets by reference: read where they lie whenever they are needed, so that a new one counts at once."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from clients.errors import NotFound, Unavailable


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


def from_secret(
    secret: Callable[[str], Awaitable[Mapping[str, bytes]]], name: str, key: str, system: str
) -> Callable[[], Awaitable[str]]:
    """A way to read it from a Secret, which `secret` reads by name.

    It raises Unavailable of `system` where there is no such Secret (yet), or no such key in it.
    """

    async def read() -> str:
        try:
            return (await secret(name))[key].decode().strip()
        except NotFound:
            raise Unavailable(system, f"cannot be asked: there is no Secret {name}, which the chart makes") from None
        except (KeyError, UnicodeDecodeError):
            raise Unavailable(system, f"cannot be asked: the Secret {name} has no token under {key}") from None

    return read
