"""Metrics in Prometheus' form. Labels have closed lists of values: docs/telemetry.md.

Only metrics that are switched on import this: prometheus_client takes its time.
"""

import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib.metadata import version
from typing import Final

import prometheus_client as prometheus
from prometheus_client import GC_COLLECTOR, CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from bot.instrumentation.meter import Meter
from bot.instrumentation.outcomes import Outcome
from clients.instrumentation import Call

# A series for when each counter began would double them, and nobody asks for it.
prometheus.disable_created_metrics()  # type: ignore[no-untyped-call] # not annotated there

_QUICK: Final = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_WORK: Final = (1, 5, 15, 30, 60, 120, 300, 600, 1200, 3600)
_PATIENCE: Final = (5, 15, 60, 300, 900, 1800, 3600)
_CALLS: Final = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300)
_LAGS: Final = (0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5)


class Metrics:
    """Registry of its own with every metric in it."""

    def __init__(self, replica: str) -> None:
        self.registry = of = CollectorRegistry()
        self.commands = Counter(
            "jhub_bot_commands",
            "Requests that have ended, including changes.",
            ["hub", "command", "result"],
            registry=of,
        )
        self.command_seconds = Histogram(
            "jhub_bot_command_duration_seconds",
            "Time from a query's arrival to its answer.",
            ["hub", "command"],
            buckets=_QUICK,
            registry=of,
        )
        self.planning_seconds = Histogram(
            "jhub_bot_planning_duration_seconds",
            "Time to plan a change.",
            ["hub", "command"],
            buckets=_QUICK,
            registry=of,
        )
        self.asked_for = Counter(
            "jhub_bot_approvals_asked", "Approvals and confirmations asked for.", ["hub", "kind"], registry=of
        )
        self.waited = Histogram(
            "jhub_bot_approval_wait_seconds",
            "Time from asking for an approval or a confirmation to its outcome.",
            ["hub", "kind", "result"],
            buckets=_PATIENCE,
            registry=of,
        )
        self.work_seconds = Histogram(
            "jhub_bot_operation_duration_seconds",
            "Running time of changes, in this process.",
            ["hub", "command", "outcome"],
            buckets=_WORK,
            registry=of,
        )
        self.changes = Gauge(
            "jhub_bot_changes", "Changes that have not ended, by state.", ["hub", "state"], registry=of
        )
        self.alerts = Gauge(
            "jhub_bot_alerts_open", "Alerts that are open.", ["hub", "watcher", "severity"], registry=of
        )
        self.alerts_posted = Counter(
            "jhub_bot_alerts_posted", "Alert cards posted.", ["hub", "watcher", "severity"], registry=of
        )
        self.calls = Counter(
            "jhub_bot_calls", "Calls to outside systems, including Teams.", ["system", "method", "code"], registry=of
        )
        self.call_seconds = Histogram(
            "jhub_bot_call_duration_seconds",
            "Time until an outside system answered or failed to.",
            ["system"],
            buckets=_CALLS,
            registry=of,
        )
        self.lag = Histogram("jhub_bot_event_loop_lag_seconds", "Delay of the event loop.", buckets=_LAGS, registry=of)
        self.logged = Counter("jhub_bot_log_records", "Log records by level.", ["level"], registry=of)
        self.store_up = Gauge("jhub_bot_store_up", "Whether the bot's store answered at the last check.", registry=of)
        self.about = Gauge(
            "jhub_bot_build_info",
            "The version of the bot and of Python, and the replica.",
            ["version", "python", "replica"],
            registry=of,
        )
        self.about.labels(version("jhub-teams-bot"), platform.python_version(), replica).set(1)
        ProcessCollector(registry=of)
        of.register(GC_COLLECTOR)

    def of(self, hub: str) -> Meter:
        """Return the meter of one hub's work."""
        return _Counted(self, hub)

    @contextmanager
    def calling(self, call: Call) -> Iterator[None]:
        """Count one call: an observer for `clients.instrumentation`."""
        began = time.monotonic()
        try:
            yield
        finally:
            self.calls.labels(call.system, call.method, call.code or "failed").inc()
            self.call_seconds.labels(call.system).observe(time.monotonic() - began)

    def text(self) -> bytes:
        """Return all of it, in Prometheus' text format (`CONTENT_TYPE`)."""
        return prometheus.generate_latest(self.registry)


CONTENT_TYPE: Final = prometheus.CONTENT_TYPE_LATEST


class _Counted(Meter):
    """Meter of one hub's work."""

    def __init__(self, metrics: Metrics, hub: str) -> None:
        self._metrics = metrics
        self._hub = hub

    def answered(self, command: str, outcome: Outcome, seconds: float) -> None:
        """Count a message that was answered, this long after it came."""
        self.ended(command, outcome)
        self._metrics.command_seconds.labels(self._hub, command or "none").observe(seconds)

    def planned(self, command: str, seconds: float) -> None:
        """Count a change that was planned, which took this long, or was refused by then."""
        self._metrics.planning_seconds.labels(self._hub, command).observe(seconds)

    def asked(self, kind: str) -> None:
        """Count a question to somebody."""
        self._metrics.asked_for.labels(self._hub, kind).inc()

    def decided(self, kind: str, result: str, waited: timedelta) -> None:
        """Count an answer, and the time that it took."""
        self._metrics.waited.labels(self._hub, kind, result).observe(max(0.0, waited.total_seconds()))

    def ended(self, command: str, outcome: Outcome) -> None:
        """Count a change that has ended."""
        self._metrics.commands.labels(self._hub, command or "none", outcome.value).inc()

    def worked(self, command: str, outcome: Outcome, seconds: float) -> None:
        """Count a change that was at work for this long."""
        self._metrics.work_seconds.labels(self._hub, command, outcome.value).observe(seconds)

    def posted(self, watcher: str, severity: str) -> None:
        """Count an alert's card that was posted."""
        self._metrics.alerts_posted.labels(self._hub, watcher, severity).inc()
