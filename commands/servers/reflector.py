"""A hub that no longer sees its pods: KubeSpawner's watch of them has given up, and nothing begins it again.

KubeSpawner (7.1, `reflector.py`) keeps what it knows of users' pods by a watch. When the API server fails it for about
a minute, the watch logs "Watching resources never recovered, giving up" and ends; without `enable_user_namespaces`
nobody is told. The hub goes on with pods as they were: new servers run and never become ready, and those that ended
still count as running. A watch that begins logs "watching for pods": at the hub's start, or where a start or a stop has
failed for want of it. Another watch, of events, logs the same words when it gives up, and matters little: so the words
alone say nothing, and are only held against servers on which hub and cluster disagree.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from clients.hub import HubUser
from clients.kube import Pod
from commands.framework.argument_types import folded
from commands.kubernetes.components import servers
from commands.logs.hub_records import SAID, HubRecord, hub_records
from commands.ports.context import Reads

_LOGGED: Final = timedelta(hours=24)
_GAVE_UP: Final = re.compile(rf"{SAID}Watching resources never recovered, giving up")
_BEGAN: Final = re.compile(rf"{SAID}(?:watching for pods with |Running JupyterHub version )")
# A hub that sees its pods sees a new one within a second, and has then to reach the server.
_SEEN_WITHIN: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class DeadReflector:
    """The evidence: when the watch gave up, whose servers run unseen, and whose the hub still believes to run."""

    since: datetime
    unseen: tuple[str, ...]
    gone: tuple[str, ...]

    @property
    def words(self) -> str:
        """The evidence in a sentence."""
        unseen = f"it does not see {_servers(self.unseen, 'runs', 'run')}" if self.unseen else ""
        gone = f"it still counts {_servers(self.gone, 'is gone', 'are gone')}" if self.gone else ""
        told = ", and ".join(filter(None, (unseen, gone)))
        return f"The hub’s watch of its pods gave up and did not begin again: {told}."


def _servers(users: Sequence[str], one: str, many: str) -> str:
    return f"1 server that {one}" if len(users) == 1 else f"{len(users)} servers that {many}"


async def dead_reflector(reads: Reads) -> DeadReflector | None:
    """Return the evidence that the hub no longer sees its pods; None unless it is complete. Raise Unavailable."""
    users, pods = await asyncio.gather(reads.hub.users("active"), reads.kube.pods())
    return await evidence(users, pods, reads)


async def evidence(users: Sequence[HubUser], pods: Sequence[Pod], reads: Reads) -> DeadReflector | None:
    """Return the same by users and pods that were read already. Raise Unavailable of the hub's log."""
    if not any(disagreements(users, pods, reads.now)):
        return None
    # Only then: the log is long.
    return judge(users, pods, await hub_records(reads, _LOGGED), reads.now)


def judge(
    users: Sequence[HubUser], pods: Sequence[Pod], records: Sequence[HubRecord], now: datetime
) -> DeadReflector | None:
    """Return the evidence in what was read, None unless it is complete. Pure."""
    since = gave_up(records)
    unseen, gone = disagreements(users, pods, now)
    return DeadReflector(since, unseen, gone) if since is not None and (unseen or gone) else None


def gave_up(records: Sequence[HubRecord]) -> datetime | None:
    """Return when a watch gave up, of the hub's present life and with no watch of pods begun since; else None."""
    since: datetime | None = None
    for record in records:
        if _BEGAN.match(record.text):
            since = None
        elif since is None and _GAVE_UP.match(record.text):
            since = record.when
    return since


def disagreements(
    users: Sequence[HubUser], pods: Sequence[Pod], now: datetime
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return whose servers run while the hub waits for them, and whose it takes for running without a pod."""
    theirs = servers(pods)
    there = Counter(folded(pod.user) for pod in theirs)
    running = Counter(folded(pod.user) for pod in theirs if pod.is_ready and _has_been_seen(pod, now))
    unseen, gone = list[str](), list[str]()
    for user in users:
        ready = sum(server.ready for server in user.servers)
        if running[folded(user.name)] > ready and any(server.pending == "spawn" for server in user.servers):
            unseen.append(user.name)
        if ready > there[folded(user.name)]:
            gone.append(user.name)
    return tuple(unseen), tuple(gone)


def _has_been_seen(pod: Pod, now: datetime) -> bool:
    """Return True if a hub that sees its pods has seen this one."""
    return pod.started is not None and now - pod.started >= _SEEN_WITHIN
