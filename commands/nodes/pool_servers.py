"""The users' servers on a pool's nodes, by their pods and by the hub."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from clients.errors import Unavailable
from clients.hub import HubUser
from clients.kube import Node, Pod
from commands.framework.partial_results import attempt
from commands.kubernetes.claim_names import possible_names
from commands.kubernetes.components import servers
from commands.ports.context import Reads
from commands.spawner.runs import ServerRun, start_of

# A user without activity for this long has probably left.
_IDLE: Final = timedelta(hours=1)


@dataclass(frozen=True)
class UserServer:
    """A user's server on a node. `seen` is the last activity that the hub knows of.

    `started` is the hub's time of this run's start, and `pod` the UID of its pod.
    """

    user: str
    server: str
    node: str
    seen: datetime | None
    started: str = ""
    pod: str = ""
    stopping: bool = False

    @property
    def run(self) -> ServerRun:
        """This run of the server, which is not the next one."""
        return ServerRun(self.user, self.server, self.started, self.pod)

    def is_idle(self, now: datetime) -> bool:
        """Return True if nobody has used the server for an hour."""
        return self.seen is not None and now - self.seen > _IDLE


async def servers_on_pool(reads: Reads, pool: str) -> list[UserServer]:
    """Return the users' servers on a pool's nodes that are not stopping; without the hub it is unknown if they idle.

    Raise Unavailable if Kubernetes does not answer.
    """
    nodes, pods, users = await asyncio.gather(
        reads.kube.nodes(), reads.kube.pods(), attempt("The hub", reads.hub.users("active"))
    )
    found = servers_on_nodes(pool, nodes, pods, [] if isinstance(users, Unavailable) else users)
    return [server for server in found if not server.stopping]


def servers_on_nodes(
    pool: str, nodes: Sequence[Node], pods: Sequence[Pod], users: Sequence[HubUser]
) -> list[UserServer]:
    """Return the servers of the pods on a pool's nodes, by the hub's names, those that are stopping included."""
    names = {node.name for node in nodes if node.pool == pool}
    return servers_of_pods([pod for pod in pods if pod.node in names], users)


def servers_of_pods(pods: Sequence[Pod], users: Sequence[HubUser]) -> list[UserServer]:
    """Return the servers of these pods, by the hub's names, those that are stopping included."""
    known = {user.name: user for user in users}
    return [_server_of(pod, known.get(pod.user)) for pod in servers(pods)]


def _server_of(pod: Pod, user: HubUser | None) -> UserServer:
    by_claim = possible_names([pod.user], ["", *(one.name for one in user.servers)] if user else [""])
    label = pod.labels.get("hub.jupyter.org/servername", "")
    name = by_claim.get(pod.name.replace("jupyter-", "claim-", 1), label)
    known = next((one for one in user.servers if one.name == name), None) if user else None
    if known is None:
        return UserServer(pod.user, name, pod.node, None, pod=pod.uid, stopping=pod.terminating)
    stopping = pod.terminating or known.stopping
    # While a pod ends that the hub does not stop, the hub's run may be the next one already.
    started = "" if pod.terminating and not known.stopping else start_of(known)
    return UserServer(pod.user, name, pod.node, known.last_activity, started, pod.uid, stopping)
