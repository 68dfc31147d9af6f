"""Disks that do not grow: Azure refuses, takes long, or does so only while no machine has the disk.

The switches are annotations of the storage classes, so that kubectl can set them as well: `sandbox/resize-error`,
`sandbox/resize-seconds`, `sandbox/resize-offline`.
"""

from typing import Final

from sandbox.apiserver.objects.resource_kinds import STORAGE_CLASS
from sandbox.apiserver.storage.store import Store
from sandbox.controllers.expansion import RESIZE_ERROR, RESIZE_OFFLINE, RESIZE_SECONDS
from sandbox.faults.notes import note

HOWS: Final = ("refused", "slow", "attached")

_REFUSED: Final = (
    "rpc error: code = Internal desc = failed to resize disk: Retriable: false, RetryAfter: 0s, HTTPStatusCode: 403, "
    'RawError: {"error": {"code": "OperationNotAllowed", "message": "Operation could not be completed as it results in '
    'exceeding approved DiskCapacityGiB quota."}}'
)
_NOTES: Final = {
    "refused": {RESIZE_ERROR: _REFUSED},
    "slow": {RESIZE_SECONDS: "900"},
    "attached": {RESIZE_OFFLINE: "true"},
}
_SAID: Final = {
    "slow": "A disk takes 15 minutes to grow, until “/sandbox heal grow”.",
    "attached": "A disk grows only while no running server has it.",
}


def begin(store: Store, how: str) -> list[str]:
    """Have the disks of every class not grow in that way. Return the classes."""
    heal(store)
    names = [str(one["metadata"]["name"]) for one in store.list(STORAGE_CLASS)]
    for name in names:
        note(store, STORAGE_CLASS, None, name, _NOTES[how])
    return names


def heal(store: Store) -> list[str]:
    """Let disks grow again. Return the classes."""
    names = [str(one["metadata"]["name"]) for one in store.list(STORAGE_CLASS)]
    for name in names:
        note(store, STORAGE_CLASS, None, name, dict.fromkeys((RESIZE_ERROR, RESIZE_SECONDS, RESIZE_OFFLINE)))
    return names


def note_of(how: str) -> str:
    """Say what helps besides mending."""
    return _SAID.get(how, "")
