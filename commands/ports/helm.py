"""Interfaces to Helm and to charts."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from clients.helm import ChartFiles, HelmProgram, Release, Rendered, UpgradeResult


class ReleaseReads(Protocol):
    """Reads of Helm's records. Every method raises Unavailable."""

    async def current(self) -> Release | None:
        """Return the newest revision, whatever its status; None when there is no such release."""

    async def deployed(self) -> Release | None:
        """Return the revision that is live; None when there is none."""

    async def history(self, limit: int = 10) -> list[Release]:
        """Return at most `limit` revisions, newest first."""


class RenderingReads(Protocol):
    """Dry runs of helm."""

    async def render(
        self, *, version: str, values: Mapping[str, object], revision: int, install: bool = False
    ) -> Rendered:
        """Return the release with these values from this version of the chart (see `clients.helm.Rendering.render`).

        `revision` is the newest one of the release, whatever its status; 0 where there is none. Raise Rejected where
        the chart refuses the values, NotFound where there is no such version, Unavailable where Kubernetes or the
        chart's repository did not answer.
        """


class HelmReads(Protocol):
    """Reads of helm's own state."""

    async def is_running(self) -> bool:
        """Return True if a helm that this bot started is running, maybe since before a restart of the bot."""

    async def program(self) -> HelmProgram:
        """Return which helm the bot runs, by its own words. Raise Unavailable where it cannot be started."""


@dataclass(frozen=True)
class ReleaseNames:
    """The release and its location: settings, not readings."""

    release: str
    namespace: str
    public_host: str
    timeout: timedelta


class ChartReads(Protocol):
    """Reads of the chart that an upgrade would use."""

    async def local_version(self) -> str | None:
        """Return the version of the chart on disk; None for a chart from a repository. Raise Unavailable."""

    async def versions(self) -> Sequence[str]:
        """Return the versions there are, newest first, without pre-releases. Raise Unavailable."""

    async def files(self, version: str) -> ChartFiles:
        """Return the files of a version, which may be a pre-release.

        Raise NotFound or Unavailable, or ValueError for text that is not a version.
        """


class HelmWrites(Protocol):
    """Changes by helm, for `apply`. A failure of helm is a result; Unavailable is raised when it cannot be started."""

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
        """Upgrade the release to exactly these values (see `clients.helm.Helm.upgrade`).

        `wait_seconds` is for each phase helm has. Raise ValueError for a version or label that helm could take for
        something else.
        """

    async def rollback(
        self, *, revision: int, hidden: Mapping[str, object], stop: asyncio.Event, wait_seconds: float
    ) -> UpgradeResult:
        """Roll the release back to an earlier revision (see `clients.helm.Helm.rollback`).

        `hidden` are values that no message may show.
        """

    async def uninstall(
        self, *, hidden: Mapping[str, object], stop: asyncio.Event, wait_seconds: float
    ) -> UpgradeResult:
        """Delete the objects of the release and keep its record (see `clients.helm.Helm.uninstall`).

        `hidden` are values that no message may show.
        """
