"""GET /metrics, on a port of its own: whoever reads it learns what the bot does, so it is never the public one."""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

from aiohttp import web

from bot.alerts.lifecycle import Alert, AlertState
from bot.alerts.repository import Alerts
from bot.changes.model import ChangeRequest, State
from bot.changes.repository import Changes
from bot.runtime.periodic import background
from bot.runtime.server_header import left_out
from bot.telemetry.metrics import CONTENT_TYPE, Metrics
from clients.errors import Unavailable

# How often the event loop's lag is looked at, and how long the store may take to say what is open, in seconds.
_EVERY: Final = 0.5
_WITHIN: Final = 2.0

Records = tuple[Changes, Alerts]
"""What a hub's changes and alerts are asked of."""


@asynccontextmanager
async def exposed(
    metrics: Metrics, records: Mapping[str, Records], now: Callable[[], datetime], *, host: str, port: int
) -> AsyncIterator[None]:
    """Serve the metrics while the block lasts. Raise OSError for a port that is taken."""
    app = web.Application()
    app.router.add_get("/metrics", _Exposition(metrics, records, now).get)
    runner = web.AppRunner(left_out(app), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        async with background(_lag(metrics), name="event loop lag"):
            await web.TCPSite(runner, host, port).start()
            with _counted(metrics):
                yield
    finally:
        await runner.cleanup()


class _Exposition:
    """Handler of GET /metrics. Counters are at hand; what is open is asked of the store, which all replicas share."""

    def __init__(self, metrics: Metrics, records: Mapping[str, Records], now: Callable[[], datetime]) -> None:
        self._metrics = metrics
        self._records = records
        self._now = now

    async def get(self, _: web.Request) -> web.Response:
        await self._look()
        return web.Response(body=self._metrics.text(), headers={"Content-Type": CONTENT_TYPE})

    async def _look(self) -> None:
        # Numbers of earlier would be taken for those of now.
        self._metrics.changes.clear()
        self._metrics.alerts.clear()
        try:
            async with asyncio.timeout(_WITHIN):
                for hub, (changes, alerts) in self._records.items():
                    self._count(hub, await changes.open(), await alerts.current(self._now()))
        except (TimeoutError, Unavailable):
            self._metrics.store_up.set(0)
            return
        self._metrics.store_up.set(1)

    def _count(self, hub: str, changes: Sequence[ChangeRequest], alerts: Sequence[Alert]) -> None:
        states = Counter(one.state for one in changes)
        for state in State:
            if state is not State.ENDED:
                self._metrics.changes.labels(hub, state.value).set(states[state])
        for alert in alerts:
            if alert.stage is AlertState.OPEN:
                self._metrics.alerts.labels(hub, alert.watcher, alert.severity.title).inc()


async def _lag(metrics: Metrics) -> None:
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + _EVERY
        await asyncio.sleep(_EVERY)
        metrics.lag.observe(max(0.0, loop.time() - due))


@contextlib.contextmanager
def _counted(metrics: Metrics) -> Iterator[None]:
    """Count log records by level, whatever becomes of their text."""
    handler = _Counting(metrics)
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)


class _Counting(logging.Handler):
    def __init__(self, metrics: Metrics) -> None:
        super().__init__(logging.WARNING)
        self._metrics = metrics

    def emit(self, record: logging.LogRecord) -> None:
        level = "warning" if record.levelno < logging.ERROR else "error"
        self._metrics.logged.labels(level).inc()
