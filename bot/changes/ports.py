"""The ports by which changes reach the rest of the bot."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from commands.ports.context import Caller, Reads, Writes


class Record(Protocol):
    """The record of workflows' steps: `bot.runtime.durable.Durable`, or one hub's share of it."""

    async def start(self, workflow_id: str) -> None:
        """Begin the workflow of this id, unless it was begun before. Return once that is on record."""

    async def step(self, name: str, action: Callable[[], Awaitable[str]]) -> str:
        """Return what `action` returned the first time it ended. Call it from within a workflow, in a fixed order."""


class ContextFactory(Protocol):
    """The systems outside, as one hub's bot sees them."""

    def reads(self, caller: Caller) -> Reads:
        """Return everything that can be looked at, for this caller, now."""

    @property
    def writes(self) -> Writes:
        """Everything that can change something."""
