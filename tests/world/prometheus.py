"""Prometheus: what kubelet measured of volumes."""

import math
from dataclasses import dataclass, field
from datetime import timedelta

from clients.errors import Unavailable
from clients.prometheus import METRICS, Coverage, VolumeUsage, VolumeUsages
from tests.world.constants import NOW

GIB = 2**30


def usage(claim: str, percent: float = 50, **more) -> VolumeUsage:
    """Return a volume of 10 GiB that is mounted and so full, by bytes; 655,360 files fit into it."""
    used = math.ceil(10 * GIB * percent / 100)
    usual = {"capacity": 10 * GIB, "seen": NOW, "mounted": True, "files": 1000, "most_files": 655_360}
    return VolumeUsage(claim, used, 10 * GIB - used, **{**usual, **more})


@dataclass
class PrometheusReads:
    """Prometheus, read. `known` is what it has measured; an error in its place is raised."""

    known: list[VolumeUsage] | Unavailable = field(default_factory=list)
    warnings: tuple[str, ...] = ()
    within: timedelta = timedelta(days=7)
    series: dict[str, int] | Unavailable = field(default_factory=lambda: dict.fromkeys(METRICS, 9))
    asked: list = field(default_factory=list)

    async def volumes(self, claims=None):
        """Answer with those of the claims, with all by default."""
        self.asked.append(claims)
        if isinstance(self.known, Unavailable):
            raise self.known
        found = {one.claim: one for one in self.known if claims is None or one.claim in claims}
        return VolumeUsages(found, self.within, self.warnings)

    async def coverage(self):
        """Answer with the series that it has of each metric."""
        if isinstance(self.series, Unavailable):
            raise self.series
        return Coverage(self.series)
