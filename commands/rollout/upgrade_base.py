"""The base of an upgrade: the newest and the live revision, with the values to start from, or why there is none."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from clients.helm import Release
from commands.framework.errors import UserError
from commands.ports.context import Reads
from commands.release.pending import is_at_work
from commands.release.record import is_pending, standing, updated
from commands.rollout.first_install import first_release
from commands.values.base import base_values


async def upgrade_base(
    reads: Reads, *, installs: bool = False, any_chart: bool = False
) -> tuple[Release, Release, str]:
    """Return the newest and the live revision (the newest if none is live), and the version of the stored values.

    The live revision has the values that an upgrade starts from, as `commands.values.base` defines them: those of a
    file, if they are stored in one. With `installs` there need be no revision: it is revision 0 then. Raise UserError
    if there is none, if one is under way or was left unfinished by a killed helm, or if the bot's chart has another
    version, unless `any_chart` is allowed.
    """
    newest, live = await live_upgrade_base(reads, installs=installs, any_chart=any_chart)
    start = await base_values(reads)
    return newest, replace(live, values=start.values), start.version


async def live_upgrade_base(
    reads: Reads, *, installs: bool = False, any_chart: bool = False
) -> tuple[Release, Release]:
    """Return the same with the live values, for changes that must leave a file's drift alone."""
    newest, live = await asyncio.gather(reads.releases.current(), reads.releases.deployed())
    if installs and newest is None:
        newest = await first_release(reads)
    if newest is None or (newest.status == "uninstalled" and not installs):
        raise UserError(f"There is no release “{reads.names.release}” in {reads.names.namespace} to deploy to.")
    if is_pending(newest):
        await check_pending(newest, reads)
    base = live or newest
    if not any_chart:
        await check_chart(base.chart.version, reads)
    return newest, base


async def check_pending(newest: Release, reads: Reads) -> None:
    """Raise UserError for a pending revision: wait for one that is worked on, repair any other.

    Helm itself would not even say what an upgrade on top of it does (3.20: another operation is in progress).
    """
    unfinished = f"Revision {newest.revision} is not finished: {standing(newest)[0]} since {updated(newest)}."
    if await is_at_work(newest, reads):
        raise UserError(unfinished, "/jhub history")
    raise UserError(f"{unfinished} Helm was killed.", "/jhub repair")


async def check_chart(version: str, reads: Reads) -> None:
    """Raise UserError if the bot has the chart on disk in another version than the live one, Unavailable."""
    local = await reads.charts.local_version()
    if local is not None and local != version:
        raise UserError(
            f"The live chart is {version}, but the bot's copy is {local}: deploying would change the chart as well.",
            f"Configure chart {version} for the bot (release.chart).",
        )


async def live_values(release: str, reads: Reads) -> Mapping[str, object]:
    """Return the live values, with secrets: for helm alone. Raise UserError if there is no release."""
    base = await reads.releases.deployed() or await reads.releases.current()
    if base is None:
        raise UserError(f"There is no longer a release “{release}”.")
    return base.values
