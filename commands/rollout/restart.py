"""`/jhub restart`: replace the pods of one part of the hub, as `kubectl rollout restart` does.

Only annotations of the pods' template change. Helm does not own those, by whichever way it applies a release: its next
upgrade leaves them, so nothing is restarted a second time.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Final

from cards.views import Fact, Facts, Failure, Notice, Plan, Tone, typing
from clients.errors import NotFound, Unavailable
from clients.kube import Deployment, Pod
from commands.framework.command import Arg, Change, Level, Steps, Topic
from commands.framework.effects import NOTHING
from commands.framework.errors import UserError
from commands.framework.partial_results import attempt
from commands.framework.plan_digest import incidental
from commands.framework.polling import until
from commands.kubernetes.components import servers
from commands.ports.context import Reads
from commands.release.record import is_pending
from commands.rollout.arguments import RESTARTABLE, RestartTarget
from commands.rollout.readiness import blockages
from commands.timing.durations import spoken

# The hub's database is on a disk that its next pod has to attach; a node that lacks the image takes minutes.
PATIENCE: Final = 300.0

# By z2jh 4.4's design and JupyterHub 5.5: the hub puts lost routes back with its next round of looking for activity,
# which z2jh has it do each minute.
_INTERRUPTS: Final = {
    "hub": (
        "Logging in, starting and stopping servers pause until the new hub is ready, usually for less than a minute.",
        "Running servers go on, and people who work on them notice nothing.",
    ),
    "proxy": (
        "Every connection drops. The hub sets the new proxy up within about a minute; then open notebooks reconnect.",
        "Servers and what they compute go on meanwhile; nothing is lost but what nobody could save in that time.",
    ),
    "autohttps": (
        "Connections over HTTPS drop, and the hub’s address may not respond for some seconds.",
        "Servers go on, and the certificate is kept: it is in a Secret.",
    ),
    "user-scheduler": (
        "Servers that start at that moment are placed on a node a little later.",
        "Running servers go on, and people notice nothing.",
    ),
}

_NOW: Final = {
    "hub": "It answers again: people can log in and start servers.",
    "proxy": "It is ready. Until the hub has given it all routes, within about a minute, people may see an error page; "
    "reloading helps then.",
    "autohttps": "It is ready. /jhub cert shows the certificate that it serves.",
    "user-scheduler": "It is ready. Servers that waited for it are placed now.",
}
_LOOK_AROUND: Final = (typing("Show status", "/jhub status"),)


@dataclass(frozen=True)
class Args:
    """The part to restart."""

    part: Annotated[RestartTarget, Arg("hub, proxy, autohttps or user-scheduler", "hub")]


@dataclass(frozen=True)
class PartRestart:
    """The plan: which deployment, by its UID. What it finds there is only shown."""

    part: str
    uid: str
    smooth: bool = field(default=False, metadata=incidental())
    """True if new pods are ready before the old ones go."""
    starting: int = field(default=0, metadata=incidental())
    warnings: tuple[str, ...] = field(default=(), metadata=incidental())


@dataclass(frozen=True)
class Ready:
    """The end of the wait. `problem` says what is in the way, empty where the part is ready."""

    seconds: int = 0
    problem: str = ""


async def plan(args: Args, reads: Reads) -> PartRestart:
    """Plan the restart. Raise UserError for a part that this release does not have, or that has no pods."""
    found, pods, newest = await asyncio.gather(
        _deployment(args.part, reads), reads.kube.pods(), attempt("Kubernetes", reads.releases.current())
    )
    if not found.replicas:
        raise UserError(f"{args.part} is set to 0 replicas, so there is nothing to restart.", f"/jhub pods {args.part}")
    pending = newest is not None and not isinstance(newest, Unavailable) and is_pending(newest)
    warning = "Helm is at work on the release, or was killed: it may restart this part as well. See /jhub history."
    return PartRestart(
        args.part,
        found.uid,
        not found.recreates,
        _starting(pods) if args.part == "hub" else 0,
        (warning,) if pending else (),
    )


async def _deployment(part: str, reads: Reads) -> Deployment:
    try:
        return await reads.kube.deployment(part)
    except NotFound:
        others = await asyncio.gather(*(_exists(one, reads) for one in RESTARTABLE if one != part))
        there = [one for one in others if one]
        raise UserError(
            f"This release has no {part}." + (f" It has {_listed(there)}." if there else ""),
            *(f"/jhub restart {one}" for one in there),
        ) from None


async def _exists(part: str, reads: Reads) -> str:
    try:
        return (await reads.kube.deployment(part)).name
    except NotFound:
        return ""


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _starting(pods: Sequence[Pod]) -> int:
    return sum(not pod.is_ready and not pod.terminating for pod in servers(pods))


def preview(plan: PartRestart) -> Plan:
    """Show what the restart interrupts."""
    return Plan(
        f"Restart {plan.part}",
        "",
        (),
        (*_interrupted(plan), *_cut_off(plan.starting)),
        plan.warnings,
        f"Restart {plan.part} now?",
    )


def _interrupted(plan: PartRestart) -> tuple[str, ...]:
    noticed, goes_on = _INTERRUPTS[plan.part]
    if plan.smooth and plan.part != "user-scheduler":
        noticed = f"The new pod is ready before the old one goes. {noticed}"
    return noticed, goes_on


def _cut_off(starting: int) -> tuple[str, ...]:
    if not starting:
        return ()
    count = "1 server is" if starting == 1 else f"{starting} servers are"
    return (f"{count} starting now: if the start is cut off, the person has to start it again.",)


async def apply(plan: PartRestart, do: Steps) -> Notice | Failure:
    """Restart the part, and wait until it is ready."""
    if not await do.step(f"Restart {plan.part}", _restart, plan, do):
        missing = "Its deployment is missing or has been replaced in the meantime."
        return Failure(f"{plan.part} was not restarted", missing, (), (f"/jhub restart {plan.part}",))
    ready = await do.step("Wait until it is ready", _wait, plan, do)
    return _failed(plan, ready, do) if ready.problem else _done(plan, ready)


async def _restart(plan: PartRestart, do: Steps) -> bool:
    """Restart once, however often it is asked for: the deployment records whose restart it had."""
    try:
        known = await do.reads.kube.deployment(plan.part)
    except NotFound:
        return False
    if known.restart == do.operation:
        return True
    return await do.writes.kube.restart(plan.part, plan.uid, do.operation, do.now())


async def _wait(plan: PartRestart, do: Steps) -> Ready:
    """Wait until the part has new pods alone and they are ready; the hub has to answer, too."""
    try:
        found = await until(lambda: _look(plan, do), do, seconds=PATIENCE)
        return found or Ready(problem=await _in_the_way(plan, do))
    except Unavailable as error:
        return Ready(problem=f"{error}, so whether {plan.part} is ready is not known.")


async def _look(plan: PartRestart, do: Steps) -> Ready | None:
    try:
        known = await do.reads.kube.deployment(plan.part)
    except NotFound:
        return Ready(problem=f"The deployment {plan.part} was deleted after the restart.")
    if not known.is_rolled_out:
        do.tell(f"{plan.part} is starting …")
        return None
    if plan.part == "hub" and isinstance(answer := await attempt("The hub", do.reads.hub.version()), Unavailable):
        do.tell(f"The hub’s pod is ready; {answer} yet …")
        return None
    began = known.restarted if known.restart == do.operation and known.restarted else do.now()
    return Ready(max(0, round((do.now() - began).total_seconds())))


async def _in_the_way(plan: PartRestart, do: Steps) -> str:
    found = [one.words for one in await blockages(do.reads) if one.component == plan.part]
    return (
        found[0] if found else f"It was not ready within {PATIENCE / 60:.0f} minutes, and the cluster does not say why."
    )


def _done(plan: PartRestart, ready: Ready) -> Notice:
    took = (Facts((Fact("Took", spoken(timedelta(seconds=ready.seconds))),)),) if ready.seconds else ()
    return Notice(f"{plan.part} is restarted", _NOW[plan.part], Tone.GOOD, took, _LOOK_AROUND)


def _failed(plan: PartRestart, ready: Ready, do: Steps) -> Failure:
    stopped = "The waiting was stopped. " if do.stopping else ""
    return Failure(
        f"{plan.part} was restarted and is not ready",
        f"{stopped}{ready.problem}",
        advice=(f"/jhub pods {plan.part} shows its pods, and /jhub logs {plan.part} what it writes.",),
        buttons=_LOOK_AROUND,
    )


COMMAND = Change(
    "restart",
    "Restart a part of the hub that hangs.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=NOTHING,
    button="Restart it",
    details="Replaces the pods of hub, proxy, autohttps or user-scheduler, as `kubectl rollout restart` does, and "
    "waits until they are ready. Users’ servers go on. Nothing of the release changes, and helm’s next upgrade is not "
    "disturbed.",
    topic=Topic.STATUS,
    rank=24,
)
