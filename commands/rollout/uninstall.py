"""Removal of an unfinished installation, after a snapshot of the hub's database, and its reinstallation.

Helm keeps the record of what it uninstalls here (`--keep-history`): the values are read from it, so that a crash
between the two steps loses nothing and no secret is stored anywhere else.
"""

from dataclasses import dataclass
from functools import partial
from typing import Final

from clients.errors import Conflict
from clients.helm import FailureReason, Release, UpgradeResult
from clients.kube import Snapshot
from commands.framework.argument_types import HUB_DATABASE
from commands.framework.command import Steps
from commands.framework.plan_digest import digest_values
from commands.framework.polling import until
from commands.release.pending import is_at_work
from commands.rollout.pod_watch import watch_pods
from commands.rollout.upgrade import Upgrade, Upgraded, upgrade, wait_for_helm
from commands.storage.snapshots import labels_for

_SNAPSHOT_PATIENCE: Final = 300.0


@dataclass(frozen=True)
class UninstallPlan:
    """The plan of a removal. `database` is the UID of the hub's claim; with `again` it is reinstalled."""

    release: str
    revision: int
    chart_version: str
    values_digest: str
    database: str
    snapshot_class: str
    again: bool


@dataclass(frozen=True)
class SnapshotTaken:
    """The snapshot that was taken, or why it was not."""

    snapshot: str = ""
    problem: str = ""


async def snapshot_database(removal: UninstallPlan, do: Steps) -> SnapshotTaken:
    """Take a snapshot of the hub's database and wait until it can be used."""
    name = f"hub-db-{do.operation}"
    await do.writes.kube.create_snapshot(
        name=name,
        claim=HUB_DATABASE,
        snapshot_class=removal.snapshot_class,
        labels=labels_for(do.operation),
        annotations={},
    )
    if await until(partial(_ready, name, do), do, seconds=_SNAPSHOT_PATIENCE):
        return SnapshotTaken(name)
    stopped = "Somebody asked to stop before the snapshot of the hub's database was ready."
    return SnapshotTaken(
        name, stopped if do.stopping else "The snapshot of the hub's database was not ready within 5 minutes."
    )


async def _ready(name: str, do: Steps) -> Snapshot | None:
    snapshot = await do.reads.kube.snapshot(name)
    return snapshot if snapshot.ready else None


async def uninstall(removal: UninstallPlan, do: Steps) -> UpgradeResult:
    """Have helm uninstall the release unless that is done. Raise Conflict if somebody else changed it meanwhile."""
    await wait_for_helm(lambda one: one.status == "uninstalling", removal.release, do)
    newest = await _unchanged(removal, do)
    if newest.status == "uninstalled":
        return UpgradeResult(True)
    if newest.by_bot is not None and await is_at_work(newest, do.reads, do.operation):
        return UpgradeResult(False, FailureReason.IN_PROGRESS, "An earlier helm of the bot is still working.")
    seconds = do.reads.names.timeout.total_seconds()
    # Crashing pods are being removed: no reason to end helm early.
    async with watch_pods("", do, gives_up=False) as watched:
        return await do.writes.helm.uninstall(hidden=newest.values, stop=watched.stop, wait_seconds=seconds)


async def _unchanged(removal: UninstallPlan, do: Steps) -> Release:
    newest = await do.reads.releases.current()
    if newest is None or newest.revision != removal.revision:
        raise Conflict("The release was changed in the meantime.")
    return newest


async def reinstall(removal: UninstallPlan, do: Steps) -> Upgraded:
    """Install the values that Helm's record still has. Raise Conflict if they are gone."""
    history = await do.reads.releases.history()
    values = next((one.values for one in history if digest_values(one.values) == removal.values_digest), None)
    if values is None:
        raise Conflict("The release's record no longer exists.")
    what = Upgrade(removal.release, removal.revision, removal.chart_version, "Install again")
    return await upgrade(what, values, do)
