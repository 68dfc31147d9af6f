"""Interface to Prometheus: how full volumes are."""

from collections.abc import Collection
from typing import Protocol

from clients.prometheus import Coverage, VolumeUsages


class PrometheusReads(Protocol):
    """Reads of kubelet's metrics of volumes in the hub's namespace. Every method raises Unavailable."""

    async def volumes(self, claims: Collection[str] | None = None) -> VolumeUsages:
        """Return what is known of the volumes of these claims, of all claims by default.

        A claim that was made anew has its predecessor's name: compare `seen` with when it was created.
        """

    async def coverage(self) -> Coverage:
        """Return which of the metrics Prometheus keeps of the namespace."""
