"""Homes that get no disk or have lost it, and snapshots that fail."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.alerts.finding import Finding, Severity, Watcher
from cards.views import typing
from clients.kube import Claim, Event, Pod, Snapshot, StorageClass
from commands.kubernetes.explanations import explained
from commands.kubernetes.messages import shown
from commands.kubernetes.problem import Cause, Trouble
from commands.ports.context import Reads
from commands.storage.homes import STORAGE, pods_mounting

_EVENTS: Final = timedelta(hours=1)
# Azure makes a disk in seconds.
_SLOW: Final = timedelta(minutes=5)
# An old failure is for `storage doctor`, not for an alert.
_RECENT: Final = timedelta(days=2)
_SLOWLY: Final = Trouble(Cause.CLAIM_UNBOUND, "Its disk has still not been created after several minutes.")
_LOST: Final = Trouble(Cause.DISK_GONE, "Its volume no longer exists in Kubernetes. Look for its disk in Azure.")
_TRYING: Final = ("Provisioning", "ExternalProvisioning")


async def look(reads: Reads) -> Sequence[Finding]:
    """Ask for claims, snapshots and events. Raise Unavailable."""
    claims, pods, events, classes, snapshots = await asyncio.gather(
        reads.kube.unbound_claims(),
        reads.kube.pods(),
        reads.kube.events(reads.now - _EVENTS),
        reads.kube.storage_classes(),
        reads.kube.snapshots(),
    )
    return [*judge(claims, pods, events, classes, reads.now), *judge_snapshots(snapshots, reads.now)]


def judge(
    claims: Sequence[Claim],
    pods: Sequence[Pod],
    events: Sequence[Event],
    classes: Sequence[StorageClass],
    now: datetime,
) -> list[Finding]:
    """Return a finding for each claim without a disk that should have one by now. Pure."""
    late = {one.name for one in classes if one.binds_late}
    told = [event for event in events if event.kind == "PersistentVolumeClaim"]
    found = []
    for claim in claims:
        if claim.terminating or claim.phase == "Bound":
            continue
        its = [event for event in told if event.name == claim.name and event.uid in ("", claim.uid)]
        # One that waits for its first pod is as it should be while no pod wants it.
        wanted = claim.storage_class not in late or bool(pods_mounting(claim.name, pods))
        trouble = _trouble(claim, its, now, by_events=claim.storage_class in late) if wanted else None
        if trouble := _LOST if claim.phase == "Lost" else trouble:
            found.append(_finding(claim, trouble))
    return found


def _trouble(claim: Claim, events: Sequence[Event], now: datetime, *, by_events: bool) -> Trouble | None:
    """Return why the claim has no disk, or None.

    Where a pod has to be placed first, it has waited only since a disk was asked for.
    """
    failed = [trouble for event in reversed(events) if (trouble := explained(event))]
    if failed:
        return failed[0]
    asked = [event.first for event in events if event.reason in _TRYING and event.first]
    since = min(asked, default=None) if by_events else claim.created
    return _SLOWLY if since and now - since > _SLOW else None


def _finding(claim: Claim, trouble: Trouble) -> Finding:
    who = claim.user or claim.name
    is_lost = trouble.cause is Cause.DISK_GONE
    # The hub's database and shared volumes are no homes.
    is_home = bool(claim.user) or claim.component == STORAGE
    what, many = (f"The home of {who}", "homes") if is_home else (f"The volume claim {claim.name}", "volume claims")
    return Finding(
        key=f"claim {claim.name}",
        severity=Severity.CRITICAL if is_lost else Severity.WARNING,
        title=f"{what} has lost its disk" if is_lost else f"{what} is waiting for a disk",
        cause=trouble.words,
        buttons=(typing("Check storage", "/jhub storage doctor"),),
        subjects=(f"{who} ({claim.name}, {claim.storage_class or 'no class'})",),
        group=f"{'' if is_home else 'other '}claims {trouble.cause.value} {claim.storage_class}".strip(),
        several=f"{{count}} {many} have lost their disks" if is_lost else f"{{count}} {many} are waiting for a disk",
    )


def judge_snapshots(snapshots: Sequence[Snapshot], now: datetime) -> list[Finding]:
    """Return a finding for each snapshot that failed lately. Pure."""
    failed = [one for one in snapshots if one.error and not one.ready and not one.terminating]
    return [_failed(one) for one in failed if now - (one.created or now) < _RECENT]


def _failed(snapshot: Snapshot) -> Finding:
    quota = "The subscription’s quota of snapshots is used up. " if "quota" in snapshot.error.lower() else ""
    return Finding(
        key=f"snapshot {snapshot.name}",
        severity=Severity.WARNING,
        title=f"A snapshot of the home of {snapshot.user or snapshot.claim} failed",
        cause=f"{quota}While snapshots fail, homes cannot be deleted safely.",
        advice=(f"The cluster says: {shown(snapshot.error)}",),
        buttons=(typing("Show snapshots", "/jhub storage snapshots"),),
        subjects=(snapshot.user or snapshot.claim or snapshot.name,),
        group="snapshots fail",
        several="{count} snapshots failed",
    )


WATCHER = Watcher(
    "storage",
    look,
    every=timedelta(minutes=1),
    dwell=timedelta(minutes=1),
    clear=timedelta(minutes=2),
    by_cluster=True,
)
