"""What commands may ask of Helm and of charts."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from clients.helm import ChartFiles, Release, Rendered, UpgradeResult


class ReleaseReads(Protocol):
    """What commands ask of Helm's records. Every method raises Unavailable."""

    async def current(self) -> Release | None:
        """The newest revision, whatever became of it."""

    async def deployed(self) -> Release | None:
        """The revision that is live."""

    async def history(self, limit: int = 10) -> list[Release]:
        """The newest revisions, newest first."""


class RenderingReads(Protocol):
    """What helm would do, without doing it."""

    async def render(
        self, *, version: str, values: Mapping[str, object], revision: int, install: bool = False
    ) -> Rendered:
        """The release with these values from this version of the chart, as `clients.helm.Rendering` promises.

        `revision` is the newest one of the release, whatever became of it; 0 where there is none. Raises Rejected where
        the chart refuses the values, NotFound where there is no such version, Unavailable.
        """


class HelmReads(Protocol):
    """What commands ask about helm itself."""

    async def at_work(self) -> bool:
        """Whether a helm that this bot started is at work, maybe before the bot was restarted."""


@dataclass(frozen=True)
class ReleaseNames:
    """Which release, and from which chart: settings, not readings."""

    release: str
    namespace: str
    public_host: str
    timeout: timedelta


class ChartReads(Protocol):
    """What is known of the chart that an upgrade would use."""

    async def local_version(self) -> str | None:
        """The version of the chart on disk; None for a chart from a repository, which is asked for by version."""

    async def versions(self) -> Sequence[str]:
        """The versions there are, newest first, without pre-releases. Raises Unavailable."""

    async def files(self, version: str) -> ChartFiles:
        """What is in a version of the chart. Raises NotFound, Unavailable, ValueError for what is no version."""


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
        wait: bool,
        install: bool,
    ) -> UpgradeResult:
        """Upgrade the release to exactly these values, as `clients.helm.Helm.upgrade` promises."""

    async def rollback(
        self, *, revision: int, hidden: Mapping[str, object], stop: asyncio.Event, wait_seconds: float
    ) -> UpgradeResult:
        """Make what an earlier revision was the newest, as `clients.helm.Helm.rollback` promises."""

    async def uninstall(
        self, *, hidden: Mapping[str, object], stop: asyncio.Event, wait_seconds: float
    ) -> UpgradeResult:
        """Delete what the release is made of and keep its record, as `clients.helm.Helm.uninstall` promises."""
