"""The chart version that a deployment uses, and the hazards between it and the live one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from clients.helm import Release
from commands.chart.assessment import assess_upgrade
from commands.chart.hazard import Hazard, HazardSeverity
from commands.chart.hazards import CLASSES
from commands.chart.versions import chart_files
from commands.framework.errors import UserError
from commands.ports.context import Reads
from commands.release.arguments import ChartVersion

_LINE: Final = "/jhub deploy --chart {}"


@dataclass(frozen=True)
class UpgradeHazards:
    """The hazards of a change of version: warnings, and notes that are only worth knowing."""

    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    covers_database: bool = False
    """True if they say what happens to the hub's database."""


async def version_to_deploy(asked: ChartVersion | None, live: str, reads: Reads) -> str:
    """Return the version to deploy. Raise UserError if the bot's only copy has another one."""
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


async def check_upgrade(
    reads: Reads, live: Release, version: str, values: Mapping[str, object], *, only_asks: bool
) -> UpgradeHazards:
    """Return the hazards between the live chart and that version; none if they are the same.

    Raise UserError for an unknown version, with similar ones, and for an upgrade that is blocked, unless `only_asks`,
    which gets that as a warning. Raise Unavailable.
    """
    if version == live.chart.version:
        return UpgradeHazards()
    found = await assess_upgrade(reads, await chart_files(reads, version, _LINE), values)
    if found.blocking and not only_asks:
        raise _blocked(found.blocking, version)
    # What JupyterHub's classes say of the values is in the deployment's own dry run.
    return _crossed([one for one in found.hazards if not one.key.startswith(CLASSES)])


def _blocked(blocking: Sequence[Hazard], version: str) -> UserError:
    more = f" And {len(blocking) - 1} more." if len(blocking) > 1 else ""
    migrate = f"/jhub config migrate {version}" if any(one.fixable for one in blocking) else ""
    remedies = [one.remedy for one in blocking[:2] if one.remedy]
    hints = filter(None, (migrate, *remedies, f"/jhub upgrade check {version}"))
    return UserError(f"{_said(blocking[0])}{more} Nothing was done.", *dict.fromkeys(hints))


def _crossed(found: Sequence[Hazard]) -> UpgradeHazards:
    return UpgradeHazards(
        warnings=tuple(_said(one) for one in found if one.blocks or one.severity > HazardSeverity.NOTE),
        notes=tuple(_said(one) for one in found if not (one.blocks or one.severity > HazardSeverity.NOTE)),
        covers_database=any(one.key in ("database", "downgrade") for one in found),
    )


def _said(one: Hazard) -> str:
    return f"{'Blocks the upgrade: ' if one.blocks else ''}{one.title}. {one.text}"
