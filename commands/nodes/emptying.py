"""The emptying of a pool: its servers are stopped by the hub before its nodes go."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from cards.views import Lines
from clients.errors import Unavailable
from commands.framework.command import Steps
from commands.framework.polling import until
from commands.nodes.pool_servers import UserServer, servers_on_nodes, servers_on_pool
from commands.spawner.runs import ServerRun
from commands.spawner.stopping import StillRunning, stop_servers

# How long the hub and Kubernetes may be silent before it is given up to tell the servers of a pool, in seconds.
_SILENCE: Final = 120.0


@dataclass(frozen=True)
class Emptied:
    """The outcome: how many servers have stopped, which have not, and whose have started on the pool meanwhile."""

    stopped: int
    left: tuple[StillRunning, ...] = ()
    newcomers: tuple[str, ...] = ()

    @property
    def held(self) -> tuple[StillRunning, ...]:
        """The servers that only their own end ends: those on a node that does not answer end with it."""
        return tuple(one for one in self.left if not one.node_lost)


async def servers_to_stop(pool: str, do: Steps) -> tuple[UserServer, ...]:
    """Return the servers on a pool's nodes, by the hub, waiting for it a while. Raise Unavailable."""
    found = await until(partial(_servers, pool, do), do, seconds=_SILENCE)
    return found or ()


async def _servers(pool: str, do: Steps) -> tuple[UserServer, ...]:
    nodes, pods, users = await asyncio.gather(do.reads.kube.nodes(), do.reads.kube.pods(), do.reads.hub.users("active"))
    return tuple(servers_on_nodes(pool, nodes, pods, users))


async def stop_runs(runs: Collection[ServerRun], do: Steps) -> Emptied:
    """Have the hub stop these runs of servers, and wait."""
    left = await stop_servers(runs, do)
    return Emptied(len(runs) - len(left), left)


async def newcomers(pool: str, runs: Collection[ServerRun], do: Steps) -> tuple[str, ...]:
    """Return whose servers are on the pool and not among these: they have started since."""
    known = {run.pod for run in runs}
    try:
        found = await servers_on_pool(do.reads, pool)
    except Unavailable:
        return ()
    return tuple(server.run.title for server in found if server.pod not in known)


def servers_in_words(count: int) -> str:
    """Return a number of servers in words."""
    return "1 server" if count == 1 else f"{count} servers"


def not_stopped(left: Sequence[StillRunning]) -> tuple[Lines, ...]:
    """Return a section with the servers that have not stopped, each with its reason."""
    return (Lines(tuple(f"{one.title}: {one.why}" for one in left), "Have not stopped"),) if left else ()
