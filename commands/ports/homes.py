"""How far people may go with homes, by the bot's settings."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class HomeLimits:
    """The limits. Up to `size` bytes and `factor` times what it has, one operator may enlarge a home; 0 for no limit.

    `ask_pause` is how long somebody whose request for a larger home was decided waits before the next one.
    """

    size: int = 100 * 2**30
    factor: int = 4
    ask_pause: timedelta = timedelta(days=1)
