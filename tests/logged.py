"""What is logged while a test runs, and nothing of it later."""

import contextlib
import logging
from collections.abc import Iterator

# `bot.telemetry.logs.begin` sets all that a program logs: these, and where warnings go.
_SET = ("", "jhub_bot")


@contextlib.contextmanager
def undone() -> Iterator[None]:
    """Levels, handlers and where warnings go are at the end what they were at the beginning."""
    loggers = [logging.getLogger(name) for name in _SET]
    before = [(one, one.level, list(one.handlers)) for one in loggers]
    try:
        yield
    finally:
        logging.captureWarnings(capture=False)
        for one, level, handlers in before:
            one.setLevel(level)
            one.handlers[:] = handlers
