"""The components of a JupyterHub by their pods: how many are ready, restarts, problems."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cards.views import Tone
from clients.kube import Pod
from commands.timing.durations import spoken

# z2jh 4.4 labels each pod with its component; these belong to users, not to the hub itself.
USER_SERVER = "singleuser-server"
_NOT_PARTS = (USER_SERVER, "user-placeholder", "hook-image-puller", "hook-image-awaiter", "image-puller")
# AKS names a scale set's machines so (AgentPool name, hash, number in base 36).
_AKS_NODE = re.compile(r"aks-(?P<pool>[a-z0-9]+)-\d+-(?P<machine>vmss[0-9a-z]+)")
# Without these nobody can log in or reach a server.
ESSENTIAL = ("hub", "proxy")


@dataclass(frozen=True)
class ComponentState:
    """One component with counts of its pods. `problem` is empty when all is well."""

    name: str
    ready: int
    total: int
    restarts: int
    problem: str = ""

    @property
    def tone(self) -> Tone:
        """Good when all pods are ready."""
        if not self.problem:
            return Tone.GOOD
        return Tone.BAD if self.ready == 0 else Tone.WARNING


def parts(pods: Sequence[Pod]) -> tuple[ComponentState, ...]:
    """Return the components of the hub itself, essential ones first and present even without a pod."""
    by_name: dict[str, list[Pod]] = defaultdict(list)
    for name in ESSENTIAL:
        by_name[name] = []
    for pod in pods:
        if pod.component and pod.component not in _NOT_PARTS and not pod.terminating:
            by_name[pod.component].append(pod)
    return tuple(_part(name, found) for name, found in by_name.items())


def servers(pods: Sequence[Pod]) -> list[Pod]:
    """Return the pods that are users' servers."""
    return [pod for pod in pods if pod.component == USER_SERVER]


def _part(name: str, pods: Sequence[Pod]) -> ComponentState:
    if not pods:
        return ComponentState(name, 0, 0, 0, "no pod exists")
    problems = [pod.problem or "not ready yet" for pod in pods if not pod.is_ready]
    ready = sum(pod.is_ready for pod in pods)
    return ComponentState(name, ready, len(pods), sum(pod.restarts for pod in pods), problems[0] if problems else "")


def short_node(name: str) -> str:
    """Return a short name of a node: for `aks-users-31415926-vmss000002` it is `users vmss000002`."""
    match = _AKS_NODE.fullmatch(name)
    return f"{match['pool']} {match['machine']}" if match else name


def plain(image: str) -> str:
    """Return an image's name and tag: without its digest where it has a tag as well."""
    name, _, digest = image.partition("@")
    return name if ":" in name.rpartition("/")[2] or not digest else image


def condition(pod: Pod) -> tuple[str, Tone]:
    """Return a pod's state in a few words, and the tone of it."""
    if pod.terminating:
        return "stopping", Tone.WORKING
    if pod.is_ready:
        return "ready", Tone.GOOD
    if pod.phase == "Succeeded":
        return "completed", Tone.GOOD
    if pod.problem:
        return pod.problem, Tone.BAD if pod.pull_failure or pod.phase == "Failed" else Tone.WARNING
    return ("starting", Tone.WORKING) if pod.phase in ("Pending", "Running") else (pod.phase, Tone.WARNING)


def age(pod: Pod, now: datetime) -> str:
    """Return the pod's age in words."""
    return spoken(now - pod.created) if pod.created else "—"
