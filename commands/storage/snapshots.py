"""Snapshots of homes: how the bot makes, keeps and removes them.

Each carries what it takes to make the home again, because the claim it was taken of is gone by then.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from clients.errors import NotFound, Unavailable
from clients.kube import Claim, Snapshot, SnapshotClass
from commands.framework.argument_types import HUB_DATABASE, folded
from commands.ports.context import Reads
from commands.ports.kubernetes import KubeWrites
from commands.storage.homes import SERVERNAME, STORAGE, USERNAME

MANAGED_BY: Final = "app.kubernetes.io/managed-by"
BOT: Final = "jhub-bot"
OPERATION: Final = "jhub-bot/operation"
# The snapshot that a claim was made from, on the claim.
RESTORED_FROM: Final = "jhub-bot/restored-from"
# What the claim was, on the snapshot.
_RECORD: Final = "jhub-bot/claim"
# What Kubernetes and ourselves write onto a claim: another one gets its own.
_NOT_ITS_OWN: Final = ("pv.kubernetes.io/", "volume.kubernetes.io/", "volume.beta.kubernetes.io/", "jhub-bot/")
# kubespawner's default.
_MODES: Final = ("ReadWriteOnce",)
_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"


@dataclass(frozen=True)
class Original:
    """All that it takes to make a claim again. `size` is in bytes."""

    name: str
    storage_class: str
    size: int
    access_modes: tuple[str, ...]
    labels: dict[str, str]
    annotations: dict[str, str]


@dataclass(frozen=True)
class SnapshotDeletion:
    """An expired snapshot: removed, or the problem because of which it is not."""

    name: str
    user: str
    size: int
    created: datetime | None
    problem: str = ""


def original_of(claim: Claim, user: str, server: str) -> Original:
    """Return the claim as it would be made again for that user."""
    whose = {USERNAME: user, **({SERVERNAME: server} if server else {})}
    kept = {k: v for k, v in claim.annotations.items() if not k.startswith(_NOT_ITS_OWN) and k != _APPLIED}
    return Original(
        name=claim.name,
        storage_class=claim.storage_class,
        size=claim.size,
        access_modes=claim.access_modes or _MODES,
        labels=dict(claim.labels),
        annotations={**whose, **kept},
    )


def name_for(operation: str) -> str:
    """Return the name of the snapshot that an operation takes: the same each time, so that it finds its own."""
    return f"home-{operation}"


def labels_for(operation: str) -> dict[str, str]:
    """Return the labels by which the bot knows its own.

    Never the label `component`: that is how claims are found.
    """
    return {MANAGED_BY: BOT, OPERATION: operation}


def annotations_for(claim: Original) -> dict[str, str]:
    """Return annotations with the home's owner, readable by anybody, and all of the claim."""
    whose = {key: value for key, value in claim.annotations.items() if key in (USERNAME, SERVERNAME)}
    record = {
        "storage_class": claim.storage_class,
        "size": claim.size,
        "access_modes": list(claim.access_modes),
        "labels": claim.labels,
        "annotations": claim.annotations,
    }
    return {**whose, _RECORD: json.dumps(record, sort_keys=True, ensure_ascii=False)}


def recorded_original(snapshot: Snapshot) -> Original | None:
    """Return the claim that a snapshot was taken of, or None if the snapshot does not record all of it."""
    record = _object(snapshot.annotations.get(_RECORD, ""))
    size, modes = record.get("size"), record.get("access_modes")
    if not isinstance(size, int) or not isinstance(modes, list) or snapshot.claim in ("", HUB_DATABASE):
        return None
    return Original(
        name=str(record.get("name") or snapshot.claim),
        storage_class=str(record.get("storage_class") or ""),
        size=max(size, snapshot.size),
        access_modes=tuple(map(str, modes)) or _MODES,
        labels=_texts(record.get("labels")),
        annotations={**_texts(record.get("annotations")), **_owner_annotations(snapshot)},
    )


def handed_over(snapshot: Snapshot, user: str, claim: str) -> dict[str, str]:
    """Return the annotations by which a snapshot is that user's, and is restored as a claim of that name."""
    record = _object(snapshot.annotations.get(_RECORD, ""))
    if not record:
        return {USERNAME: user}
    whose = {**_texts(record.get("annotations")), USERNAME: user}
    kept = {**record, "name": claim, "annotations": whose}
    return {USERNAME: user, _RECORD: json.dumps(kept, sort_keys=True, ensure_ascii=False)}


def default_original(snapshot: Snapshot) -> Original | None:
    """Return the claim as kubespawner makes it, for a snapshot that somebody else took of a user's home."""
    if snapshot.claim in ("", HUB_DATABASE) or not snapshot.size:
        return None
    labels = {"app": "jupyterhub", "component": STORAGE, "heritage": "jupyterhub"}
    return Original(snapshot.claim, "", snapshot.size, _MODES, labels, _owner_annotations(snapshot))


def is_managed(snapshot: Snapshot) -> bool:
    """Return True if the bot took the snapshot: it removes only those."""
    return snapshot.labels.get(MANAGED_BY) == BOT


def of_user(
    snapshots: Sequence[Snapshot], user: str, server: str | None = None, *, but: Collection[str] = ()
) -> list[Snapshot]:
    """Return a user's snapshots, newest first; of one server, or of all with None.

    `but` are other users, whose names differ in upper and lower case alone.
    """
    its = [one for one in snapshots if one.user and folded(one.user) == folded(user) and one.user not in but]
    found = [one for one in its if server in (None, one.server)]
    return sorted(found, key=lambda one: one.created.timestamp() if one.created else 0.0, reverse=True)


def class_for(driver: str, classes: Sequence[SnapshotClass]) -> str:
    """Return the class to take snapshots of that driver's volumes with; empty if there is none.

    The cluster's default comes first, then one whose snapshots go when they are removed, then by name.
    """
    fitting = [one for one in classes if driver and one.driver == driver]
    fitting.sort(key=lambda one: (not one.is_default, one.deletion_policy != "Delete", one.name))
    return fitting[0].name if fitting else ""


def expires(snapshot: Snapshot, reads: Reads) -> datetime | None:
    """Return when the bot removes the snapshot, or None if it never does."""
    return snapshot.created + reads.snapshot_retention if is_managed(snapshot) and snapshot.created else None


async def expire(reads: Reads, writes: KubeWrites) -> tuple[SnapshotDeletion, ...]:
    """Remove the bot's own snapshots that are older than the retention, and return them.

    One from which a home is still to be made, at its user's next login, is kept. Raise Unavailable if nothing can be
    listed; a snapshot that cannot be removed has its problem in the result and is tried again the next time.
    """
    due = [one for one in await reads.kube.snapshots() if _is_due(one, reads)]
    awaited = await _awaited(reads) if due else frozenset()
    return tuple([await _remove(one, awaited, writes) for one in due])


def _is_due(snapshot: Snapshot, reads: Reads) -> bool:
    end = expires(snapshot, reads)
    return end is not None and end <= reads.now and not snapshot.terminating


async def _awaited(reads: Reads) -> frozenset[str]:
    """Return the snapshots that claims without a volume wait for."""
    return frozenset(
        [
            claim.annotations[RESTORED_FROM]
            async for page in reads.kube.claim_pages()
            for claim in page
            if RESTORED_FROM in claim.annotations and not claim.volume
        ]
    )


async def _remove(snapshot: Snapshot, awaited: frozenset[str], writes: KubeWrites) -> SnapshotDeletion:
    removal = (snapshot.name, snapshot.user, snapshot.size, snapshot.created)
    if snapshot.name in awaited:
        return SnapshotDeletion(*removal, problem="kept: a restored home is created from it when its user logs in")
    try:
        await writes.delete_snapshot(snapshot.name, snapshot.uid)
    except (Unavailable, NotFound) as error:
        return SnapshotDeletion(*removal, problem=str(error))
    return SnapshotDeletion(*removal)


def _owner_annotations(snapshot: Snapshot) -> dict[str, str]:
    return {USERNAME: snapshot.user, **({SERVERNAME: snapshot.server} if snapshot.server else {})}


def _object(text: str) -> dict[str, object]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _texts(found: object) -> dict[str, str]:
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}
