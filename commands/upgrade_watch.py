"""The pods of the hub while helm works: told as they come and go, and a pull that cannot succeed ends helm early."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Final

from cards.views import Tone
from clients.errors import Unavailable
from clients.kube import Pod, Waiting
from commands.components import USER_SERVER, condition, is_hopeless, pull_problem, short_node
from commands.spec import Steps

# As many pods as fit on a phone beside the steps.
_SHOWN_PODS: Final = 8


async def watch(image: str, do: Steps, stop: asyncio.Event, blocked: list[Waiting]) -> None:
    """Tell of every pod that helm touches; a pull of `image` that cannot succeed ends it early, by `stop`."""
    known: dict[str, bool] | None = None
    with contextlib.suppress(Unavailable):
        async for pods in do.reads.kube.watch_pods():
            known = {pod.uid: pod.is_ready for pod in pods} if known is None else known
            do.tell(*lines(pods, known))
            for failure in failing([pod for pod in pods if pod.uid not in known], image):
                do.warn(pull_problem(failure))
                if is_hopeless(failure) and not blocked:
                    blocked.append(failure)
                    stop.set()


def lines(pods: Sequence[Pod], known: dict[str, bool]) -> tuple[str, ...]:
    """A line for each pod that is new or was ready at the start and is not now; `known` is readiness at the start."""
    touched = [p for p in pods if p.uid not in known or (known[p.uid] and not p.is_ready)]
    ours = [p for p in touched if p.component != USER_SERVER]
    ordered = sorted(ours, key=lambda pod: (condition(pod)[1] is Tone.GOOD, pod.component, pod.name))
    shown = [f"{pod.name}: {_doing(pod)}" for pod in ordered[:_SHOWN_PODS]]
    return (*shown, f"… and {len(ordered) - _SHOWN_PODS} more") if len(ordered) > _SHOWN_PODS else tuple(shown)


def _doing(pod: Pod) -> str:
    words, tone = condition(pod)
    if pod.component.endswith("image-puller") and tone is Tone.WORKING and not pod.terminating:
        words = "pulling the image"
    if pod.pull_failure is not None:
        words = "cannot pull its image"
    return f"{words}, {short_node(pod.node)}" if pod.node else f"{words}, no node yet"


def failing(pods: Sequence[Pod], image: str) -> list[Waiting]:
    """Why pods cannot pull the image being deployed, for each that cannot."""
    failures = (pod.pull_failure for pod in pods)
    return [failure for failure in failures if failure is not None and failure.image == image]
