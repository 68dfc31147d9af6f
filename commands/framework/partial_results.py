"""Concurrent questions to several systems: one that does not answer costs its own line and at most some seconds."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from clients.errors import NotFound, Unavailable

T = TypeVar("T")

# What a person waits for a card at the most, in seconds.
PATIENCE = 5.0


async def attempt(system: str, asked: Awaitable[T]) -> T | Unavailable:
    """Return the answer, or the reason why there is none. Wait at most PATIENCE."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await asked
    except TimeoutError:
        return Unavailable(system, f"did not answer within {PATIENCE:.0f} s")
    except (Unavailable, NotFound) as error:
        return error if isinstance(error, Unavailable) else Unavailable(system, str(error))
