"""An image that comes onto nodes: a puller of the bot's own, watched node by node, and gone at the end.

It leaves nothing behind: what a crash left is begun again by the same operation, which finds its own puller and
removes it; what nobody goes on with, the next one removes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from clients.errors import Unavailable
from clients.kube import DaemonSet, Node, Pod, Waiting
from commands.framework.command import Steps
from commands.framework.errors import UserError
from commands.framework.polling import until
from commands.images.puller_spec import OURS, puller
from commands.kubernetes.components import short_node
from commands.kubernetes.image_pull_failures import is_hopeless, pull_problem
from commands.kubernetes.messages import shown
from commands.ports.context import Reads
from commands.storage.snapshots import OPERATION

# Ten gigabytes over a slow line, in seconds; who waits longer than that waits for something else.
PATIENCE: Final = 1800.0
# What Kubernetes calls it where a quota or a policy refuses a pod.
_REFUSED: Final = "FailedCreate"


@dataclass(frozen=True)
class Pulled:
    """How far it came: nodes that have the image, and those that lack it with the reason in words.

    `problem` is why waiting longer would not have helped, `message` the cluster's own words for it. `unready` are nodes
    that were not waited for.
    """

    have: tuple[str, ...] = ()
    lack: tuple[str, ...] = ()
    unready: tuple[str, ...] = ()
    problem: str = ""
    message: str = ""

    @property
    def done(self) -> bool:
        """Whether every node that could have it does."""
        return bool(self.have) and not self.lack and not self.problem


@dataclass
class _Seen:
    """What was seen last, for when the time is over."""

    pulled: Pulled = field(default_factory=Pulled)


async def own_pullers(reads: Reads) -> list[DaemonSet]:
    """The bot's pullers that are there."""
    return await reads.kube.daemon_sets(OURS)


async def forsaken(reads: Reads) -> tuple[DaemonSet, ...]:
    """The pullers of operations that have ended: nobody will remove them."""
    there = await own_pullers(reads)
    if not there:
        return ()
    at_work = {one.id for one in await reads.work.open()}
    return tuple(one for one in there if one.labels.get(OPERATION) not in at_work)


async def clear(do: Steps) -> tuple[str, ...]:
    """Remove what earlier operations left; the names of it."""
    left = [one for one in await forsaken(do.reads) if one.labels.get(OPERATION) != do.operation]
    for one in left:
        await do.writes.kube.delete_daemon_set(one.name, one.uid)
    return tuple(one.name for one in left)


async def pull(image: str, users_only: bool, do: Steps) -> Pulled:
    """Have the nodes pull `image`, wait until they have, and take the puller away again, whatever came of it."""
    release = await do.reads.releases.deployed() or await do.reads.releases.current()
    if release is None:
        raise UserError(f"There is no longer a release “{do.reads.names.release}”.")
    made = await do.writes.kube.create_puller(puller(do.operation, image, release, users_only=users_only))
    seen = _Seen()
    try:
        await until(lambda: _look(seen, do), do, seconds=PATIENCE)
    except Exception:
        await _remove(made, do)
        raise
    await _remove(made, do)
    return seen.pulled


async def _remove(made: DaemonSet, do: Steps) -> None:
    """Take the puller away; that it stays is no reason to call the image not pulled."""
    try:
        await do.writes.kube.delete_daemon_set(made.name, made.uid)
    except Unavailable as error:
        do.warn(f"The puller {made.name} still exists: {error}. The next prepull removes it.")


async def _look(seen: _Seen, do: Steps) -> Pulled | None:
    """How far it is; None while that is worth waiting for."""
    kube = do.reads.kube
    sets = await kube.daemon_sets(f"{OURS},{OPERATION}={do.operation}")
    pods, nodes = await kube.pods(f"{OPERATION}={do.operation}"), await kube.nodes()
    if not sets:
        seen.pulled = replace(seen.pulled, problem="Somebody has deleted the daemon set that made the nodes pull.")
        return seen.pulled
    if not sets[0].is_observed:
        do.tell("The cluster is looking for the nodes …")
        return None
    seen.pulled = state(sets[0], pods, nodes)
    do.tell(*_lines(seen.pulled))
    await _warn(sets[0], pods, do)
    return seen.pulled if seen.pulled.problem or not seen.pulled.lack else None


async def _warn(its: DaemonSet, pods: Sequence[Pod], do: Steps) -> None:
    """Say what keeps nodes from pulling, while there may be hope yet."""
    for pod in pods:
        if pod.pull_failure is not None:
            do.warn(pull_problem(pod.pull_failure))
    if len(pods) < its.wanted:
        for event in await do.reads.kube.events():
            if (event.reason, event.name, event.uid or its.uid) == (_REFUSED, its.name, its.uid):
                do.warn(f"The cluster does not create a pod for it: {shown(event.message)}")


def state(its: DaemonSet, pods: Sequence[Pod], nodes: Sequence[Node]) -> Pulled:
    """Where the image is by now. A node that is not ready pulls nothing, and is not waited for."""
    asleep = {node.name for node in nodes if not node.ready}
    alive = [pod for pod in pods if not pod.terminating]
    have = tuple(sorted(pod.node for pod in alive if pod.is_ready and pod.node not in asleep))
    waiting = [pod for pod in alive if not pod.is_ready]
    unready = tuple(sorted(pod.node for pod in alive if pod.node in asleep))
    lack = [f"{_place(pod)}: {_why(pod)}" for pod in waiting if pod.node not in asleep]
    missing = its.wanted - len(have) - len(unready) - len(lack)
    lack += ["a node that has no pod for it yet"] * max(0, missing)
    hopeless = _hopeless(waiting)
    problem = pull_problem(hopeless) if hopeless else ""
    return Pulled(have, tuple(sorted(lack)), unready, problem, hopeless.message if hopeless else "")


def _hopeless(pods: Sequence[Pod]) -> Waiting | None:
    failures = (pod.pull_failure for pod in pods)
    return next((one for one in failures if one is not None and is_hopeless(one)), None)


def _place(pod: Pod) -> str:
    return short_node(pod.node) if pod.node else "no node yet"


def _why(pod: Pod) -> str:
    if pod.pull_failure is not None:
        return "cannot pull it"
    return pod.problem or ("pulling" if pod.node else "waiting for room")


def _lines(pulled: Pulled) -> tuple[str, ...]:
    """Nodes that are still at it first."""
    lines = [*pulled.lack, *(f"{short_node(node)}: not ready, so not waited for" for node in pulled.unready)]
    lines += [f"{short_node(node)}: has it" for node in pulled.have]
    return tuple(lines)
