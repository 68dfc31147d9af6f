"""Messages of provisioners, the attach-detach controller and kubelet about missing disks, explained for people.

Messages as Kubernetes 1.27 to 1.35 and the CSI drivers of Azure, AWS, Google Cloud and OpenStack write them; errors of
the cloud itself stand inside. "Not found" is about what the text names: the machine, the disk, or something else.
"""

import re
from typing import Final

from commands.kubernetes.message_rules import MessageRule, meaning, rule
from commands.kubernetes.messages import quoted
from commands.kubernetes.problem import NODES, PODS, STORAGE, Cause, Trouble

_ABSENT: Final = r"(is |was |could |can)?(not (be )?found|does not exist|doesn't exist)"
# A name as errors write it: bare, in quotation marks or brackets, with a path before it.
_NAME: Final = r"[ (]{1,2}[\"'(]?[\w./-]{1,400}[\"')]?"
_PLACE: Final = r"[^ '\":]{1,300}['\"]?( under resource group ['\"]?[^ '\"]{1,90}['\"]?)?"
_ELSEWHERE: Final = (
    "Its disk is still attached to another node. Azure takes a few minutes to detach one; if that node has died, it "
    "takes longer."
)
# The first that fits. What is held or full says more than what is not found, and the machine comes before the disk:
# errors about a machine name the disk that was to be attached to it as well.
_ATTACHING: Final[tuple[MessageRule, ...]] = (
    rule(
        r"already used by pod\(s\) (?P<pods>[\w.-]{1,253}(, [\w.-]{1,253}){0,3})",
        Cause.DISK_ELSEWHERE,
        "Its disk is in use on another node, by {pods}. Only one node at a time can have it.",
        PODS,
    ),
    rule(
        r"multi-attach|already attached to|attached to another|already (being )?used by|already owned by|VolumeInUse"
        r"|currently being detached|AttachDiskWhileBeingDetached|RESOURCE_IN_USE_BY_ANOTHER|is still being used"
        r"|\bin use by ",
        Cause.DISK_ELSEWHERE,
        _ELSEWHERE,
        PODS,
    ),
    rule(
        r"maximum number of (data )?disks|attachment ?limit|maximum number of .{0,40}volumes"
        r"|exceed.{0,20}max.{0,20}volume",
        Cause.DISKS,
        "Its node is at its limit of disks.",
        PODS,
    ),
    # Before what is not found: of a disk that it may not see, the driver says both.
    rule(
        r"AuthorizationFailed|does not have authorization to perform",
        Cause.DISK,
        "The cluster’s identity may not use the disk in Azure: {said}.",
        STORAGE,
    ),
    rule(
        r"(not in the same|in a different|different|mismatched) (availability )?zone|zone mismatch"
        r"|is in zone .{1,60} (but|while|whereas) |zones? .{0,60}do(es)? not match"
        r"|cannot be attached to the VM because it is not in zone",
        Cause.ZONE,
        "Its disk is in a different zone from its node.",
        STORAGE,
    ),
    rule(
        rf"(virtualMachines|virtualMachineScaleSets|instances)/{_PLACE} {_ABSENT}|InvalidInstanceID|not a vmss instance"
        r"|is not an active Virtual Machine Scale Set VM"
        rf"|\b(nodes?|instance|vm|virtual machine|csinode|machine)( with (id|name))?({_NAME})? {_ABSENT}"
        r"|(could not|cannot|failed to|unable to) find (the )?(node|vm|instance|virtual machine|machine)\b"
        r"|parent resource '[^']{0,200}(vmss|virtualMachine)[^']{0,200}' not found"
        r"|\bserver [\w-]{1,80} could not be found"
        r"|csinodes\.storage\.k8s\.io \"[^\"]{1,253}\" not found",
        Cause.MACHINE_MISSING,
        "The machine of its node was not found, so its disk cannot be attached there. This says nothing "
        "against the disk. Stop the server and start it again, so that it can start on another node.",
        NODES,
    ),
    rule(
        r"does not contain driver (?P<driver>[\w.-]{1,120})",
        Cause.DISK,
        "The disk driver {driver} has not registered on its node, so its disk cannot be attached there.",
        NODES,
    ),
    rule(
        rf"disks/{_PLACE} {_ABSENT}|InvalidVolume\.NotFound"
        rf"|\b(volume|disk)( id| with (id|name)| named)?({_NAME})?( in resource group [^ ]{{1,90}})? {_ABSENT}"
        r"(?! (in|on|by) )|(could not|cannot|failed to|unable to) find (the )?(disk|volume)\b(?! (in|on|by) )",
        Cause.DISK_GONE,
        "Its disk was not found: {said}. Do not delete the claim before somebody has looked for the disk in Azure.",
        STORAGE,
    ),
)
_MISSING = re.compile(r'(?P<kind>secret|configmap)s? "(?P<name>[^"]+)" not found', re.IGNORECASE)
_KEY = re.compile(
    r"couldn't find key (?P<key>[^ ]{1,253}) in (?P<kind>secret|configmap) (?P<name>[^ ]{1,300})", re.IGNORECASE
)
_MOUNTING: Final[tuple[MessageRule, ...]] = (
    rule(
        r"no space left on device",
        Cause.NODE_PRESSURE,
        "The disk of its node is full: it cannot be mounted there.",
        NODES,
    ),
    # Any of its volumes, not only a disk: what keeps them is said elsewhere, or not at all.
    rule(
        r"unmounted volumes=\[(?P<names>[^\]]{1,300})\].{0,2000}(timed out waiting|deadline exceeded)",
        Cause.MOUNT_LATE,
        "Its volume {names} was not mounted in time; the cluster tries again.",
        STORAGE,
    ),
    rule(
        r"driver name (?P<driver>[\w.-]{1,120}) not found in the list of registered CSI drivers",
        Cause.DISK,
        "The volume driver {driver} is not registered on its node, so its volume cannot be mounted there.",
        NODES,
    ),
    rule(
        r"wrong fs type|fsck.{0,80}(found errors|could not correct|unexpected inconsistency)|structure needs cleaning",
        Cause.DISK,
        "The file system on its disk cannot be mounted and may be damaged: {said}.",
        STORAGE,
    ),
)
_PROVISIONING: Final[tuple[MessageRule, ...]] = (
    rule(
        r'storageclass\.storage\.k8s\.io "(?P<name>[^"]{1,253})" not found',
        Cause.CLAIM_UNBOUND,
        "There is no storage class {name}.",
        STORAGE,
    ),
    rule(
        r"RequestDisallowedByPolicy",
        Cause.POLICY,
        "A policy of the organisation does not let the cluster create the disk: {said}.",
        STORAGE,
    ),
    rule(
        r"exceeded quota: (?P<quota>[^,]{1,253}), requested: (?P<asked>[^ ]{1,4000}?), used",
        Cause.QUOTA,
        "The namespace’s quota {quota} is used up ({asked} was requested).",
        STORAGE,
    ),
    rule(
        r"ScopeLocked",
        Cause.POLICY,
        "A lock in Azure does not let the cluster create the disk: {said}.",
        STORAGE,
    ),
    rule(
        r"exceeding approved [\w ]{1,80}? quota|\bQuotaExceeded\b|exceeding quota limit",
        Cause.DISK_QUOTA,
        "Azure creates no more disks: the subscription’s quota is used up.",
        STORAGE,
    ),
    rule(
        r"throttled|httpstatuscode: 429|too ?many ?requests",
        Cause.CLAIM_UNBOUND,
        "Azure throttles the cluster; it will request the disk again.",
        STORAGE,
    ),
    rule(
        r"exceed.{0,120}quota|quota.{0,120}exceed",
        Cause.DISK_QUOTA,
        "A quota does not allow its disk. The cluster says: {said}.",
        STORAGE,
    ),
    rule(
        r"AuthorizationFailed|does not have authorization",
        Cause.CLAIM_UNBOUND,
        "The cluster’s identity may not create disks in Azure.",
        STORAGE,
    ),
    rule(
        r"not (supported|available|offered) in .{0,60}zone|zone.{0,80}(not (supported|available|valid)|\binvalid\b)",
        Cause.ZONE,
        "No disk can be created in the requested zone: {said}.",
        STORAGE,
    ),
    rule(
        r"no storage class is set",
        Cause.CLAIM_UNBOUND,
        "No disk is free for it, and it names no storage class that could create one.",
        STORAGE,
    ),
)
_KINDS: Final = {"secret": "Secret", "configmap": "ConfigMap"}


def attach(message: str) -> Trouble:
    """Explain `FailedAttachVolume`."""
    known = meaning(_ATTACHING, message, said=quoted(message))
    return known or Trouble(Cause.DISK, f"Its disk is not attached. The cluster says: {quoted(message)}.", STORAGE)


def mount(message: str) -> Trouble:
    """Explain `FailedMount`."""
    known = setting_missing(message) or meaning(_MOUNTING, message, said=quoted(message))
    words = f"A volume of it is not mounted. Its node says: {quoted(message)}."
    return known or Trouble(Cause.DISK, words, STORAGE)


def setting_missing(message: str) -> Trouble | None:
    """Explain a Secret or ConfigMap, or a key of it, that does not exist; None where it is something else."""
    if missing := _MISSING.search(message):
        words = f"The {_KINDS[missing['kind'].lower()]} {missing['name']} that it mounts does not exist."
        return Trouble(Cause.SETTINGS_MISSING, words)
    if missing := _KEY.search(message):
        what = f"{_KINDS[missing['kind'].lower()]} {missing['name'].rpartition('/')[2]}"
        return Trouble(Cause.SETTINGS_MISSING, f"The {what} has no key {missing['key']}, which it needs.")
    return None


def provisioning(message: str) -> Trouble:
    """Explain `ProvisioningFailed` and `FailedBinding` for a claim."""
    known = meaning(_PROVISIONING, message, said=quoted(message))
    words = f"No disk was created for it. The cluster says: {quoted(message)}."
    return known or Trouble(Cause.CLAIM_UNBOUND, words, STORAGE)


def lost(message: str, claim: str = "") -> Trouble:
    """Explain `ClaimLost` for that claim."""
    whose = f"the claim {claim}" if claim else "a claim"
    words = f"The volume of {whose} no longer exists in Kubernetes: {quoted(message)}. Look for its disk in Azure."
    return Trouble(Cause.DISK_GONE, words, STORAGE)
