"""The leftovers of years of use: homes of people who are gone, homes twice, snapshots, file shares."""

from dataclasses import replace
from datetime import datetime, timedelta

from sandbox.apiserver.objects.json_objects import timestamp
from sandbox.apiserver.objects.resource_kinds import (
    PERSISTENT_VOLUME,
    PERSISTENT_VOLUME_CLAIM,
    VOLUME_SNAPSHOT,
    VOLUME_SNAPSHOT_CONTENT,
    Json,
)
from sandbox.apiserver.storage.store import Store
from sandbox.controllers.snapshots import content_name
from sandbox.entra.people import DOMAIN
from sandbox.jupyterhub.spawner import Named, Profile
from sandbox.jupyterhub.users import HubUsers, User
from sandbox.scenario.settled_objects import bound_claim, bound_volume

# Whose homes the hub no longer knows, and how many days ago they came.
GONE = {f"old.student@{DOMAIN}": 140, f"guest-lecturer@{DOMAIN}": 60, f"erik.gone@{DOMAIN}": 9}
# Who has not logged in for so many days, with a home that still is there.
AWAY = {f"on.leave@{DOMAIN}": 104}
# Whose homes were deleted by the bot, and how many days ago.
DELETED = {f"left.early@{DOMAIN}": 20, f"left.lately@{DOMAIN}": 3}
# Who works on a file share, of which nobody can take snapshots here.
ON_SHARES = f"file.share@{DOMAIN}"
_FILE_SHARES = "azurefile-csi"
# How many users of the hub `leave` brings along.
STRANGERS = len(AWAY) + 1


def leave(store: Store, hub: HubUsers, end: datetime) -> None:
    """Put all of it into the namespace, as it is at `end`."""
    profile = hub.profile
    for number, (name, days) in enumerate(GONE.items()):
        home(store, profile, Named(name), end - timedelta(days=days), _volume(number))
    for name, days in AWAY.items():
        _join(hub, store, User(name, end - timedelta(days=days + 30), end - timedelta(days=days)), _volume(10))
    shares = replace(profile, storage_class=_FILE_SHARES)
    _join(hub, store, User(ON_SHARES, end - timedelta(days=30), end - timedelta(hours=5)), _volume(11), shares)
    for number, (name, days) in enumerate(DELETED.items()):
        _snapshot(store, profile, Named(name), end - timedelta(days=days), number)
    _twice(store, hub, end)


def _twice(store: Store, hub: HubUsers, end: datetime) -> None:
    """Give two users new, empty homes beside the real ones, as after a chart upgrade."""
    old = [user for user in hub.all() if user.old_scheme and not user.servers and "" in user.claims][:2]
    for number, user in enumerate(old):
        named = Named(user.name)
        home(store, hub.profile, named, end - timedelta(days=2), _volume(20 + number))
        user.claims[""] = named.claim


def _join(hub: HubUsers, store: Store, user: User, volume: str, profile: Profile | None = None) -> None:
    named = Named(user.name)
    hub.add(user)
    home(store, profile or hub.profile, named, user.created, volume)
    user.claims[""] = named.claim


def home(store: Store, profile: Profile, named: Named, created: datetime, volume: str) -> None:
    """Create a claim with its volume."""
    claim = bound_claim(named, profile, created, volume)
    claimed = store.create(PERSISTENT_VOLUME_CLAIM, profile.namespace, claim, backdate=True)
    store.create(PERSISTENT_VOLUME, None, bound_volume(volume, claimed, created), backdate=True)


def _volume(number: int) -> str:
    return f"pvc-7a41c0de-2b3c-4d5e-8f90-{number:012x}"


def _snapshot(store: Store, profile: Profile, named: Named, taken: datetime, number: int) -> None:
    """Create a snapshot that the bot took before it deleted the home, with all that is needed to restore that."""
    operation = f"5d8f2a106c1e{number:04x}"
    annotations = {"hub.jupyter.org/username": named.user}
    made = store.create(
        VOLUME_SNAPSHOT,
        profile.namespace,
        {
            "metadata": {
                "name": f"home-{operation}",
                "creationTimestamp": timestamp(taken),
                "labels": {"app.kubernetes.io/managed-by": "jhub-bot", "jhub-bot/operation": operation},
                "annotations": annotations,
            },
            "spec": {
                "volumeSnapshotClassName": "azuredisk-snapshots",
                "source": {"persistentVolumeClaimName": named.claim},
            },
        },
        backdate=True,
    )
    store.create(VOLUME_SNAPSHOT_CONTENT, None, _content(made), backdate=True)

    def ready(new: Json) -> None:
        new["status"] = {
            "boundVolumeSnapshotContentName": content_name(made),
            "creationTime": timestamp(taken),
            "readyToUse": True,
            "restoreSize": profile.capacity,
        }

    store.modify(VOLUME_SNAPSHOT, profile.namespace, made["metadata"]["name"], ready)


def _content(snapshot: Json) -> Json:
    metadata = snapshot["metadata"]
    return {
        "metadata": {"name": content_name(snapshot), "creationTimestamp": metadata["creationTimestamp"]},
        "spec": {
            "deletionPolicy": "Delete",
            "driver": "disk.csi.azure.com",
            "volumeSnapshotClassName": "azuredisk-snapshots",
            "source": {"volumeHandle": f"/subscriptions/sandbox/disks/{metadata['name']}"},
            "volumeSnapshotRef": {
                "kind": "VolumeSnapshot",
                "namespace": metadata["namespace"],
                "name": metadata["name"],
                "uid": metadata["uid"],
            },
        },
        "status": {"readyToUse": True, "snapshotHandle": f"/subscriptions/sandbox/snapshots/{metadata['name']}"},
    }
