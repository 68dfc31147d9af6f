"""What provisioners, the attach-detach controller and kubelet say of disks that are not there, in words for people.

Messages as Kubernetes 1.32 and azuredisk-csi-driver 1.3x write them; Azure's own errors stand inside.
"""

import re
from typing import Final

from commands.trouble import PODS, STORAGE, Cause, Trouble

_VOLUME = re.compile(r'(?:volume|claim) "(?P<volume>[^"]+)"')
_MISSING = re.compile(r'(?P<kind>secret|configmap) "(?P<name>[^"]+)" not found', re.IGNORECASE)
_PROVISIONING: Final = (
    (
        ("quota", "exceeding approved"),
        Cause.DISK_QUOTA,
        "Azure creates no more disks: the subscription’s quota is used up.",
    ),
    (
        ("throttled", "httpstatuscode: 429"),
        Cause.CLAIM_UNBOUND,
        "Azure throttles the cluster; it will request the disk again.",
    ),
    (("zone",), Cause.ZONE, "No disk can be created in the requested zone."),
    (
        ("authorizationfailed", "does not have authorization"),
        Cause.CLAIM_UNBOUND,
        "The cluster’s identity may not create disks in Azure.",
    ),
    (
        ("no storage class is set",),
        Cause.CLAIM_UNBOUND,
        "No disk is free for it, and it names no storage class that could create one.",
    ),
)
_CLASS = re.compile(r'storageclass\.storage\.k8s\.io "(?P<name>[^"]+)" not found')


def attach(message: str) -> Trouble:
    """What `FailedAttachVolume` means."""
    said = message.lower()
    if "multi-attach" in said or "already attached to" in said or "attached to another" in said:
        words = "Its disk is still attached to another node. Azure takes a few minutes to detach one"
        return Trouble(Cause.DISK_ELSEWHERE, f"{words}; if that node has died, it takes longer.", PODS)
    if "maximum number of data disks" in said or "attachment limit" in said:
        return Trouble(Cause.DISKS, "Its node is at its limit of disks.", PODS)
    if "zone" in said:
        return Trouble(Cause.ZONE, "Its disk is in a different zone from its node.", STORAGE)
    if "not found" in said or "notfound" in said or "does not exist" in said:
        return Trouble(Cause.DISK_GONE, "Its disk does not exist in Azure.", STORAGE)
    return Trouble(Cause.DISK, "Its disk cannot be attached yet; the cluster tries again.", STORAGE)


def mount(message: str) -> Trouble:
    """What `FailedMount` means."""
    if missing := _MISSING.search(message):
        words = f"The {_KINDS[missing['kind'].lower()]} {missing['name']} that it mounts does not exist."
        return Trouble(Cause.SETTINGS_MISSING, words)
    if "timed out waiting for the condition" in message or "timeout expired waiting" in message:
        return Trouble(Cause.DISK, "Its disk was not attached in time; the cluster tries again.", STORAGE)
    if "fsck" in message or "wrong fs type" in message:
        return Trouble(Cause.DISK, "The file system on its disk is damaged.", STORAGE)
    return Trouble(Cause.DISK, "A volume of it cannot be mounted yet; the cluster tries again.", STORAGE)


_KINDS = {"secret": "Secret", "configmap": "ConfigMap"}


def provisioning(message: str) -> Trouble:
    """What `ProvisioningFailed` and `FailedBinding` mean for a claim."""
    if known := _CLASS.search(message):
        return Trouble(Cause.CLAIM_UNBOUND, f"There is no storage class {known['name']}.", STORAGE)
    said = message.lower()
    for marks, cause, words in _PROVISIONING:
        if any(mark in said for mark in marks):
            return Trouble(cause, words, STORAGE)
    return Trouble(Cause.CLAIM_UNBOUND, "No disk could be created for it; the cluster tries again.", STORAGE)


def lost(message: str) -> Trouble:
    """What `ClaimLost` means."""
    del message
    return Trouble(Cause.DISK_GONE, "The disk of a home no longer exists, and its files are lost.", STORAGE)
