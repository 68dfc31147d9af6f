"""The steps that delete a home: stop its server, take a snapshot, delete the claim, put an empty claim in its place.

Each step looks first and acts second, because after a crash it is run again from its beginning.
"""

from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final

from clients.errors import NotFound
from clients.kube import Claim, Pod, Snapshot
from commands.framework.command import Steps
from commands.framework.plan_digest import incidental
from commands.framework.polling import until
from commands.spawner.runs import ServerRun
from commands.spawner.stopping import stop_servers
from commands.storage.homes import pods_mounting
from commands.storage.snapshots import OPERATION, Original, annotations_for, labels_for, name_for, original_of

# A disk takes some time to be detached once its last pod has ended; in seconds.
_PATIENCE: Final = 120.0
# Azure copies the used blocks of a disk: seconds for most homes, minutes for full ones.
_SNAPSHOT_PATIENCE: Final = 600.0
_SHOWN_ERROR: Final = 300


@dataclass(frozen=True)
class ClaimRef:
    """A reference to exactly one claim. `size` is in bytes; `volume` is empty if none was ever made."""

    name: str
    uid: str
    volume: str
    size: int


@dataclass(frozen=True)
class PodRef:
    """A reference to exactly one pod."""

    name: str
    uid: str


@dataclass(frozen=True)
class Deletion:
    """The plan: whose home, which claim, what mounts it, what becomes of the data.

    `known` says if the hub knows the user, `stops` if a server is stopped, `remakes` if an empty claim takes the place.
    `snapshot_class` is empty if no snapshot is taken; `kept_for` is how long one is kept. `awaits` is the snapshot from
    which a restored claim was to get its disk.
    """

    user: str
    typed: str
    server: str
    claim: ClaimRef
    by_name: bool
    pods: tuple[PodRef, ...]
    known: bool
    stops: bool
    remakes: bool
    snapshot_class: str
    reclaim_policy: str
    kept_for: str
    awaits: str = ""
    last_activity: datetime | None = field(default=None, metadata=incidental())
    started: str = field(default="", metadata=incidental())
    """The hub's time of the start of the server that is stopped: the next run of it has another."""

    @property
    def runs(self) -> tuple[ServerRun, ...]:
        """The run of the server that is stopped, by each of its pods."""
        pods = [pod.uid for pod in self.pods] or [""]
        return tuple(ServerRun(self.user, self.server, self.started, pod) for pod in pods)


@dataclass(frozen=True)
class Taken:
    """The snapshot that was taken, or the problem because of which none was."""

    name: str = ""
    created: datetime | None = None
    problem: str = ""


async def stop_server(plan: Deletion, do: Steps) -> str:
    """Stop the server and wait until it has. Return why the home is still in use; empty once it is not."""
    left = await stop_servers(plan.runs, do)
    holders = await holders_of(plan.claim, do)
    if not left:
        return mounted_meanwhile(holders[0]) if holders else ""
    names = ", ".join(pod.name for pod in holders)
    return f"{left[0].why} {names} still mounts the home." if holders else left[0].why


def mounted_meanwhile(pod: Pod) -> str:
    """Return that the home was left alone because a server has it."""
    return f"In the meantime {pod.name} has mounted it: the server was started again. The home was left alone."


async def read_claim(plan: Deletion, do: Steps) -> Original | None:
    """Return all that it takes to make the claim again, or None if it is gone."""
    claim = await find_claim(plan.claim, do)
    return original_of(claim, plan.user, plan.server) if claim else None


async def take_snapshot(plan: Deletion, claim: Original, do: Steps) -> Taken:
    """Take a snapshot and wait until the home could be made from it."""
    return await snapshot_home(name_for(do.operation), claim, plan.snapshot_class, do)


async def snapshot_home(name: str, claim: Original, snapshot_class: str, do: Steps) -> Taken:
    """Take a snapshot of that name, unless it is there, and wait until the home could be made from it."""
    await do.writes.kube.create_snapshot(
        name=name,
        claim=claim.name,
        snapshot_class=snapshot_class,
        labels=labels_for(do.operation),
        annotations=annotations_for(claim),
    )
    ready = await until(partial(_ready, name, do), do, seconds=_SNAPSHOT_PATIENCE)
    if ready is not None:
        return Taken(name, ready.created)
    if do.stopping:
        return Taken(name, problem="Somebody asked to stop before the snapshot was ready.")
    return Taken(name, problem=await _why_not_ready(name, do))


async def _ready(name: str, do: Steps) -> Snapshot | None:
    snapshot = await do.reads.kube.snapshot(name)
    if snapshot.ready:
        return snapshot
    if snapshot.error:
        do.warn(f"The snapshot is not ready yet: {snapshot.error[:_SHOWN_ERROR]}")
    return None


async def _why_not_ready(name: str, do: Steps) -> str:
    error = (await do.reads.kube.snapshot(name)).error[:_SHOWN_ERROR]
    minutes = f"{_SNAPSHOT_PATIENCE / 60:.0f} minutes"
    return f"The snapshot was not ready within {minutes}" + (f": {error}" if error else ".")


async def delete_claim(plan: Deletion, do: Steps) -> str:
    """Delete the claim and wait until it is really gone. Return what still holds it; empty for nothing."""
    return await remove_claim(plan.claim, do)


async def remove_claim(ref: ClaimRef, do: Steps) -> str:
    """Delete exactly this claim, unless a pod mounts it, and wait. Return what still holds it; empty for nothing."""
    claim = await find_claim(ref, do)
    if claim is None:
        return ""
    holders = await holders_of(ref, do)
    if holders and not claim.terminating:
        return mounted_meanwhile(holders[0])
    await do.writes.kube.delete_claim(ref.name, ref.uid)
    if await until(partial(_gone, ref, do), do, seconds=_PATIENCE):
        return ""
    return await _holder(ref, do)


async def _gone(ref: ClaimRef, do: Steps) -> bool | None:
    if await find_claim(ref, do) is None:
        return True
    do.tell(*(f"{pod.name} still mounts it" for pod in await holders_of(ref, do)))
    return None


async def _holder(ref: ClaimRef, do: Steps) -> str:
    claim, holders = await find_claim(ref, do), await holders_of(ref, do)
    if holders:
        held = f"pod {holders[0].name} still mounts it; the claim is removed when that pod ends"
    else:
        finalizers = ", ".join(claim.finalizers) if claim else ""
        held = f"Kubernetes holds it back ({finalizers})" if finalizers else "Kubernetes has not removed it yet"
    return f"The claim is marked for deletion, but {held}."


async def create_empty_claim(claim: Original, do: Steps) -> bool:
    """Create an empty claim in the place of the deleted one. Return True once it is there.

    kubespawner 7.1 remembers that the user's claim exists and would not make it: the next server would wait for ever.
    """
    await do.writes.kube.create_claim(
        name=claim.name,
        storage_class=claim.storage_class,
        size=claim.size,
        access_modes=claim.access_modes,
        labels=claim.labels,
        annotations={**claim.annotations, OPERATION: do.operation},
    )
    return True


async def find_claim(ref: ClaimRef, do: Steps) -> Claim | None:
    """Return exactly this claim, or None if it is gone or another one has its name."""
    try:
        found = await do.reads.kube.claim(ref.name)
    except NotFound:
        return None
    return found if found.uid == ref.uid else None


async def holders_of(ref: ClaimRef, do: Steps) -> list[Pod]:
    """Return the pods that mount the claim."""
    return pods_mounting(ref.name, await do.reads.kube.pods())
