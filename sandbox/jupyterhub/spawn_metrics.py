"""The hub's counters of starts, as JupyterHub 5.5 serves them at /hub/metrics (`metrics.py`, by prometheus_client).

They begin at 0 with each process of the hub.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

SUCCESS, FAILURE, TOO_MANY_USERS = "success", "failure", "too-many-users"
_STATUSES: Final = (SUCCESS, FAILURE, "already-pending", "throttled", TOO_MANY_USERS)
_NAME: Final = "jupyterhub_server_spawn_duration_seconds"
_HELP: Final = "Time taken for server spawning operation"
_BUCKETS: Final = (0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 180.0, 300.0, 600.0, float("inf"))


class SpawnCounters:
    """The durations of starts by their outcome, of the hub's present process."""

    def __init__(self) -> None:
        self._process = ""
        self._began: datetime | None = None
        self._seconds: dict[str, list[float]] = {status: [] for status in _STATUSES}

    def observe(self, status: str, seconds: float = 0.05) -> None:
        """Count one start."""
        self._seconds[status].append(seconds)

    def begin(self, process: str, now: datetime) -> None:
        """Begin at 0 if another process of the hub runs than before."""
        if self._began is None:
            self._process, self._began = process, now
        elif process != self._process:
            self._process, self._began = process, now
            self._seconds = {status: [] for status in _STATUSES}

    def lines(self) -> Iterator[str]:
        """Yield the lines of the text format."""
        yield f"# HELP {_NAME} {_HELP}"
        yield f"# TYPE {_NAME} histogram"
        for status, seconds in self._seconds.items():
            for most in _BUCKETS:
                count = sum(one <= most for one in seconds)
                edge = "+Inf" if most == float("inf") else str(most)
                yield f'{_NAME}_bucket{{le="{edge}",status="{status}"}} {float(count)}'
            yield f'{_NAME}_count{{status="{status}"}} {float(len(seconds))}'
            yield f'{_NAME}_sum{{status="{status}"}} {sum(seconds)}'
        yield f"# HELP {_NAME}_created {_HELP}"
        yield f"# TYPE {_NAME}_created gauge"
        began = self._began.timestamp() if self._began else 0.0
        for status in _STATUSES:
            yield f'{_NAME}_created{{status="{status}"}} {began!r}'
