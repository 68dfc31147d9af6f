"""The Prometheus of a sandbox: scrapes what its targets expose, for as long as it runs."""

import secrets
from collections.abc import Callable, Mapping
from typing import Final

from sandbox.clock import Clock
from sandbox.prometheus.time_series import Labels, TimeSeries

INTERVAL: Final = 15.0
FAULTS: Final = ("", "absent", "slow", "denied", "partial", "bare", "wrong")
"""How it can be at fault: `bare` keeps no metrics of volumes, as with a keep list that does not name them."""


class Prometheus:
    """One Prometheus: its series, the token that it accepts, and what is wrong with it.

    `target` returns what is exposed now, by labels with the metric's name.
    """

    def __init__(self, clock: Clock, target: Callable[[], Mapping[Labels, float]]) -> None:
        self.clock = clock
        self.series = TimeSeries(INTERVAL)
        self.token = f"sandbox-prometheus-{secrets.token_hex(16)}"
        self.fault = ""
        self._target = target

    async def run(self) -> None:
        """Scrape once in an interval, until cancelled."""
        while True:
            self.scrape()
            await self.clock.sleep(INTERVAL)

    def scrape(self) -> None:
        """Scrape now."""
        self.series.scrape(self._target(), self.clock.now().timestamp())
