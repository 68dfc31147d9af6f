"""The stopping of users' servers, many at once: the one piece of code that every command stops servers with.

A real hub holds the DELETE of a server until the server has stopped, at most `slow_stop_timeout` (10 s), then answers
202 and goes on stopping it (JupyterHub 5.5, `handlers/base.py`). So it is asked about `AT_ONCE` servers at a time, and
how all of them stand is looked up meanwhile, in one question. An answer that is lost is no failure: the next look says
whether the server is stopping, and only one that still runs is asked for again. A look comes before each DELETE, which
names a server and not a run of it: a server that its user has started again is left alone.

One that does not stop holds up no other, and is named in the end.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from clients.errors import NotFound, Rejected, Unavailable
from clients.kube import Node, Pod
from commands.framework import polling
from commands.framework.command import Steps
from commands.framework.partial_results import attempt
from commands.kubernetes.termination_failures import held
from commands.spawner.runs import ServerRun, ServersSeen, Standing, servers_seen
from commands.timing.durations import spoken

AT_ONCE: Final = 20
"""How many servers the hub is asked to stop at a time. Waiting for one costs it next to nothing, beginning does."""
PATIENCE: Final = 300.0
"""How long a server may take to stop, in seconds: ten times the 30 s that Kubernetes gives a pod by default."""
# The hub is looked at for at most a fifth of the time.
_SPARING: Final = 4
# How much longer the pauses become before the hub is looked at or a server is asked for again, at most.
_LONGEST_PAUSE: Final = 16
# As many names as a line of progress has room for.
_NAMED: Final = 5


@dataclass(frozen=True)
class StillRunning:
    """A server that has not stopped, and why: a sentence or two.

    On a node that does not answer, only the end of the node ends it.
    """

    title: str
    why: str
    node_lost: bool = False


async def stop_servers(runs: Collection[ServerRun], do: Steps) -> tuple[StillRunning, ...]:
    """Have the hub stop these runs, and wait. Return those that have not stopped.

    None is waited for longer than PATIENCE, and none once somebody asks to stop. Pods of servers that the hub does not
    know are deleted. It can be called again after a crash, with the same runs.
    """
    stopping = _Stopping(runs, do)
    try:
        while not await stopping.is_over():
            await stopping.rest()
    finally:
        await stopping.close()
    return await stopping.left()


@dataclass
class _Course:
    """What is known of one run. `since` is when it began to stop, `again` when it may be asked for anew."""

    standing: Standing | None = None
    since: float | None = None
    again: float = 0.0
    failures: int = 0
    trouble: str = ""
    is_refused: bool = False


class _Stopping:
    def __init__(self, runs: Collection[ServerRun], do: Steps) -> None:
        self._do = do
        self._clock = asyncio.get_running_loop().time
        self._open = {run: _Course() for run in runs}
        self._all = len(self._open)
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._asking: dict[ServerRun, asyncio.Task[None]] = {}
        self._heard = self._clock()
        self._silence = ""
        self._pause = polling.PACE
        self._broken: BaseException | None = None

    async def is_over(self) -> bool:
        """Look how the servers stand, and begin to stop those that run. Return True if nothing is to be waited for."""
        if self._broken is not None:
            raise self._broken
        if not self._open:
            return True
        began = self._clock()
        try:
            seen = await servers_seen({run.user for run in self._open}, self._do.reads)
        except Unavailable as error:
            self._silence = f"{error}."
            self._do.tell(f"{error}. Trying again …")
            return self._do.stopping or self._clock() - self._heard > PATIENCE
        self._heard, self._silence = self._clock(), ""
        self._pause = max(polling.PACE, min(_SPARING * (self._heard - began), _LONGEST_PAUSE * polling.PACE))
        self._take(seen)
        self._tell()
        return self._do.stopping or not any(self._is_awaited(course) for course in self._open.values())

    async def rest(self) -> None:
        """Wait a moment, but not beyond the last answer of the hub or the moment when somebody asks to stop."""
        waiting: list[asyncio.Future[object]] = [asyncio.ensure_future(self._do.stopped())]
        if self._asking:
            waiting.append(asyncio.ensure_future(asyncio.wait(list(self._asking.values()))))
        try:
            await asyncio.wait(waiting, timeout=self._pause, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waiting:
                one.cancel()

    async def close(self) -> None:
        """Wait for no answer any more: the hub goes on with what it was asked for."""
        tasks = list(self._asking.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def left(self) -> tuple[StillRunning, ...]:
        """Return the runs that are not over, and why."""
        if not self._open:
            return ()
        found = await attempt("Kubernetes", self._around())
        seen, nodes = (None, ()) if isinstance(found, Unavailable) else found
        return tuple(
            self._why(run, course, seen.pod(run) if seen else None, nodes) for run, course in self._open.items()
        )

    async def _around(self) -> tuple[ServersSeen, Sequence[Node]]:
        return await asyncio.gather(servers_seen((), self._do.reads), self._do.reads.kube.nodes())

    def _take(self, seen: ServersSeen) -> None:
        for run, course in tuple(self._open.items()):
            before, course.standing = course.standing, seen.standing(run)
            # The hub and Kubernetes were not asked in the same moment: what is left is so at two looks.
            is_certain = course.standing is not Standing.LEFT or before is Standing.LEFT
            if course.standing is Standing.OVER:
                del self._open[run]
            elif course.standing is Standing.STOPPING:
                course.since = course.since or self._clock()
            elif is_certain and self._may_ask(run, course):
                self._ask(run, seen.pod(run))

    def _may_ask(self, run: ServerRun, course: _Course) -> bool:
        due = run not in self._asking and self._clock() >= course.again
        return due and self._is_awaited(course) and not self._do.stopping

    def _is_awaited(self, course: _Course) -> bool:
        in_time = course.since is None or self._clock() - course.since < PATIENCE
        return in_time and not course.is_refused

    def _ask(self, run: ServerRun, pod: Pod | None) -> None:
        task = asyncio.create_task(self._asked(run, pod))
        self._asking[run] = task
        task.add_done_callback(lambda done: self._answered(run, done))

    def _answered(self, run: ServerRun, done: asyncio.Task[None]) -> None:
        self._asking.pop(run, None)
        if not done.cancelled():
            self._broken = self._broken or done.exception()

    async def _asked(self, run: ServerRun, pod: Pod | None) -> None:
        async with self._slots:
            course = self._open.get(run)
            # It may have waited long for its turn.
            if course is None or self._do.stopping or course.standing not in (Standing.RUNNING, Standing.LEFT):
                return
            course.since = course.since or self._clock()
            try:
                await self._stop(run, course, pod)
            except Rejected as error:
                course.trouble, course.is_refused = str(error), True
            except Unavailable as error:
                course.trouble = f"{error}."
                course.failures += 1
            course.again = self._clock() + polling.PACE * min(2**course.failures, _LONGEST_PAUSE)

    async def _stop(self, run: ServerRun, course: _Course, pod: Pod | None) -> None:
        if course.standing is Standing.LEFT:
            if pod is not None:
                await self._do.writes.kube.delete_pod(pod.name, pod.uid)
            return
        try:
            await self._do.writes.hub.stop_server(run.user, run.server)
        except NotFound:
            # Its user was deleted, or the server removed, since it was looked at.
            self._open.pop(run, None)

    def _tell(self) -> None:
        if not self._open or self._do.stopping:
            return
        troubles = dict.fromkeys(course.trouble for course in self._open.values() if course.trouble)
        if self._all == 1:
            self._do.tell("The hub is stopping it …", *troubles)
            return
        lines = [f"{self._all - len(self._open)} of {self._all} servers have stopped"]
        if len(self._open) <= _NAMED:
            lines.append(f"Still stopping: {'; '.join(run.title for run in self._open)}")
        self._do.tell(*lines, *list(troubles)[:1])

    def _why(self, run: ServerRun, course: _Course, pod: Pod | None, nodes: Sequence[Node]) -> StillRunning:
        node = next((one for one in nodes if pod is not None and one.name == pod.node), None)
        lost = pod is not None and pod.terminating and node is not None and not node.ready
        return StillRunning(run.title, self._reason(course, pod, nodes), lost)

    def _reason(self, course: _Course, pod: Pod | None, nodes: Sequence[Node]) -> str:
        if course.is_refused or self._silence:
            return self._silence or course.trouble
        is_stopping = course.standing is Standing.STOPPING
        if self._do.stopping:
            rest = "The hub is still stopping the server." if is_stopping else "The server still runs."
            return f"Somebody asked to stop waiting. {rest}"
        waited = spoken(timedelta(seconds=PATIENCE))
        if not is_stopping:
            return f"It still runs after {waited}. {course.trouble}".rstrip()
        trouble = held(pod, nodes, self._do.now(), timedelta(0)) if pod is not None else None
        return f"The hub has been stopping it for {waited}.{f' {trouble.words}' if trouble else ''}"
