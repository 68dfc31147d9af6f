"""The pod and the container that a log is read from."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from clients.kube import Pod
from commands.framework.argument_types import folded
from commands.framework.errors import UserError
from commands.framework.usage import quoted
from commands.kubernetes.components import USER_SERVER
from commands.logs.arguments import ContainerName, LogTarget
from commands.ports.context import Reads

# z2jh 4.4's and kubespawner 7.1's main containers, where a pod's own list does not begin with it.
_MAIN = {"autohttps": "traefik", USER_SERVER: "notebook"}
_ALIASES = {"users": USER_SERVER, "user": USER_SERVER, "servers": USER_SERVER, "singleuser": USER_SERVER}
_OFFERED = 5


@dataclass(frozen=True)
class LogSource:
    """A container of a pod; `containers` are all of that pod, `others` further pods that match."""

    pod: Pod
    container: str
    containers: tuple[str, ...]
    others: tuple[str, ...] = ()


async def find(target: LogTarget, container: ContainerName | None, reads: Reads) -> LogSource:
    """Return the matching source: of several pods the newest that is not ending. Raise UserError or Unavailable."""
    pods = await reads.kube.pods()
    found = _meant(target, pods)
    if not found:
        raise _nothing(target, pods)
    _check_one_user(found)
    chosen, *others = sorted(found, key=lambda pod: (pod.terminating, -_born(pod), pod.name))
    if others and target.lower() in (USER_SERVER, *_ALIASES):
        raise UserError(
            f"{len(found)} servers are running: name one user.",
            *(f"/jhub logs {quoted(pod.user)}" for pod in found[:3]),
        )
    name = _container(chosen, container)
    return LogSource(chosen, name, chosen.container_names, tuple(pod.name for pod in others))


def _meant(target: LogTarget, pods: Sequence[Pod]) -> list[Pod]:
    lower = target.lower()
    component = _ALIASES.get(lower, lower)
    for chosen in (
        [pod for pod in pods if pod.name == lower],
        [pod for pod in pods if pod.component == component],
        [pod for pod in pods if pod.user and pod.user == target],
        [pod for pod in pods if pod.user and folded(pod.user) == folded(target)],
    ):
        if chosen:
            return chosen
    return []


def _check_one_user(found: Sequence[Pod]) -> None:
    """Raise UserError if the pods are of users whose names differ in upper and lower case alone."""
    names = sorted({pod.user for pod in found if pod.user})
    if len(names) > 1 and len({folded(name) for name in names}) == 1:
        raise UserError(
            f"{' and '.join(names)} differ only in upper and lower case. Type the name exactly as the hub has it.",
            *(f"/jhub logs {quoted(name)}" for name in names[:_OFFERED]),
        )


def _born(pod: Pod) -> float:
    return pod.created.timestamp() if pod.created else 0.0


def _container(pod: Pod, wanted: ContainerName | None) -> str:
    names = pod.container_names
    if wanted is None:
        main = _MAIN.get(pod.component, "")
        return main if main in names or not names else names[0]
    if names and wanted not in names:
        hints = (f"/jhub logs {quoted(pod.user or pod.name)} {name}" for name in names)
        raise UserError(f"{pod.name} has no container “{wanted}”. It has {', '.join(names)}.", *hints)
    return str(wanted)


def _nothing(target: LogTarget, pods: Sequence[Pod]) -> UserError:
    components = {pod.component for pod in pods if pod.component and pod.component != USER_SERVER}
    users = {folded(pod.user): pod.user for pod in pods if pod.user}
    if "@" in target:
        close = [users[name] for name in get_close_matches(folded(target), users, n=3, cutoff=0.7)]
        why = f"{target} has no pod: no server of theirs is running or starting."
        return UserError(why, *(f"/jhub logs {quoted(name)}" for name in close), "/jhub users --active")
    near = [users[name] for name in get_close_matches(folded(target), users, n=2, cutoff=0.8)]
    close = near or get_close_matches(target, sorted(components), n=3, cutoff=0.5) or sorted(components)
    return UserError(
        f"Nothing called “{target}” is running now.", *(f"/jhub logs {quoted(name)}" for name in close[:_OFFERED])
    )
