"""How the bot logs, and what it keeps others from logging."""

import logging
import sys
from typing import Final

_FORMAT: Final = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
_OURS: Final = "jhub_bot"


def set_up(level: str) -> None:
    """Log to standard error from `level` on: debug, info, warning or error.

    Libraries log warnings at most: below that some write down what they send and receive, with Secrets and tokens in
    it (azure-core its answers' headers at INFO).
    """
    logging.basicConfig(format=_FORMAT, stream=sys.stderr)
    logging.getLogger().setLevel(max(logging.WARNING, _number(level)))
    logging.getLogger(_OURS).setLevel(_number(level))


def _number(level: str) -> int:
    return logging.getLevelNamesMapping()[level.upper()]
