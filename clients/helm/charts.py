"""The versions of the chart and the files of each: from a folder, a repository, or an OCI registry."""

import asyncio
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import yaml

from clients.errors import NotFound, Unavailable
from clients.helm.chart_files import ChartFiles, from_folder, from_package
from clients.helm.chart_versions import indexed, is_release, precedence
from clients.helm.environment import environment, make_private
from clients.helm.failure import FailureReason, classify
from clients.helm.process import run

_REGISTRY: Final = "oci://"
# How long what a repository lists is taken to be true, and how long it may take to say it, in seconds.
_FRESH: Final = 300.0
_WITHIN: Final = 60.0
_MOST_KEPT: Final = 8


def chart_version(chart: Path) -> str:
    """Return the version in the Chart.yaml of a chart's folder. Reads a file: not on the event loop.

    Raise Unavailable when there is no such file, or none with a version.
    """
    try:
        about = yaml.safe_load((chart / "Chart.yaml").read_text(encoding="utf-8"))
        return str(about["version"])
    except (OSError, ValueError, LookupError, TypeError, yaml.YAMLError) as error:
        raise Unavailable("The chart", "on disk has no version that can be read") from error


class Charts:
    """The versions and files of a chart: a folder on disk, a name in the repository `repo`, or an oci:// reference.

    `helm` fetches packages; `state` is its private folder, made when needed. The content of a version never changes, so
    it is fetched once.
    """

    def __init__(self, chart: str, *, local: bool, repo: str = "", helm: Path, state: Path) -> None:
        self._chart = chart
        self._local = local
        self._repo = repo
        self._helm = helm
        self._state = state
        self._listed: tuple[float, dict[str, str]] | None = None
        self._kept: dict[str, ChartFiles] = {}
        self._turn = asyncio.Lock()

    async def local_version(self) -> str | None:
        """Return the version on disk; None for a chart from a repository. Raise Unavailable."""
        return await asyncio.to_thread(chart_version, Path(self._chart)) if self._local else None

    async def versions(self) -> Sequence[str]:
        """Return the chart's versions, newest first, without pre-releases; of a folder its own.

        Raise Unavailable, also for an OCI registry: helm 3 cannot list the versions of one.
        """
        local = await self.local_version()
        return (local,) if local is not None else [one for one in await self._all() if is_release(one)]

    async def files(self, version: str) -> ChartFiles:
        """Return the files of a version, which may be a pre-release. “v4.4.0” is the same as “4.4.0”.

        Raise NotFound or Unavailable, or ValueError for text that is not a version.
        """
        if precedence(version) is None:
            raise ValueError("not a chart version")
        if self._local:
            return await self._from_folder(version)
        exact = version if self._chart.startswith(_REGISTRY) else await self._as_listed(version)
        async with self._turn:
            return self._kept.get(exact) or await self._fetched(exact)

    async def _from_folder(self, version: str) -> ChartFiles:
        found = await asyncio.to_thread(from_folder, Path(self._chart))
        if found.version.removeprefix("v") != version.removeprefix("v"):
            raise NotFound(f"The chart on disk is version {found.version}, not {version}")
        return found

    async def _as_listed(self, version: str) -> str:
        plain = version.removeprefix("v")
        for one in await self._all():
            if one.removeprefix("v") == plain:
                return one
        raise NotFound(f"The chart's repository has no version {version} of {self._chart}")

    async def _all(self) -> dict[str, str]:
        if self._chart.startswith(_REGISTRY):
            raise Unavailable("The chart's registry", "does not list its versions: name one")
        now = time.monotonic()
        if self._listed is None or now - self._listed[0] > _FRESH:
            self._listed = now, await indexed(self._repo, self._chart, seconds=_WITHIN)
        return self._listed[1]

    async def _fetched(self, version: str) -> ChartFiles:
        await asyncio.to_thread(make_private, self._state)
        try:
            with tempfile.TemporaryDirectory(prefix="chart-", dir=self._state) as folder:
                await self._pull(version, Path(folder))
                found = await asyncio.to_thread(_only_package, Path(folder))
        except OSError as error:
            raise Unavailable("Helm", "has no disk space to work in") from error
        if found.version.removeprefix("v") != version.removeprefix("v"):
            raise Unavailable("The chart", f"cannot be used: the package of {version} names another version")
        self._keep(version, found)
        return found

    def _keep(self, version: str, found: ChartFiles) -> None:
        while len(self._kept) >= _MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[version] = found

    async def _pull(self, version: str, folder: Path) -> None:
        repo = [f"--repo={self._repo}"] if self._repo else []
        options = [f"--version={version}", f"--destination={folder}", *repo]
        command = [os.fspath(self._helm), "pull", self._chart, *options]
        # A chart needs no cluster, so no kubeconfig; but a registry's login lies in our home folder.
        env = environment(self._state, at_home=True)
        try:
            ended = await run(command, given=b"", env=env, folder=folder, stop=asyncio.Event(), limit=_WITHIN)
        except OSError as error:
            raise Unavailable("Helm", "could not be started") from error
        if ended.late:
            raise Unavailable("The chart", f"could not be fetched within {_WITHIN:g} s")
        if ended.status:
            raise self._refusal(version, ended.errors)

    def _refusal(self, version: str, errors: str) -> NotFound | Unavailable:
        # A registry's refusal is all that is known of what it has.
        if self._chart.startswith(_REGISTRY) and "not found" in errors:
            return NotFound(f"The chart's registry has no version {version} of the chart")
        return Unavailable("The chart", f"could not be fetched{_WHY_NOT.get(classify(errors), '')}")


_WHY_NOT: Final = {
    FailureReason.UNREACHABLE: ": its repository cannot be reached",
    FailureReason.REPOSITORY: ": its repository cannot be reached",
    FailureReason.REPOSITORY_REFUSES: ": its repository does not let the bot in",
}


def _only_package(folder: Path) -> ChartFiles:
    for package in folder.glob("*.tgz"):
        return from_package(package)
    raise Unavailable("The chart", "cannot be used: helm fetched no package")
