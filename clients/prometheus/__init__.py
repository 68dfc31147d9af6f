"""A Prometheus, asked by its HTTP API: how full the volumes of a namespace are."""

from clients.prometheus.api import SYSTEM
from clients.prometheus.expressions import METRICS
from clients.prometheus.usage import VolumeUsage, VolumeUsages
from clients.prometheus.volumes import Coverage, Prometheus

__all__ = ["METRICS", "SYSTEM", "Coverage", "Prometheus", "VolumeUsage", "VolumeUsages"]
