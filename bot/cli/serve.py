"""`jhub-bot serve`: the bot until it is told to stop."""

import asyncio
import logging
import os
import signal
import threading
from typing import Final

from bot.config.settings import Settings
from bot.config.types import ConfigError
from bot.runtime.gc_tuning import loaded
from bot.wiring.application import running

_LOG = logging.getLogger("jhub_bot.serve")

# Whoever asked the bot to end waits for so many seconds at most, whatever a system outside does meanwhile. All that is
# not finished is on record, and the next start goes on with it, as after a crash.
_AT_MOST: Final = 15.0


async def serve(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT. Return the exit status: 0, or 2 where it could not begin.

    The process ends within `_AT_MOST` seconds of the signal, also while it is still beginning.
    """
    stop = stop_event()
    hurrying = asyncio.create_task(_hurried(stop), name="end in time")
    try:
        async with running(settings) as bot:
            _LOG.info("listening on %s", bot.url)
            await asyncio.to_thread(bot.load)
            loaded()
            await stop.wait()
            _LOG.info("stopping")
    except ConfigError as error:
        _LOG.error("the configuration cannot be used: %s", error)
        return 2
    except OSError as error:
        _LOG.error("cannot listen on port %d: %s", settings.teams.port, error.strerror)
        return 2
    finally:
        if not stop.is_set():
            hurrying.cancel()
    return 0


async def _hurried(stop: asyncio.Event) -> None:
    """Make sure that the process ends after the signal: a thread may wait where nobody can call it back."""
    await stop.wait()
    timer = threading.Timer(_AT_MOST, _leave)
    timer.daemon = True
    timer.start()


def _leave() -> None:
    _LOG.error("not everything could be ended within %.0f s: the next start goes on with it", _AT_MOST)
    logging.shutdown()
    os._exit(0)


def stop_event(*further: signal.Signals) -> asyncio.Event:
    """Return an event that SIGTERM, SIGINT and the `further` signals set."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, *further):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop
