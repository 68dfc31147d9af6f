"""Changes that run: one at a time, the others queue; each shows its steps on one card and can be stopped."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import ParamSpec, TypeVar

from bot.chat import Person, Posted
from cards.views import Button, ButtonStyle, Progress, StepLine, StepState
from commands.durations import spoken
from commands.reads import Caller, Reads
from commands.spec import AnyChange
from commands.writes import Writes

# How often a card is edited for the clock alone, in seconds; everything that happens is shown sooner.
_TICK = 5.0

P = ParamSpec("P")
ResultT = TypeVar("ResultT")


@dataclass
class Operation:
    """One change at work: `commands.spec.Steps` for its `apply`, and the card that shows it.

    `now` is the clock; the operation is shown on `card` until `close` is called.
    """

    operation: str
    title: str
    requester: Person
    change: AnyChange
    caller: Caller
    reads: Reads
    writes: Writes
    card: Posted
    now: Callable[[], datetime]
    _steps: list[StepLine] = field(default_factory=list)
    _details: tuple[str, ...] = ()
    _warnings: dict[str, None] = field(default_factory=dict)
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _stopped_by: str = ""
    _open: bool = True
    _started: datetime | None = None

    async def step(
        self, title: str, action: Callable[P, Awaitable[ResultT]], *args: P.args, **kwargs: P.kwargs
    ) -> ResultT:
        """Run one step and show how it goes. An exception marks it failed and goes on up."""
        began = self.now()
        self._steps.append(StepLine(title, StepState.RUNNING))
        self.show()
        state = StepState.FAILED
        try:
            result = await action(*args, **kwargs)
            state = StepState.DONE
        finally:
            self._steps[-1] = StepLine(title, state, spoken(self.now() - began))
            self._details = ()
        self.show()
        return result

    def tell(self, *details: str) -> None:
        """Show what happens inside the running step."""
        if details != self._details:
            self._details = details
            self.show()

    def warn(self, warning: str) -> None:
        """Show something wrong, once."""
        if warning not in self._warnings:
            self._warnings[warning] = None
            self.show()

    @property
    def stopping(self) -> bool:
        """Whether somebody asked to stop."""
        return self._stop.is_set()

    async def stopped(self) -> None:
        """Return once somebody asks to stop."""
        await self._stop.wait()

    def stop(self, person: Person) -> Progress:
        """Ask the work to stop at the next safe point; what the card shows meanwhile."""
        self._stop.set()
        self._stopped_by = self._stopped_by or person.name
        self.show()
        return self.view()

    def view(self) -> Progress:
        """How it stands now."""
        elapsed = spoken(self.now() - self._started) if self._started else ""
        buttons = () if self.stopping or not self.change.stoppable else (_stop_button(self.operation),)
        details = self._details
        if self.stopping:
            details = (f"{self._stopped_by} asked to stop. Ending at the next safe point …", *details)
        return Progress(
            self.title,
            self.requester.name,
            tuple(self._steps),
            details,
            tuple(self._warnings),
            elapsed,
            buttons,
        )

    def show(self) -> None:
        """Bring the card up to date, soon."""
        if self._open:
            self.card.update(self.view())

    def wait_behind(self, other: "Operation") -> None:
        """Show what has to end first."""
        asker = other.requester.name
        self._steps = [StepLine(f"Waiting behind “{other.title}” by {asker}", StepState.WAITING)]
        self.show()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Show the work while it lasts, the clock included."""
        self._started, self._steps = self.now(), []
        ticker = asyncio.create_task(self._tick())
        try:
            yield
        finally:
            self._open = False
            ticker.cancel()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK)
            self.show()


def _stop_button(operation: str) -> Button:
    return Button("Stop", "stop", (("id", operation),), ButtonStyle.DESTRUCTIVE)


class Operations:
    """The queue of one hub: a change runs when those before it have ended."""

    def __init__(self) -> None:
        self._queue: list[Operation] = []
        self._moved = asyncio.Condition()

    def find(self, operation: str) -> Operation | None:
        """A running or waiting operation."""
        return next((o for o in self._queue if o.operation == operation), None)

    def __len__(self) -> int:
        return len(self._queue)

    @contextlib.asynccontextmanager
    async def turn(self, operation: Operation) -> AsyncIterator[None]:
        """Hold the hub while the block runs. Returns early, without waiting, once the operation is stopped."""
        self._queue.append(operation)
        try:
            await self._until_first(operation)
            yield
        finally:
            self._queue.remove(operation)
            async with self._moved:
                self._moved.notify_all()

    async def _until_first(self, operation: Operation) -> None:
        while (first := self._queue[0]) is not operation and not operation.stopping:
            operation.wait_behind(first)
            moved, stopped = asyncio.create_task(self._next_move()), asyncio.create_task(operation.stopped())
            try:
                await asyncio.wait({moved, stopped}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                moved.cancel()
                stopped.cancel()

    async def _next_move(self) -> None:
        async with self._moved:
            await self._moved.wait()
