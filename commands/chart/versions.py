"""Look-ups of chart versions: the files of one, its neighbours, the newest."""

from collections.abc import Sequence
from typing import Final

from clients.errors import NotFound, Unavailable
from clients.helm import ChartFiles
from commands.framework.errors import UserError
from commands.ports.context import Reads
from commands.text.version_numbers import parsed

_AROUND: Final = 2


async def chart_files(reads: Reads, version: str, line: str) -> ChartFiles:
    """Return the files of that version. Raise UserError, with similar ones put into `line`, if there is none.

    Raise Unavailable if they cannot be read.
    """
    try:
        return await reads.charts.files(version)
    except NotFound as error:
        near = nearest(version, await _known(reads))
        some = f" Near it: {', '.join(near)}." if near else ""
        raise UserError(f"{error}.{some}", *(line.format(one) for one in near[:1])) from None


async def _known(reads: Reads) -> Sequence[str]:
    try:
        return await reads.charts.versions()
    except Unavailable:
        return ()


def nearest(version: str, known: Sequence[str]) -> list[str]:
    """Return, of versions newest first, the two on either side of one that is not among them, nearest first."""
    numbers = parsed(version) or (0, 0, 0)
    newer = [one for one in known if (parsed(one) or (0, 0, 0)) > numbers]
    older = [one for one in known if one not in newer]
    pairs = zip([*older[:_AROUND], *[""] * _AROUND], [*newer[::-1][:_AROUND], *[""] * _AROUND], strict=False)
    return [one for pair in pairs for one in pair if one]


def newest(known: Sequence[str], major: int | None = None) -> str:
    """Return the newest of a major version, or of all; empty if there is none."""
    return next((one for one in known if major is None or (parsed(one) or (-1,))[0] == major), "")


async def first_version(reads: Reads) -> str:
    """Return the version that a first installation takes: the bot's copy, or the newest. Raise UserError for none."""
    version = await reads.charts.local_version() or newest(await reads.charts.versions())
    if not version:
        raise UserError("The chart repository has no version of the chart (release.repository).")
    return version
