"""A change at work: `commands.framework.command.Steps` for its `apply`.

Each step is recorded, shown, and can be the last. What is recorded of a step is found again by its number and title.
"""

import asyncio
import contextlib
import json
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, ParamSpec, TypeVar

from bot.audit.entry import AuditEvent
from bot.changes.model import ChangeRequest
from bot.changes.ports import Record
from bot.changes.repository import Changes
from bot.changes.serialization import dump, returned
from bot.changes.step_results import EXPECTED_ERRORS, error_record, restored_result
from bot.chat.platform import Person, Posted
from bot.instrumentation.spans import span
from bot.runtime.wakeup import Wakeup
from bot.store.write_outage import cannot_write
from cards.pages import all_pages, one_page
from cards.views import Button, ButtonStyle, Fact, Failure, Notice, Progress, StepLine, StepState, Tone, View
from clients.errors import Forbidden, Unavailable
from commands.framework.command import AnyChange, Renamed
from commands.ports.context import Caller, Reads, Writes
from commands.timing.durations import spoken

_LOG = logging.getLogger("jhub_bot.operations")


# How often a card is edited for the clock alone, in seconds; everything that happens is shown sooner.
_TICK: Final = 5.0


# How often it is looked whether another replica was asked to stop this.
_LOOK: Final = 1.0


# After how many seconds a step is begun again that could not write.
_AGAIN: Final = 2.0
# How long after a step its end is shown, in seconds, unless something else shows it.
_SETTLES: Final = 0.5


WAITS: Final = "Waiting: the bot cannot write its records or to its disk."


_STANDING: Final = {
    StepState.DONE: ("done", Tone.GOOD),
    StepState.FAILED: ("not confirmed as done", Tone.BAD),
}


_SAFE: Final = "Finished steps stay done. It is safe to type the same command again: it is planned anew."


P = ParamSpec("P")


ResultT = TypeVar("ResultT")


class _CannotWriteError(Exception):
    """A step could not be done because nothing can be written now."""


async def on_record(
    durable: Record, name: str, action: Callable[[], Awaitable[str]], waits: Callable[[], object]
) -> str:
    """Run a recorded step. `waits` is called where it cannot be recorded, before it is begun or after it is done."""
    loop = asyncio.get_running_loop()
    calls = [loop.call_later(_AGAIN, waits)]

    async def begun() -> str:
        calls.pop().cancel()
        try:
            return await action()
        finally:
            calls.append(loop.call_later(_AGAIN, waits))

    try:
        return await durable.step(name, begun)
    finally:
        calls.pop().cancel()


@dataclass
class Execution:
    """One change at work, shown on `card`. `now` is the clock; `note` writes an entry of the trail."""

    operation: str
    title: str
    requester: Person
    change: AnyChange
    caller: Caller
    reads: Reads
    writes: Writes
    card: Posted
    now: Callable[[], datetime]
    durable: Record
    changes: Changes
    note: Callable[[AuditEvent, str, dict[str, str]], Awaitable[None]]
    bell: Wakeup
    post: Callable[[View], Awaitable[object]]
    _steps: list[StepLine] = field(default_factory=list)
    _details: tuple[str, ...] = ()
    _warnings: dict[str, None] = field(default_factory=dict)
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _stopped_by: str = ""
    _open: bool = True
    _started: datetime | None = None

    async def step(
        self, title: str | Renamed, action: Callable[P, Awaitable[ResultT]], *args: P.args, **kwargs: P.kwargs
    ) -> ResultT:
        """Run one step, or return its recorded result, and show how it goes. Raise what fails the step."""
        return await self._run(title, lambda: action(*args, **kwargs), returned(action))

    async def cleanup(
        self, title: str, action: Callable[P, Awaitable[ResultT]], *args: P.args, **kwargs: P.kwargs
    ) -> ResultT:
        """Run a step as `step` does, also once somebody has asked to stop."""
        return await self._run(title, lambda: action(*args, **kwargs), returned(action), always=True)

    async def _run(
        self,
        title: str | Renamed,
        action: Callable[[], Awaitable[ResultT]],
        kind: Any,  # noqa: ANN401 - a type hint
        *,
        always: bool = False,
    ) -> ResultT:
        number, began = len(self._steps) + 1, self.now()
        title, kept = (title.title, title.record) if isinstance(title, Renamed) else (title, title)
        self._steps.append(StepLine(title, StepState.RUNNING))
        self.show()
        state = StepState.FAILED
        try:
            record = await on_record(
                self.durable,
                f"{number}. {kept}",
                lambda: self._recorded(number, title, action, kind, always=always),
                lambda: self.tell(WAITS),
            )
            result: ResultT = restored_result(json.loads(record), kind)
            state = StepState.DONE
        finally:
            self._steps[number - 1] = StepLine(title, state, spoken(self.now() - began))
            self._details = ()
            # Mostly the next step or the end is shown at once, and Teams would have that wait behind this edit.
            asyncio.get_running_loop().call_later(_SETTLES, self.show)
        return result

    async def _recorded(
        self,
        number: int,
        title: str,
        action: Callable[[], Awaitable[object]],
        kind: Any,  # noqa: ANN401 - a type hint
        *,
        always: bool,
    ) -> str:
        """Run a step and return its result or its failure, as JSON. Raise nothing.

        While the bot cannot write, to its records or to its disk, nothing goes on: the step is begun again, which does
        nothing twice.
        """
        while True:
            try:
                return await self._done(number, title, action, kind, always=always)
            except _CannotWriteError as error:
                _LOG.warning("operation=%s step %d waits: %s", self.operation, number, error)
                self.tell(WAITS)
                await asyncio.sleep(_AGAIN)

    async def _done(
        self,
        number: int,
        title: str,
        action: Callable[[], Awaitable[object]],
        kind: Any,  # noqa: ANN401 - a type hint
        *,
        always: bool,
    ) -> str:
        try:
            by = await self.changes.at_step(self.operation, title)
            if by and not always:
                return json.dumps({"stopped": by})
            await self.note(AuditEvent.STEP, f"step {number}", {"step": title})
            # The title may name somebody: its number tells which step it is.
            with span("step", number=str(number)):
                return json.dumps({"result": dump(kind, await action())}, ensure_ascii=False)
        except EXPECTED_ERRORS as error:
            if cannot_write(error):
                raise _CannotWriteError(str(error)) from error
            return json.dumps(error_record(error), ensure_ascii=False)
        except Exception as error:
            if cannot_write(error):
                raise _CannotWriteError("there is no room on the disk") from error
            reference = secrets.token_hex(4)
            _LOG.exception("reference=%s operation=%s step=%r failed", reference, self.operation, title)
            return json.dumps({"broken": reference})

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

    async def announce(self, view: Notice) -> None:
        """Post a message of its own where the change was asked for."""
        for page in all_pages(view):
            await self.post(page)

    @property
    def stopping(self) -> bool:
        """True once somebody asked to stop."""
        return self._stop.is_set()

    async def stopped(self) -> None:
        """Return once somebody asks to stop."""
        await self._stop.wait()

    def stop(self, name: str) -> None:
        """Heed that somebody asked to stop."""
        self._stopped_by = self._stopped_by or name
        self._stop.set()
        self.show()

    def view(self) -> Progress:
        """Return how it stands now."""
        details = self._details
        if self.stopping:
            details = (f"{self._stopped_by} asked to stop. Stopping at the next safe point …", *details)
        return Progress(
            self.title,
            self.requester.name,
            tuple(self._steps),
            details,
            tuple(self._warnings),
            spoken(self.now() - self._started) if self._started else "",
            () if self.stopping else (_stop_button(self.operation),),
        )

    def after_stop(self) -> Failure:
        """Return what to show when it was stopped between two steps."""
        done = [step.title for step in self._steps if step.state is StepState.DONE]
        what = f"Done before that: {', '.join(done)}." if done else "It had not started. Nothing was done."
        return Failure(f"Stopped: {self.title}", f"{self._stopped_by or 'Somebody'} asked to stop. {what}")

    def unfinished(self, error: Exception, view: View) -> View:
        """Return what to show of an error that the command did not deal with: `view` where nothing was begun yet."""
        if not self._steps:
            return view
        steps = tuple(Fact(step.title, *_STANDING[step.state]) for step in self._steps)
        reference = view.reference if isinstance(view, Failure) else ""
        cause = "This is a bug. The details are in the bot’s log." if reference else _sentence(error)
        last = error.remedy if isinstance(error, Forbidden) else "/jhub status shows what still answers."
        return Failure(f"Not finished: {self.title}", cause, steps, (_SAFE, last), reference)

    def show(self) -> None:
        """Bring the card up to date, soon."""
        if self._open:
            self.card.update(one_page(self.view(), 1, (("id", self.operation),)))

    def wait_behind(self, other: ChangeRequest) -> None:
        """Show what has to end first."""
        self._steps = [StepLine(f"Waiting for “{other.title}” by {other.requester.name} to finish", StepState.WAITING)]
        self.show()

    def wait_blindly(self) -> None:
        """Show that nobody can tell whose turn it is."""
        self._steps = [StepLine("Waiting: the bot cannot read its own queue", StepState.WAITING)]
        self.show()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Show the work while it lasts, the clock included, and hear who asks to stop."""
        self._started, self._steps = self.now(), []
        self.show()
        beside = [asyncio.create_task(self._tick()), asyncio.create_task(self.hear())]
        try:
            yield
        except asyncio.CancelledError:
            self.tell("The bot is restarting. This continues when it is back.")
            raise
        finally:
            self._open = False
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK)
            self.show()

    async def hear(self) -> None:
        """Heed a request to stop, to whichever replica it was made."""
        while not self.stopping:
            with contextlib.suppress(Unavailable):
                known = await self.changes.get(self.operation)
                if known is not None and known.stopped_by:
                    self.stop(known.stopped_by)
                    return
            await self.bell.wait(_LOOK)


def _sentence(error: Exception) -> str:
    text = str(error)
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _stop_button(operation: str) -> Button:
    return Button("Stop", "stop", (("id", operation),), ButtonStyle.DESTRUCTIVE)
