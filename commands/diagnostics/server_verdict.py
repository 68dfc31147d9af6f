"""Verdicts on servers that do not start or do not answer: the cause of each, and the safe next step. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from cards.views import Tone
from clients.azure.aks import Pool
from clients.hub import HubServer
from clients.kube import Claim, Event, Node, Pod
from clients.kube.quantities import from_bytes
from commands.kubernetes.claim_names import possible_names
from commands.kubernetes.components import short_node
from commands.kubernetes.explanations import diagnose, explained
from commands.kubernetes.problem import PODS, Cause, Step, Trouble
from commands.kubernetes.termination_failures import held
from commands.nodes.pools import larger_range_line
from commands.spawner.runs import title
from commands.storage.homes import HomeOwner, quoted
from commands.timing.durations import spoken
from commands.timing.timestamps import ago

# A server that starts takes minutes at the worst: a new node and a large image.
_STARTING: Final = timedelta(minutes=5)
# What ends with the server: stopped, it is made anew at the next start, maybe elsewhere.
_STOPPED: Final = frozenset(
    {
        Cause.CRASH,
        Cause.OUT_OF_MEMORY,
        Cause.PROBE,
        Cause.NODE_LOST,
        Cause.EVICTED,
        Cause.CONFIG,
        Cause.DISK_ELSEWHERE,
        Cause.MACHINE_MISSING,
        Cause.NODE_REFUSED,
        Cause.CLAIM_GONE,
        Cause.OTHER,
    }
)
_STORED: Final = frozenset(
    {
        Cause.CLAIM_GONE,
        Cause.CLAIM_GOING,
        Cause.DISK_GONE,
        Cause.CLAIM_UNBOUND,
        Cause.ZONE,
        Cause.HOME_FULL,
    }
)
_SILENT: Final = Trouble(Cause.OTHER, "It has not become ready, and the cluster does not say why.", PODS)


@dataclass(frozen=True)
class Scene:
    """The findings around one person. Events are those of the last hour, the latest last."""

    person: HomeOwner
    pods: Sequence[Pod]
    events: Sequence[Event]
    nodes: Sequence[Node]
    pools: Sequence[Pool]
    now: datetime
    expands: Mapping[str, bool] = field(default_factory=dict)
    """Whether a storage class lets claims grow, by its name; empty if that is not known."""


@dataclass(frozen=True)
class ServerVerdict:
    """The verdict on one server. `steps` are safe to take, the first the likeliest to help."""

    who: str
    words: str
    tone: Tone
    steps: tuple[Step, ...] = ()
    pod: Pod | None = None
    says_full: bool = False
    """True if the server itself said that there is no room in its home."""
    is_final: bool = False
    """True if it is proven and does not pass by itself, however long one waits."""


def verdicts(scene: Scene) -> list[ServerVerdict]:
    """Return a verdict on each server that the hub or the cluster knows of, those in trouble first; maybe none."""
    found = [_of_pod(pod, scene) for pod in scene.pods]
    with_pod = {_server(pod, scene) for pod in scene.pods}
    found += [_without_pod(one, scene) for one in _known(scene) if one.name not in with_pod]
    return in_order(found)


def in_order(found: Sequence[ServerVerdict]) -> list[ServerVerdict]:
    """Return the verdicts with those in trouble first."""
    order = (Tone.BAD, Tone.WARNING, Tone.WORKING)
    return sorted(found, key=lambda one: order.index(one.tone) if one.tone in order else len(order))


def last_attempt(names: Sequence[str], events: Sequence[Event]) -> tuple[Event, Trouble] | None:
    """Return the last event of pods or claims of those names that explains a failed start, and its trouble."""
    for event in sorted(events, key=lambda one: (one.last is not None, one.last), reverse=True):
        if event.name in names and event.kind in ("Pod", "PersistentVolumeClaim"):
            # Once it ran, what was said before is of no matter.
            if event.reason == "Started":
                return None
            if (trouble := explained(event)) and not trouble.is_transient:
                return event, trouble
    return None


def _of_pod(pod: Pod, scene: Scene) -> ServerVerdict:
    who = title(scene.person.name, _server(pod, scene))
    if pod.terminating:
        return _stopping(pod, who, scene)
    if (node := next((one for one in scene.nodes if one.name == pod.node), None)) and not node.ready:
        words = f"It is on {short_node(node.name)}, which is not ready ({node.problem.rstrip('.')})."
        return ServerVerdict(who, words, Tone.BAD, (_stop(scene, pod), Step("Show nodes", "/jhub nodes")), pod)
    if (server := _of_hub(pod, scene)) is not None and server.stopping:
        words = (
            f"The hub is stopping it, on {short_node(pod.node) or 'no node'}; a new one can start once it has stopped."
        )
        return ServerVerdict(who, words, Tone.WORKING, (PODS,), pod)
    if pod.is_ready:
        return _running(pod, who, scene)
    waited = scene.now - (pod.created or scene.now)
    trouble = diagnose(pod, scene.events) or (_SILENT if waited > _STARTING else None)
    if trouble is None:
        return ServerVerdict(who, f"It has been starting for {spoken(waited)} so far.", Tone.WORKING, (), pod)
    tone = Tone.WORKING if trouble.is_transient else Tone.BAD
    trouble = replace(trouble, way=trouble.way or _of_home(trouble, pod, scene))
    says_full = trouble.cause is Cause.HOME_FULL
    return ServerVerdict(who, trouble.told, tone, _steps(trouble, pod, scene), pod, says_full)


def _of_home(trouble: Trouble, pod: Pod, scene: Scene) -> str:
    """Return what helps where the home itself is in the way, and who does it; else nothing."""
    if trouble.cause not in (Cause.HOME_FULL, Cause.ZONE):
        return ""
    home = next((one.claim for one in scene.person.homes if one.claim.name in pod.claims), None)
    if trouble.cause is Cause.HOME_FULL:
        return _of_full(home, scene)
    # Without a volume yet, none could be created there: that is another problem.
    if home is None or not home.volume:
        return ""
    return (
        f"A node in the zone of the disk of {home.name} is needed, since a disk stays in its zone; the volume "
        f"{home.volume} names it (nodeAffinity). Whoever looks after the cluster adds a node there, or gives a pool "
        "for users that zone; /jhub nodes shows the pools and how far they may grow."
    )


def _of_full(home: Claim | None, scene: Scene) -> str:
    what = f"the claim {home.name}" if home else "the claim of their home"
    kind = f"the storage class {home.storage_class}" if home and home.storage_class else "its storage class"
    known = scene.expands.get(home.storage_class) if home else None
    more = f" {quoted(scene.person.name)} {from_bytes(2 * home.size)}" if home and home.size else ""
    grows = {
        True: f"“/jhub storage grow{more}” enlarges {what} ({kind} allows that). Or whoever",
        False: f"Whoever looks after the cluster moves it to a larger claim ({kind} has no allowVolumeExpansion), or",
        None: f"“/jhub storage grow{more}” enlarges {what}, if {kind} has allowVolumeExpansion. Or whoever",
    }[known]
    deletes = "looks after the cluster deletes" if known is not False else "deletes"
    return (
        f"{grows} {deletes} files from a pod that mounts it: without a server that starts, they cannot delete any "
        "themselves. singleuser.storage.capacity changes only homes that are new."
    )


def _running(pod: Pod, who: str, scene: Scene) -> ServerVerdict:
    server = _of_hub(pod, scene)
    where = f"It is running on {short_node(pod.node)}, started {ago(pod.started, scene.now)}"
    if pod.restarts and pod.restarts > 1:
        words = f"{where}, and has restarted {pod.restarts} times."
        return ServerVerdict(who, words, Tone.WARNING, (_stop(scene, pod),), pod)
    if server is not None and not server.ready:
        words = f"{where}, but the hub cannot reach it yet. If that lasts, stop it and start it again."
        return ServerVerdict(who, words, Tone.WARNING, (_stop(scene, pod),), pod)
    if server is None and scene.person.account is not None:
        words = f"{where}, but the hub does not know it: it is a leftover and keeps a new one from starting."
        return ServerVerdict(who, words, Tone.BAD, (PODS,), pod)
    seen = f"; last active {ago(server.last_activity, scene.now)}" if server and server.last_activity else ""
    return ServerVerdict(who, f"{where}{seen}. Its pod is ready.", Tone.GOOD, (), pod)


def _stopping(pod: Pod, who: str, scene: Scene) -> ServerVerdict:
    if stuck := held(pod, scene.nodes, scene.now):
        return ServerVerdict(who, stuck.words, Tone.BAD, (*((stuck.step,) if stuck.step else ()), PODS), pod)
    words = f"It is stopping on {short_node(pod.node) or 'no node'}; a new one can start once it has stopped."
    return ServerVerdict(who, words, Tone.WORKING, (PODS,), pod)


def _without_pod(server: HubServer, scene: Scene) -> ServerVerdict:
    who = title(scene.person.name, server.name)
    if server.stopping:
        return ServerVerdict(who, "The hub is stopping it; its pod no longer exists.", Tone.WORKING)
    begun = ago(server.started, scene.now)
    state = "running" if server.ready else server.state
    words = f"According to the hub it is {state} since {begun}, but it has no pod."
    waited = scene.now - (server.started or scene.now)
    tone = Tone.BAD if waited > _STARTING else Tone.WORKING
    return ServerVerdict(who, words, tone, (_stop_line(scene, server.name),) if tone is Tone.BAD else ())


def _steps(trouble: Trouble, pod: Pod, scene: Scene) -> tuple[Step, ...]:
    steps = []
    if trouble.cause is Cause.POOL_FULL and (more := larger_range_line(scene.pools)):
        steps.append(Step("Allow one more node", more))
    if trouble.cause in _STORED:
        steps.append(Step("Show the homes", f"/jhub storage show {quoted(scene.person.name)}"))
    # What has failed does not start again, whatever the cause.
    if trouble.cause in _STOPPED or pod.phase == "Failed":
        steps.append(_stop(scene, pod))
    return (*steps, *((trouble.step,) if trouble.step else ()))


def _stop(scene: Scene, pod: Pod) -> Step:
    return _stop_line(scene, _server(pod, scene))


def _stop_line(scene: Scene, server: str) -> Step:
    more = f" --server {quoted(server)}" if server else ""
    return Step("Stop the server", f"/jhub server stop {quoted(scene.person.name)}{more}")


def _known(scene: Scene) -> Sequence[HubServer]:
    return scene.person.account.servers if scene.person.account else ()


def _of_hub(pod: Pod, scene: Scene) -> HubServer | None:
    """Return the hub's record of the pod's server, or None if it has none."""
    return next((one for one in _known(scene) if one.name == _server(pod, scene)), None)


def _server(pod: Pod, scene: Scene) -> str:
    """Return the name of the pod's server, told by the pod's own: pods are named as claims are, by either scheme."""
    if len(_known(scene)) == 1 and len(scene.pods) == 1:
        return _known(scene)[0].name
    names = possible_names({scene.person.name, pod.user}, {"", *(one.name for one in _known(scene))})
    label = pod.labels.get("hub.jupyter.org/servername", "")
    return names.get(pod.name.replace("jupyter-", "claim-", 1), label)
