"""`jhub-bot serve`: the bot until it is told to stop."""

import asyncio
import logging
import signal

from bot.cli.memory import loaded
from bot.config import ConfigError, Settings
from bot.main import running

_LOG = logging.getLogger("jhub_bot.serve")


async def serve(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT; the exit status: 0, or 2 where it could not begin."""
    stop = stop_event()
    try:
        async with running(settings) as bot:
            loaded()
            _LOG.info("listening on %s", bot.url)
            await stop.wait()
            _LOG.info("stopping")
    except ConfigError as error:
        _LOG.error("the configuration cannot be used: %s", error)
        return 2
    except OSError as error:
        _LOG.error("cannot listen on port %d: %s", settings.teams.port, error.strerror)
        return 2
    return 0


def stop_event() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop
