"""The listening port, with limits for clients that connect and then say little or nothing.

aiohttp (3.14) waits for the headers of a request without an end; whoever holds connections open so (slowloris) would in
the end have all that the process may open.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler

from bot.runtime.periodic import FailureLog, Interval, background, repeat
from bot.runtime.server_header import left_out

_LOG = logging.getLogger("jhub_bot.teams.listening")
_UNCLOSED: Final = "connections that wait without a request are not closed"
_FAILURES: Final = FailureLog(_LOG, _UNCLOSED, _UNCLOSED)

# In seconds: Bot Framework sends its headers in one packet, and keeps connections for its next activity.
_HEADERS_WITHIN: Final = 10.0
_IDLE: Final = 75.0
_MOST: Final = 1_000
# Loopback connections of a Ctrl-C'd demo need no long farewell.
_SHUTDOWN: Final = 5.0


@dataclass(frozen=True)
class Patience:
    """Seconds to wait for headers and for a further request, and the most connections at once."""

    headers: float = _HEADERS_WITHIN
    idle: float = _IDLE
    most: int = _MOST


@contextlib.asynccontextmanager
async def listening(app: web.Application, host: str, port: int, patience: Patience | None = None) -> AsyncIterator[str]:
    """Serve on `port`, any free one if 0, while the block lasts; yield the address. Raise OSError for a taken port."""
    waiting = _Waiting(patience or Patience())
    app.middlewares.append(waiting.track)
    # Nothing compressed is taken, so nothing is unpacked: what claims to be compressed and is not would be an error.
    runner = web.AppRunner(
        left_out(app), access_log=None, shutdown_timeout=_SHUTDOWN, logger=_quiet(), auto_decompress=False
    )
    await runner.setup()
    try:
        async with background(waiting.watch(runner), name="waiting connections"):
            await web.TCPSite(runner, host, port).start()
            yield f"http://{host}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@dataclass
class _Waiting:
    """Connections that wait for a request, and since when."""

    patience: Patience
    _busy: set[asyncio.BaseTransport] = field(default_factory=set)
    # Since when, and until when at most.
    _deadlines: dict[asyncio.BaseTransport, float] = field(default_factory=dict)

    @web.middleware
    async def track(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Keep track of the connections around every request: a middleware."""
        transport = request.transport
        if transport is None:
            return await handler(request)
        self._busy.add(transport)
        try:
            return await handler(request)
        finally:
            self._busy.discard(transport)
            self._deadlines[transport] = time.monotonic() + self.patience.idle

    async def watch(self, runner: web.AppRunner) -> None:
        """Close what has waited for too long, and the first ones to be closed where there are too many."""
        seconds = min(1.0, self.patience.headers / 2)

        async def close() -> None:
            server = runner.server
            open_now = [] if server is None else [c.transport for c in server.connections if c.transport is not None]
            for transport in self._too_long(open_now):
                transport.abort()

        await repeat(close, Interval(seconds, first=seconds), _FAILURES)

    def _too_long(self, transports: list[asyncio.Transport]) -> list[asyncio.Transport]:
        now = time.monotonic()
        first = now + self.patience.headers
        self._deadlines = {one: self._deadlines.get(one, first) for one in transports}
        waiting = sorted((one for one in transports if one not in self._busy), key=lambda one: self._deadlines[one])
        surplus = max(0, len(transports) - self.patience.most)
        late = [one for number, one in enumerate(waiting) if number < surplus or self._deadlines[one] <= now]
        if late:
            _LOG.warning("closed %d connections that waited without a request", len(late))
        return late


def _quiet() -> logging.Logger:
    """Return a log for aiohttp in which what is no HTTP, or breaks off, takes one line: anybody can send it."""
    logger = logging.getLogger("jhub_bot.teams.http")
    if not logger.filters:
        logger.addFilter(_without_trace)
    return logger


def _without_trace(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, HttpProcessingError):
        record.msg, record.args = "what arrived is not an HTTP request: %d", (error.code,)
        record.exc_info, record.exc_text = None, None
        record.levelno, record.levelname = logging.WARNING, "WARNING"
    elif isinstance(error, web.RequestPayloadError | ConnectionError):
        record.msg, record.args = "a client hung up: %s", (type(error).__name__,)
        record.exc_info, record.exc_text = None, None
        record.levelno, record.levelname = logging.INFO, "INFO"
    return True
