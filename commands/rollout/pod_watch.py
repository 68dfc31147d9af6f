"""A watch on the hub's pods while helm works: it shows their progress, and ends helm if they cannot get ready."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from cards.views import Tone
from clients.errors import Unavailable
from clients.kube import Pod, Waiting
from commands.framework.command import Steps
from commands.kubernetes.components import USER_SERVER, condition, short_node
from commands.kubernetes.image_pull_failures import is_hopeless, pull_problem

_LOG = logging.getLogger("jhub_bot.commands.upgrade_watch")

# As many pods as fit on a phone below the steps.
_SHOWN_PODS: Final = 8
# Seconds that helm may take to clean up and end, and seconds until the watch is resumed after an outage.
_LATELY: Final = 10.0
_AGAIN: Final = 1.0
# A hub may crash once or twice until the proxy is ready. With kubelet's back-off this many take two and a half minutes.
_RESTARTS: Final = 4


@dataclass
class RolloutWatch:
    """The state of the watch. `stop` ends helm; `hopeless` is the image pull for which the bot set it.

    `crashes` says that it was set because a pod that helm had made kept crashing. Helm deletes what a failed upgrade
    has made, so pods that were not ready are remembered for some seconds.
    """

    image: str
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    hopeless: Waiting | None = None
    crashes: bool = False
    gives_up: bool = True
    _known: dict[str, bool] | None = None
    _open: dict[str, Pod] = field(default_factory=dict)
    _gone: dict[str, tuple[float, Pod]] = field(default_factory=dict)

    async def look(self, do: Steps) -> None:
        """Watch forever. Raise Unavailable."""
        async for pods in do.reads.kube.watch_pods():
            self._see(pods, asyncio.get_running_loop().time(), do)

    def _see(self, pods: Sequence[Pod], now: float, do: Steps) -> None:
        self._known = {pod.uid: pod.is_ready for pod in pods} if self._known is None else self._known
        do.tell(*pod_lines(pods, self._known))
        self._remember(pods, now)
        made = [pod for pod in pods if pod.uid not in (self._known or ())]
        for failure in pull_failures(made, self.image):
            do.warn(pull_problem(failure))
            if is_hopeless(failure) and self.hopeless is None:
                self.hopeless = failure
                self.stop.set()
        if self.gives_up and not self.stop.is_set() and any(_crashes(pod) for pod in made):
            self.crashes = True
            self.stop.set()

    def _remember(self, pods: Sequence[Pod], now: float) -> None:
        there = {pod.uid: pod for pod in pods if not pod.terminating}
        self._gone |= {uid: (now, pod) for uid, pod in self._open.items() if uid not in there}
        self._open = {uid: pod for uid, pod in there.items() if not pod.is_ready and pod.phase != "Succeeded"}

    def recently_deleted(self) -> list[Pod]:
        """Return the pods that were not ready and were deleted some seconds ago, as they were before."""
        since = asyncio.get_running_loop().time() - _LATELY
        return [pod for when, pod in self._gone.values() if when >= since]


@contextlib.asynccontextmanager
async def watch_pods(image: str, do: Steps, *, gives_up: bool = True) -> AsyncIterator[RolloutWatch]:
    """Show every pod that helm touches while the block lasts, and set `stop` when somebody asks to stop.

    A pull of `image` that cannot succeed sets it as well; a pod that keeps crashing does if `gives_up`.
    """
    watched = RolloutWatch(image, gives_up=gives_up)
    beside = [asyncio.create_task(_look(watched, do)), asyncio.create_task(_pass_on(do, watched.stop))]
    try:
        yield watched
    finally:
        for task in beside:
            task.cancel()
        for ended in await asyncio.gather(*beside, return_exceptions=True):
            if isinstance(ended, Exception):
                _LOG.error("watching the pods of an upgrade failed", exc_info=ended)


async def _look(watched: RolloutWatch, do: Steps) -> None:
    while True:
        with contextlib.suppress(Unavailable):
            await watched.look(do)
        await asyncio.sleep(_AGAIN)


async def _pass_on(do: Steps, stop: asyncio.Event) -> None:
    await do.stopped()
    stop.set()


def pod_lines(pods: Sequence[Pod], known: dict[str, bool]) -> tuple[str, ...]:
    """Return a line for each pod that is new, or ready in `known` (readiness at the start) but not now."""
    touched = [p for p in pods if p.uid not in known or (known[p.uid] and not p.is_ready)]
    ours = [p for p in touched if p.component != USER_SERVER]
    ordered = sorted(ours, key=lambda pod: (condition(pod)[1] is Tone.GOOD, pod.component, pod.name))
    return tuple(f"{pod.name}: {_doing(pod)}" for pod in ordered)


def _doing(pod: Pod) -> str:
    words, tone = condition(pod)
    if pod.component.endswith("image-puller") and tone is Tone.WORKING and not pod.terminating:
        words = "pulling the image"
    if pod.pull_failure is not None:
        words = "cannot pull its image"
    return f"{words}, {short_node(pod.node)}" if pod.node else f"{words}, no node yet"


def _crashes(pod: Pod) -> bool:
    ours = pod.component != USER_SERVER and not pod.terminating
    return ours and not pod.is_ready and pod.restarts >= _RESTARTS


def pull_failures(pods: Sequence[Pod], image: str) -> list[Waiting]:
    """Return the failed pulls of the image that is being deployed."""
    failures = (pod.pull_failure for pod in pods)
    return [failure for failure in failures if failure is not None and failure.image == image]
