"""The changes that this process carries at the moment: who waits, what is at work, and the bell that wakes them.

Everything here lives in memory; after a restart the durable workflows register again.
"""

from bot.changes.emergency_delay import Countdown
from bot.changes.execution import Execution
from bot.runtime.wakeup import Wakeup


class RunningChanges:
    """A registry of the changes in this process, by id. Whoever starts, shows or stops changes shares one.

    `bell` rings when a change may have moved on, `countdowns` are the delays of emergencies that wait, and
    `executions` the changes that are at work or wait for their turn.
    """

    def __init__(self) -> None:
        self.bell = Wakeup()
        self.countdowns: dict[str, Countdown] = {}
        self.executions: dict[str, Execution] = {}
        self._active: set[str] = set()
        self._idle: set[str] = set()

    @property
    def busy(self) -> bool:
        """True while anything runs that somebody waits for; a change that waits for its approval does not count."""
        return bool(self._active - self._idle)

    def begin(self, change: str) -> None:
        """Register a change."""
        self._active.add(change)

    def rest(self, change: str) -> None:
        """Note that the change waits for people."""
        self._idle.add(change)

    def resume(self, change: str) -> None:
        """Note that the change waits for nobody any more."""
        self._idle.discard(change)

    def end(self, change: str) -> None:
        """Drop a change."""
        self._active.discard(change)
        self._idle.discard(change)
        self.executions.pop(change, None)

    def wake(self, change: str) -> None:
        """Have a change that waits look again, now: somebody has answered it, or asked to stop it."""
        self.resume(change)
        self.bell.ring()
