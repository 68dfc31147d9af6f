"""The hub and what belongs to it: pods that are not ready or start again and again, a hub that does not answer."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.alerts.finding import Finding, Severity, Watcher
from cards.views import Button, Fact, typing
from clients.errors import Unavailable
from clients.helm import Release
from clients.kube import Event, Pod
from commands.framework.partial_results import attempt
from commands.kubernetes.components import ESSENTIAL, ComponentState, parts
from commands.kubernetes.crash_advice import crash_advice
from commands.kubernetes.explanations import diagnose, explained
from commands.kubernetes.problem import Trouble
from commands.logs.crash_output import with_last_words
from commands.ports.context import Reads
from commands.ports.operations import WorkState

_EVENTS: Final = timedelta(hours=1)
# A pod that was started so often within the events' hour, the last time lately, is not well although it runs.
_OFTEN: Final = 3
_LATELY: Final = timedelta(minutes=20)
# So many pods' logs are read: the first of each part is what is shown.
_HEARD: Final = 5
_MEANS: Final = {
    "hub": "Nobody can log in or start a server. Running servers continue.",
    "proxy": "Nobody can reach the hub or their server.",
    "autohttps": "The hub’s address does not answer over HTTPS.",
    "user-scheduler": "New servers are not placed on a node.",
}


async def look(reads: Reads) -> Sequence[Finding]:
    """Ask for the pods, and the hub for its version. Raise Unavailable of Kubernetes."""
    pods, events, answer, work = await asyncio.gather(
        reads.kube.pods(),
        reads.kube.events(reads.now - _EVENTS),
        attempt("The hub", reads.hub.version()),
        reads.work.open(),
    )
    silence = answer if isinstance(answer, Unavailable) else None
    changing = any(one.state is WorkState.RUNNING for one in work)
    known, newest = await _last_words(pods, reads)
    return judge(known, events, silence, reads.now, changing=changing, newest=newest)


async def _last_words(pods: Sequence[Pod], reads: Reads) -> tuple[list[Pod], Release | None]:
    """Return the pods with the last words of parts that crash, and the newest revision where there are such parts."""
    names = {part.name for part in parts(pods) if part.problem}
    ill = [pod for pod in pods if pod.component in names and pod.crash and not pod.is_ready][:_HEARD]
    if not ill:
        return list(pods), None
    heard, newest = await asyncio.gather(
        attempt("Kubernetes", with_last_words(ill, reads)), attempt("Kubernetes", reads.releases.current())
    )
    told = {} if isinstance(heard, Unavailable) else {pod.name: pod for pod in heard}
    return [told.get(pod.name, pod) for pod in pods], None if isinstance(newest, Unavailable) else newest


def judge(
    pods: Sequence[Pod],
    events: Sequence[Event],
    silence: Unavailable | None,
    now: datetime,
    *,
    changing: bool = False,
    newest: Release | None = None,
) -> list[Finding]:
    """Return findings about the hub's own parts; `silence` is why the hub did not answer. Pure.

    `newest` is the release's newest revision, if it is known.

    While the bot itself is `changing` something, parts are started anew: only what explains itself is wrong then.
    """
    down = [(part, _ill(part, pods)) for part in parts(pods) if part.problem]
    troubles = [(part, ill, _first_trouble(ill, events) or _unmade(part, events)) for part, ill in down]
    found = [_down(part, ill, trouble, newest) for part, ill, trouble in troubles if trouble or not changing]
    found += [_restless(pod, event) for pod in _of(pods) if (event := _restarts(pod, events, now))]
    is_down = any(part.name in ESSENTIAL and part.ready == 0 for part, _ in down)
    return found if silence is None or is_down or changing else [*found, _silent(silence)]


def _of(pods: Sequence[Pod]) -> list[Pod]:
    known = {part.name for part in parts(pods)}
    return [pod for pod in pods if pod.component in known and pod.is_ready]


def _ill(part: ComponentState, pods: Sequence[Pod]) -> list[Pod]:
    return [pod for pod in pods if pod.component == part.name and not pod.is_ready and not pod.terminating]


def _first_trouble(ill: Sequence[Pod], events: Sequence[Event]) -> Trouble | None:
    found = (diagnose(pod, events) for pod in ill)
    return next((trouble for trouble in found if trouble and not trouble.is_transient), None)


def _unmade(part: ComponentState, events: Sequence[Event]) -> Trouble | None:
    """Return why a part's pods cannot even be created, as its controller says. The chart names those after the part."""
    if part.total:
        return None
    said = [event for event in events if event.reason == "FailedCreate" and event.name.startswith(f"{part.name}-")]
    return explained(said[-1]) if said else None


def _down(part: ComponentState, ill: Sequence[Pod], trouble: Trouble | None, newest: Release | None) -> Finding:
    cause = trouble.words if trouble else f"{part.problem[:1].upper()}{part.problem[1:]}."
    is_over = part.ready == 0
    step = (typing(trouble.step.title, trouble.step.line),) if trouble and trouble.step else ()
    return Finding(
        key=f"part {part.name}",
        severity=Severity.CRITICAL if is_over and part.name in _MEANS else Severity.WARNING,
        title=f"{part.name} is down" if is_over else f"{part.name} has only {part.ready} of {part.total} pods ready",
        cause=f"{cause} {_MEANS.get(part.name, '') if is_over else ''}".strip(),
        facts=(Fact("Restarts", str(part.restarts)),) if part.restarts else (),
        advice=crash_advice(part.name, ill, newest),
        buttons=(*_looking(part.name), *step),
        subjects=tuple(pod.name for pod in ill),
    )


def _looking(component: str) -> tuple[Button, ...]:
    return (typing("Show pods", f"/jhub pods {component}"), typing("Show history", "/jhub history"))


def _restarts(pod: Pod, events: Sequence[Event], now: datetime) -> Event | None:
    """Return kubelet's event for the pod's starts, where they are many and recent. One start belongs to every pod."""
    for event in events:
        its = event.kind == "Pod" and event.uid in ("", pod.uid) and event.name == pod.name
        its = its and event.reason == "Started"
        if its and event.count > _OFTEN and pod.restarts >= _OFTEN and event.last and now - event.last < _LATELY:
            return event
    return None


def _restless(pod: Pod, event: Event) -> Finding:
    return Finding(
        key=f"restarts {pod.component}",
        severity=Severity.WARNING,
        title=f"{pod.component} keeps restarting",
        cause=f"It was started {event.count} times within the last hour, and is running now.{_last_end(pod)}",
        facts=(Fact("Restarts", str(pod.restarts)),),
        buttons=_looking(pod.component),
        subjects=(pod.name,),
    )


def _last_end(pod: Pod) -> str:
    return f" {pod.crash}." if pod.crash else ""


def _silent(error: Unavailable) -> Finding:
    return Finding(
        key="hub silent",
        severity=Severity.CRITICAL,
        title="The hub is not responding",
        cause=f"{error}, although its pods are ready.",
        advice=("/jhub status shows what still answers.",),
        buttons=(typing("Show status", "/jhub status"), typing("Show pods", "/jhub pods hub")),
    )


WATCHER = Watcher(
    "hub",
    look,
    every=timedelta(minutes=1),
    dwell=timedelta(minutes=1),
    clear=timedelta(minutes=1),
    by_cluster=True,
)
