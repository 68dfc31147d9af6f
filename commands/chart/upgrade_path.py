"""Which version of the chart a deployment takes, the live one or another, and what stands between the two."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from clients.helm import Release
from commands.chart.assessment import outlook
from commands.chart.hazard import Hazard, HazardSeverity
from commands.chart.versions import chart_of
from commands.framework.errors import UserError
from commands.ports.context import Reads
from commands.release.arguments import ChartVersion

_LINE: Final = "/jhub deploy --chart {}"


@dataclass(frozen=True)
class Crossed:
    """What is known of the way to another version: what to be warned of, and what is only worth knowing."""

    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    of_database: bool = False
    """Whether it says what becomes of the hub's database."""


async def chosen(asked: ChartVersion | None, live: str, reads: Reads) -> str:
    """The version to deploy. Raises UserError where the bot's only copy is of another than is asked for."""
    local = await reads.charts.local_version()
    if local is None:
        return str(asked or live)
    if local == (asked or live):
        return local
    if asked is None:
        raise UserError(
            f"The live chart is {live}, but the bot's copy is {local}: deploying would change the chart as well.",
            f"/jhub deploy --chart {local} --dry-run",
            f"Configure chart {live} for the bot (release.chart).",
        )
    raise UserError(
        f"The bot has chart {local} on its disk, but not {asked}.",
        "Configure a chart repository for the bot (release.repository).",
    )


async def cross(reads: Reads, live: Release, version: str, values: Mapping[str, object], *, only_asks: bool) -> Crossed:
    """What stands between the live chart and that version. Nothing does where they are the same.

    Raises UserError for a version that is not there, naming near ones, and for what must not be begun; who only asks
    is warned of it. Raises Unavailable.
    """
    if version == live.chart.version:
        return Crossed()
    found = await outlook(reads, await chart_of(reads, version, _LINE), values)
    if found.blocking and not only_asks:
        raise _blocked(found.blocking, version)
    return _crossed(found.hazards)


def _blocked(blocking: Sequence[Hazard], version: str) -> UserError:
    more = f" And {len(blocking) - 1} more." if len(blocking) > 1 else ""
    migrate = f"/jhub config migrate {version}" if any(one.mended for one in blocking) else ""
    ways = [one.way for one in blocking[:2] if one.way]
    hints = filter(None, (migrate, *ways, f"/jhub upgrade check {version}"))
    return UserError(f"{_said(blocking[0])}{more} Nothing was done.", *dict.fromkeys(hints))


def _crossed(found: Sequence[Hazard]) -> Crossed:
    return Crossed(
        warnings=tuple(_said(one) for one in found if one.blocks or one.severity > HazardSeverity.NOTE),
        notes=tuple(_said(one) for one in found if not (one.blocks or one.severity > HazardSeverity.NOTE)),
        of_database=any(one.key in ("database", "downgrade") for one in found),
    )


def _said(one: Hazard) -> str:
    return f"{'Blocks the upgrade: ' if one.blocks else ''}{one.title}. {one.text}"
