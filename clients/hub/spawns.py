"""How often servers started, failed to start, or were turned away: the hub's own counters, and their growth.

`jupyterhub_server_spawn_duration_seconds` of /hub/metrics counts by its label `status` (JupyterHub 5.5: success,
failure, already-pending, throttled, too-many-users); JupyterHub 6.1 says success, failure or error, and beside that a
`reason`. A counter begins at 0 with each hub process, when `…_created` says.
"""

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final

# Its prefix can be configured (JUPYTERHUB_METRICS_PREFIX). A line of the text format, bounded.
_SAMPLE: Final = re.compile(
    r"^\w{0,60}server_spawn_duration_seconds_(?P<what>count|created)"
    r"\{(?P<labels>[^}\n]{1,300})\} (?P<value>[\d.eE+]{1,40})",
    re.MULTILINE,
)
_LABEL: Final = re.compile(r'(\w{1,40})="([^"\n]{0,200})"')
# Of 6.1's reasons the ones that are no failure, or are counted again once the start itself has failed.
_NO_FAILURE: Final = frozenset({"already-pending", "exited"})
_TURNED_AWAY: Final = frozenset({"throttled", "too-many-users"})
_FAILED: Final = frozenset({"failure", "error"})
# Older readings than that answer no question.
_KEPT: Final = timedelta(hours=1)
_MOST: Final = 500


@dataclass(frozen=True)
class SpawnCounts:
    """Counts of starts: succeeded, failed, and turned away by a limit of the hub."""

    started: int = 0
    failed: int = 0
    turned_away: int = 0

    def __add__(self, other: "SpawnCounts") -> "SpawnCounts":
        """Return the sum of both."""
        return SpawnCounts(
            self.started + other.started, self.failed + other.failed, self.turned_away + other.turned_away
        )


@dataclass(frozen=True)
class SpawnReading:
    """The counters at a moment. `began` is when they began at 0, None if that is not said."""

    at: datetime
    counts: SpawnCounts
    began: datetime | None = None

    @classmethod
    def from_text(cls, metrics: str, at: datetime) -> "SpawnReading":
        """Return the counters of a text of /hub/metrics; zeros where it has none."""
        counts, began = SpawnCounts(), None
        for what, labels, value in _samples(metrics):
            if what == "count":
                counts += _counted(labels.get("status", ""), labels.get("reason", ""), int(value))
            elif labels.get("status") == "success":
                began = _moment(value)
        return cls(at, counts, began)


class SpawnHistory:
    """The readings of the last hour, in the memory of this process, and how much the counters grew."""

    def __init__(self) -> None:
        self._readings: deque[SpawnReading] = deque(maxlen=_MOST)

    def keep(self, reading: SpawnReading) -> None:
        """Remember a reading, later than those before."""
        while self._readings and reading.at - self._readings[0].at > _KEPT:
            self._readings.popleft()
        self._readings.append(reading)

    def growth(self, within: timedelta) -> SpawnCounts:
        """Return what was counted between the first reading of the last `within` and the last one.

        What a hub counted before it was restarted is lost as far as nobody read it. Counters that began within that
        time count whole, so that one reading is enough then.
        """
        if not self._readings:
            return SpawnCounts()
        begin = self._readings[-1].at - within
        return grown([one for one in self._readings if one.at >= begin], begin)


def grown(readings: Sequence[SpawnReading], begin: datetime) -> SpawnCounts:
    """Return the growth over readings in order of time. Pure."""
    first, total = readings[0], SpawnCounts()
    if first.began is not None and first.began >= begin:
        total += first.counts
    for earlier, later in pairwise(readings):
        total += _between(earlier, later)
    return total


def _between(earlier: SpawnReading, later: SpawnReading) -> SpawnCounts:
    old, new = earlier.counts, later.counts
    restarted = earlier.began != later.began or any(
        now < then
        for then, now in ((old.started, new.started), (old.failed, new.failed), (old.turned_away, new.turned_away))
    )
    if restarted:
        return new
    return SpawnCounts(new.started - old.started, new.failed - old.failed, new.turned_away - old.turned_away)


def _samples(metrics: str) -> Iterator[tuple[str, dict[str, str], float]]:
    for found in _SAMPLE.finditer(metrics):
        try:
            value = float(found["value"])
        except ValueError:
            continue
        if 0 <= value < 2**53:
            yield found["what"], dict(_LABEL.findall(found["labels"])), value


def _counted(status: str, reason: str, number: int) -> SpawnCounts:
    if status == "success":
        return SpawnCounts(started=number)
    if {status, reason} & _TURNED_AWAY:
        return SpawnCounts(turned_away=number)
    if status in _FAILED and reason not in _NO_FAILURE:
        return SpawnCounts(failed=number)
    return SpawnCounts()


def _moment(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
