"""The home of the hub's values, from settings to a client."""

from bot.config import Settings
from clients.helm import Releases
from clients.values import ReleaseHome

ValuesHome = ReleaseHome


def values_of(settings: Settings, releases: Releases) -> ValuesHome:
    """Where the values are written down."""
    del settings
    return ReleaseHome(releases.deployed, releases.current)
