"""Which version of the chart a deployment takes: the live one, or another that is there."""

from collections.abc import Sequence
from difflib import get_close_matches

from clients.errors import NotFound, Unavailable
from commands.errors import UserError
from commands.reads import Reads
from commands.values import ChartVersion

_NAMED = 3


async def chosen(asked: ChartVersion | None, live: str, reads: Reads) -> str:
    """The version to deploy. Raises UserError for one that is not there, with those that come nearest.

    Where nobody can say what there is, helm will: it finds the version or refuses.
    """
    local = await reads.charts.local_version()
    if local is not None:
        return _from_disk(local, asked, live)
    if asked is None or asked == live:
        return live
    try:
        there = await reads.charts.versions()
        if asked not in there:
            # One that comes before a release is in no list, and may be there all the same.
            await reads.charts.files(asked)
    except NotFound:
        raise missing(asked, there) from None
    except Unavailable:
        return str(asked)
    return str(asked)


def _from_disk(local: str, asked: ChartVersion | None, live: str) -> str:
    if local == (asked or live):
        return local
    if asked is None:
        raise UserError(
            f"The live chart is {live}, the bot's copy is {local}: deploying would change it as well.",
            f"/jhub deploy --chart {local} --dry-run",
            f"Give the bot chart {live} in its configuration (release.chart).",
        )
    raise UserError(
        f"The bot has chart {local} on its disk, and no {asked}.",
        "Give the bot a repository of charts in its configuration (release.repository).",
    )


def missing(asked: str, there: Sequence[str]) -> UserError:
    """Why such a version cannot be deployed, with what can be typed instead."""
    near = nearest(asked, there)
    newest = f" The newest is {there[0]}." if there else ""
    return UserError(f"There is no version {asked} of the chart.{newest}", *(f"/jhub deploy --chart {v}" for v in near))


def nearest(asked: str, there: Sequence[str]) -> list[str]:
    """Up to three of `there`, which are newest first: what looks like it, then the newest of its major version."""
    alike = get_close_matches(asked, there, n=_NAMED, cutoff=0.7)
    major = [one for one in there if one.partition(".")[0] == asked.partition(".")[0]]
    return list(dict.fromkeys((*alike, *major[:1], *there[:1])))[:_NAMED]
