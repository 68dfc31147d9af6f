"""Findings, which say that something is wrong now, and the watchers that make them."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import IntEnum

from cards.views import Button, Fact
from commands.ports.context import Reads


class Severity(IntEnum):
    """Severity of a finding. CRITICAL: people cannot work, or soon cannot; it is reported at any hour."""

    NOTE = 1
    WARNING = 2
    CRITICAL = 3

    @property
    def title(self) -> str:
        """The severity as a word: "critical"."""
        return self.name.lower()


@dataclass(frozen=True)
class Finding:
    """Something that is wrong now. `key` identifies the problem: it stays the same for as long as the problem does.

    Findings of one watcher with the same `group` are one alert, whose key is the group: a storm is one card. Its title
    is `several`, with {count} for how many there are, and `subjects` of all are listed. `step` (0 to 99) grows where it
    becomes worse without another severity: that is reported in a message too. A finding holds no secret: it is stored
    and shown.
    """

    key: str
    severity: Severity
    title: str
    cause: str
    facts: tuple[Fact, ...] = ()
    advice: tuple[str, ...] = ()
    buttons: tuple[Button, ...] = ()
    subjects: tuple[str, ...] = ()
    group: str = ""
    several: str = ""
    step: int = 0

    @property
    def weight(self) -> int:
        """Severity and step as one number: an alert that has become heavier is reported again."""
        return self.severity * 100 + self.step


@dataclass(frozen=True)
class Watcher:
    """Check that runs every `every`: `look` is a function from what can be read to what is wrong.

    `look` raises Unavailable where the system does not answer; that is a finding of its own then. A problem is reported
    once it has lasted for `dwell`, and is over once it has been gone for `clear`. With `by_cluster` it also looks, at
    most once a second, whenever something changed in Kubernetes. `outside` says that it looks at nothing in the
    cluster: it goes on while that is stopped on purpose.
    """

    name: str
    look: Callable[[Reads], Awaitable[Sequence[Finding]]]
    every: timedelta
    dwell: timedelta
    clear: timedelta
    by_cluster: bool = False
    outside: bool = False

    def paced(self, pace: float) -> "Watcher":
        """Return the same watcher `pace` times as fast, for a demonstration in which nobody waits for minutes."""
        return replace(self, every=self.every / pace, dwell=self.dwell / pace, clear=self.clear / pace)
