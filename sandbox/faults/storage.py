"""Disks that cannot be made, or hang at another node, and snapshots that fail.

The switches are annotations, so that kubectl can set them as well: `sandbox/provision-error` on a storage class,
`sandbox/attached-to` on a claim, `sandbox/snapshot-error` on a snapshot class.
"""

from typing import Final

from sandbox.apiserver.objects.resource_kinds import PERSISTENT_VOLUME_CLAIM, STORAGE_CLASS, VOLUME_SNAPSHOT_CLASS
from sandbox.apiserver.storage.store import Store
from sandbox.controllers.claims import PROVISION_ERROR
from sandbox.controllers.snapshots import SNAPSHOT_ERROR
from sandbox.faults.notes import note
from sandbox.faults.servers import start, stop_stuck
from sandbox.jupyterhub.users import HubUsers
from sandbox.kubelet.pods import ATTACHED

NO_QUOTA: Final = (
    'rpc error: code = Internal desc = Retriable: false, RetryAfter: 0s, HTTPStatusCode: 403, RawError: {"error": '
    '{"code": "OperationNotAllowed", "message": "Operation could not be completed as it results in exceeding approved '
    'StandardSSDDiskCount quota."}}'
)
_SNAPSHOT: Final = (
    "Failed to check and update snapshot content: failed to take snapshot of the volume: rpc error: code = Internal "
    "desc = create snapshot error: the number of snapshots exceeds the quota"
)


def begin(store: Store, users: HubUsers, waiting: int = 2, error: str = NO_QUOTA) -> list[str]:
    """Let provisioning of disks fail, while users without one start a server. Return their names."""
    for one in store.list(STORAGE_CLASS):
        note(store, STORAGE_CLASS, None, str(one["metadata"]["name"]), {PROVISION_ERROR: error})
    return start(users, waiting)


def begin_snapshots(store: Store, error: str = _SNAPSHOT) -> None:
    """Let every snapshot fail."""
    for one in store.list(VOLUME_SNAPSHOT_CLASS):
        note(store, VOLUME_SNAPSHOT_CLASS, None, str(one["metadata"]["name"]), {SNAPSHOT_ERROR: error})


def heal(store: Store, namespace: str, users: HubUsers) -> list[str]:
    """Let disks be provisioned, detached and snapshotted again. Return the users whose stuck servers were stopped."""
    for one in store.list(STORAGE_CLASS):
        note(store, STORAGE_CLASS, None, str(one["metadata"]["name"]), {PROVISION_ERROR: None})
    for one in store.list(VOLUME_SNAPSHOT_CLASS):
        note(store, VOLUME_SNAPSHOT_CLASS, None, str(one["metadata"]["name"]), {SNAPSHOT_ERROR: None})
    for one in store.list(PERSISTENT_VOLUME_CLAIM, namespace):
        note(store, PERSISTENT_VOLUME_CLAIM, namespace, str(one["metadata"]["name"]), {ATTACHED: None})
    return stop_stuck(users)
