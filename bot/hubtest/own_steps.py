"""Steps of a test that nobody asked for: not recorded one by one, since what is left of a test is on record as a whole.

One that is killed in between is not resumed: the next test removes what is left of it, or the daily clean-up.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final, ParamSpec, TypeVar

from cards.views import Notice
from commands.framework.command import Level, Renamed
from commands.hubtest.steps import BY_ITSELF
from commands.ports.context import Caller, Reads, Writes

P = ParamSpec("P")
ResultT = TypeVar("ResultT")

CALLER: Final = Caller("", BY_ITSELF, Level.ANYONE)


class OwnSteps:
    """`commands.framework.command.Steps` for the bot itself. There is no card, and nobody stops it."""

    def __init__(self, reads: Reads, writes: Writes, now: Callable[[], datetime]) -> None:
        self.caller = CALLER
        self.operation = secrets.token_hex(8)
        self.reads = reads
        self.writes = writes
        self._now = now

    def now(self) -> datetime:
        """Return the time, in UTC."""
        return self._now()

    async def step(
        self, title: str | Renamed, action: Callable[P, Awaitable[ResultT]], *args: P.args, **kwargs: P.kwargs
    ) -> ResultT:
        """Run one step."""
        del title
        return await action(*args, **kwargs)

    async def cleanup(
        self, title: str, action: Callable[P, Awaitable[ResultT]], *args: P.args, **kwargs: P.kwargs
    ) -> ResultT:
        """Run one step."""
        return await self.step(title, action, *args, **kwargs)

    def tell(self, *details: str) -> None:
        """Show nothing."""

    def warn(self, warning: str) -> None:
        """Show nothing."""

    async def announce(self, view: Notice) -> None:
        """Post nothing."""

    @property
    def stopping(self) -> bool:
        """False."""
        return False

    async def stopped(self) -> None:
        """Wait for ever."""
        await asyncio.Event().wait()
