"""The writing half of the world, handed to `apply` and to nothing else."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from clients.helm import UpgradeResult


class HelmWrites(Protocol):
    """What `apply` may ask of Helm."""

    async def upgrade(
        self,
        *,
        version: str,
        values: Mapping[str, object],
        description: str,
        labels: Mapping[str, str],
        stop: asyncio.Event,
        wait_seconds: float,
    ) -> UpgradeResult:
        """Upgrade the release to exactly these values, as `clients.helm.Helm.upgrade` promises."""


@dataclass(frozen=True)
class Writes:
    """Everything that can change something."""

    helm: HelmWrites
