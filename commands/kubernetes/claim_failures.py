"""Messages about claims that a pod mounts, explained for people. As kube-scheduler and kubelet 1.32 write them."""

import re
from typing import Final

from commands.framework.argument_types import HUB_DATABASE
from commands.kubernetes.problem import STORAGE, Cause, Step, Trouble

_CLAIM = re.compile(r'persistentvolumeclaims? "(?P<claim>[^"]+)"')
# Where the chart's values say what a pod of that name mounts beside its own claim.
_MOUNTS: Final = {"jupyter-": "singleuser.storage.extraVolumes", "hub-": "hub.extraVolumes"}


def about_claims(message: str, pod: str = "") -> Trouble | None:
    """Explain a message about a claim that a pod mounts; None where it is about something else."""
    claim = _CLAIM.search(message)
    name = claim["claim"] if claim else ""
    its = _called(name, pod)
    said = message[claim.end() :] if claim else ""
    if claim and said.startswith(" not found"):
        return _without_claim(name, pod)
    if claim and said.startswith(" is being deleted"):
        return Trouble(Cause.CLAIM_GOING, f"{its} is being deleted.", STORAGE)
    if "non-existent persistentvolume" in message or "bound to non-existent pv" in message:
        words = f"The volume of {its[:1].lower()}{its[1:]} does not exist in Kubernetes. Look for its disk in Azure."
        return Trouble(Cause.DISK_GONE, words, STORAGE)
    if "unbound immediate PersistentVolumeClaims" in message:
        return Trouble(Cause.CLAIM_UNBOUND, "A volume claim that it mounts has no disk yet.", STORAGE)
    return None


def _called(claim: str, pod: str) -> str:
    """Return the name of a claim for people: only a user's own is a home."""
    if claim == HUB_DATABASE:
        return f"The hub's database claim {claim}"
    if not claim:
        return "A volume claim that it mounts"
    return f"Its home {claim}" if _is_home(claim, pod) else f"The volume claim {claim}, which it mounts,"


def _is_home(claim: str, pod: str) -> bool:
    """Return True if it is named as kubespawner names homes: after the user, as the pod is."""
    user = pod.removeprefix("jupyter-") if pod.startswith("jupyter-") else ""
    return claim.startswith("claim-") or bool(user and claim.endswith(f"-{user}"))


def _without_claim(claim: str, pod: str) -> Trouble:
    if claim == HUB_DATABASE:
        words = (
            f"The hub's database claim {claim} does not exist. In it the hub keeps all users and servers that it "
            "knows. The homes are claims of their own."
        )
        return Trouble(Cause.HUB_CLAIM_GONE, words, Step("Show history", "/jhub history"))
    if _is_home(claim, pod):
        words = f"Its home {claim} does not exist. The hub remembers one that was deleted."
        return Trouble(Cause.CLAIM_GONE, words, STORAGE)
    where = next((values for name, values in _MOUNTS.items() if pod.startswith(name)), "the values that mount it")
    words = f"The volume claim {claim}, which it mounts, does not exist. Create it, or remove it from {where}."
    return Trouble(Cause.CLAIM_MISSING, words, STORAGE)
