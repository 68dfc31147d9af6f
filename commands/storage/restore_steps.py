"""The steps that restore a home from a snapshot. Each step looks first, because it may be run again."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final

from clients.errors import NotFound
from clients.kube import Claim
from commands.framework.command import Steps
from commands.framework.plan_digest import incidental
from commands.framework.polling import until
from commands.kubernetes.messages import shown
from commands.storage.deletion import ClaimRef
from commands.storage.snapshots import OPERATION, RESTORED_FROM, default_original, recorded_original

# Making a disk of a snapshot takes Azure seconds to minutes; in seconds.
_PATIENCE: Final = 300.0
_GONE_PATIENCE: Final = 60.0


@dataclass(frozen=True)
class Restoration:
    """The plan: which snapshot, to which claim, and the empty claim whose place it takes, if any."""

    user: str
    server: str
    snapshot: str
    snapshot_uid: str
    claim: str
    size: int
    storage_class: str
    binds_late: bool
    replaces: ClaimRef | None
    taken: datetime | None = field(metadata=incidental())
    age: str = field(metadata=incidental())
    beside: tuple[str, ...] = ()


@dataclass(frozen=True)
class Made:
    """The claim that was made. `bound` says if its disk is there, `problem` why it is not what was wanted."""

    bound: bool = False
    problem: str = ""


async def delete_empty_claim(empty: ClaimRef, do: Steps) -> str:
    """Delete the empty claim. Return what is in the way; empty once it is gone."""
    found = await _find(empty.name, do)
    if found is not None and found.uid == empty.uid:
        if found.volume and not found.terminating:
            return f"{empty.name} is no longer empty: its user has logged in in the meantime. It was left alone."
        await do.writes.kube.delete_claim(empty.name, empty.uid)
    if await until(partial(_gone, empty, do), do, seconds=_GONE_PATIENCE):
        return ""
    return f"{empty.name} is marked for deletion but still exists: a pod may be waiting for it."


async def _gone(empty: ClaimRef, do: Steps) -> bool | None:
    found = await _find(empty.name, do)
    return True if found is None or found.uid != empty.uid else None


async def create_claim(plan: Restoration, do: Steps) -> Made:
    """Make the claim. One that is there already counts as this operation's only if its annotations say so."""
    snapshot = await do.reads.kube.snapshot(plan.snapshot)
    claim = recorded_original(snapshot) or default_original(snapshot)
    if snapshot.uid != plan.snapshot_uid or snapshot.terminating or claim is None:
        return Made(problem=f"The snapshot {plan.snapshot} no longer exists.")
    made = await do.writes.kube.create_claim(
        name=plan.claim,
        storage_class=plan.storage_class,
        size=plan.size,
        access_modes=claim.access_modes,
        labels=claim.labels,
        annotations={**claim.annotations, OPERATION: do.operation, RESTORED_FROM: plan.snapshot},
        snapshot=plan.snapshot,
    )
    if made.annotations.get(OPERATION) != do.operation:
        return Made(problem=f"{plan.claim} was created in the meantime because its user logged in. It was left alone.")
    return Made()


async def wait_for_volume(plan: Restoration, do: Steps) -> Made:
    """Wait until the disk is there, unless it comes with the next login."""
    found = await until(partial(_settled, plan, do), do, seconds=_PATIENCE)
    # Nothing failed for certain: the claim stays, and Kubernetes goes on trying.
    return found or Made()


async def _settled(plan: Restoration, do: Steps) -> Made | None:
    claim = await _find(plan.claim, do)
    if claim is None or claim.terminating:
        return Made(problem=f"{plan.claim} was deleted while its disk was being created.")
    if claim.phase == "Bound" or plan.binds_late:
        return Made(bound=claim.phase == "Bound")
    for event in await do.reads.kube.events(claim.created):
        if event.name == plan.claim and event.type == "Warning":
            do.warn(f"{event.reason}: {shown(event.message)}")
    return None


async def _find(name: str, do: Steps) -> Claim | None:
    try:
        return await do.reads.kube.claim(name)
    except NotFound:
        return None
