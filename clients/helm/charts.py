"""Which version of the chart an upgrade would take."""

import asyncio
from pathlib import Path

import yaml

from clients.errors import Unavailable


def chart_version(chart: Path) -> str:
    """The version in the Chart.yaml of a chart's folder. Reads a file: not on the event loop.

    Raises Unavailable when there is none, or none with a version.
    """
    try:
        about = yaml.safe_load((chart / "Chart.yaml").read_text(encoding="utf-8"))
        return str(about["version"])
    except (OSError, ValueError, LookupError, TypeError, yaml.YAMLError) as error:
        raise Unavailable("The chart", "on disk has no version that can be read") from error


class Charts:
    """Reads what is known of a chart: a folder on disk, or a name in a repository."""

    def __init__(self, chart: str, *, local: bool) -> None:
        self._chart = chart
        self._local = local

    async def local_version(self) -> str | None:
        """The version on disk; None for a chart from a repository. Raises Unavailable."""
        return await asyncio.to_thread(chart_version, Path(self._chart)) if self._local else None
