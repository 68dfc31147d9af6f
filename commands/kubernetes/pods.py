"""The pods: node, age and state of each, and the reason why one does not run."""

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated

from cards.times import minute
from cards.views import Cell, Column, Status, Table, Tone, View
from clients.kube import Pod
from commands.framework.command import Arg, Level, Query, Topic
from commands.framework.errors import UserError
from commands.kubernetes.arguments import Component
from commands.kubernetes.components import USER_SERVER, age, condition, short_node
from commands.ports.context import Reads

_ALIASES = {"users": USER_SERVER, "user": USER_SERVER, "servers": USER_SERVER, "singleuser": USER_SERVER}
_COLUMNS = (
    Column("Pod or user", 6),
    Column("State", 5),
    Column("Restarts", 2, numeric=True),
    Column("Node", 5),
    Column("Age", 2),
)


@dataclass(frozen=True)
class Args:
    """A component; all without."""

    component: Annotated[Component | None, Arg("one component, e.g. hub, proxy or users", "hub")] = None


async def run(args: Args, reads: Reads) -> View:
    """Return the pods, those with a problem first."""
    pods = await reads.kube.pods()
    chosen = pods if args.component is None else _of(args.component, pods)
    ordered = sorted(chosen, key=lambda pod: (condition(pod)[1] in (Tone.GOOD, Tone.NOTE), pod.component, pod.name))
    tones = [condition(pod)[1] for pod in ordered]
    return Status(
        f"Pods of {args.component}" if args.component else "Pods",
        _headline(tones),
        _worst(tones),
        sections=(Table(_COLUMNS, tuple(_row(pod, reads) for pod in ordered), rest="/jhub pods <component>"),),
        as_of=minute(reads.now),
    )


def _of(component: Component, pods: list[Pod]) -> list[Pod]:
    wanted = _ALIASES.get(component, component)
    known = sorted({pod.component for pod in pods if pod.component})
    if wanted in known:
        return [pod for pod in pods if pod.component == wanted]
    close = get_close_matches(wanted, known, n=3, cutoff=0.5) or known
    raise UserError(f"“{component}” has no pods now.", *(f"/jhub pods {name}" for name in close[:5]))


def _headline(tones: list[Tone]) -> str:
    ready = sum(tone is Tone.GOOD for tone in tones)
    if not tones:
        return "No pods"
    if len(tones) == 1:
        return "The pod is ready" if ready else "The pod is not ready"
    return f"All {len(tones)} pods are ready" if ready == len(tones) else f"{ready} of {len(tones)} pods are ready"


def _worst(tones: list[Tone]) -> Tone:
    return next((tone for tone in (Tone.BAD, Tone.WARNING, Tone.WORKING) if tone in tones), Tone.GOOD)


def _name(pod: Pod) -> str:
    if not pod.user:
        return pod.name
    # kubespawner 7.1 labels the pods of named servers; the others have no such label.
    server = pod.labels.get("hub.jupyter.org/servername", "")
    return f"{pod.user} ({server})" if server else pod.user


def _row(pod: Pod, reads: Reads) -> tuple[Cell, ...]:
    words, tone = condition(pod)
    return (
        Cell(_name(pod)),
        Cell(words, tone),
        Cell(str(pod.restarts)),
        Cell(short_node(pod.node) or "none yet"),
        Cell(age(pod, reads.now)),
    )


COMMAND = Query(
    "pods",
    "Show the pods: where they run, since when, and why any of them does not.",
    Level.VIEWER,
    run,
    Args,
    topic=Topic.STATUS,
    rank=4,
)
