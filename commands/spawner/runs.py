"""Runs of users' servers: how each stands, by the hub and by its pod.

The hub knows servers by name, and one that its user starts again has the same name. Two things tell a run from the
next: the hub's time of its start (JupyterHub 5.5, `user.py`: set as a start begins, removed as a stop ends), and the
UID of its pod.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from clients.errors import NotFound, Unavailable
from clients.hub import HubServer, HubUser
from clients.kube import Pod
from commands.framework.partial_results import attempt
from commands.kubernetes.components import USER_SERVER
from commands.ports.context import Reads

_LABEL: Final = "hub.jupyter.org/servername"
# Up to so many users are asked for one by one; of more, the hub lists all that have a server.
_ONE_BY_ONE: Final = 3


@dataclass(frozen=True)
class ServerRun:
    """One run of a user's server, the default one if `server` is empty.

    `started` is the hub's time of its start, as `start_of` writes it, and `pod` the UID of its pod; each is empty where
    it is not known.
    """

    user: str
    server: str = ""
    started: str = ""
    pod: str = ""

    @property
    def title(self) -> str:
        """Whose server it is, in a few words."""
        return title(self.user, self.server)


class Standing(Enum):
    """How a run stands. LEFT is a pod of a server that the hub does not know, which ends only if it is deleted."""

    RUNNING = "running"
    STOPPING = "stopping"
    LEFT = "left"
    OVER = "over"


@dataclass(frozen=True)
class ServersSeen:
    """The servers of some users at one moment. `pods` is None if Kubernetes did not answer: the hub's word counts."""

    users: Mapping[str, HubUser]
    pods: Sequence[Pod] | None

    def standing(self, run: ServerRun) -> Standing:
        """Return how a run stands. It is over as soon as its user has started the next one."""
        server, pod = self._server(run), self.pod(run)
        if server is not None:
            if self._is_later(server, run):
                return Standing.OVER
            # Without its start, the hub's may be the next run, which waits for this one's pod to end.
            is_ending = not run.started and bool(run.pod) and pod is not None and pod.terminating
            return Standing.STOPPING if server.stopping or is_ending else Standing.RUNNING
        if pod is None:
            return Standing.OVER
        if pod.terminating:
            return Standing.STOPPING
        # Which pod was the server's is certain by its UID alone.
        return Standing.LEFT if run.pod else Standing.OVER

    def pod(self, run: ServerRun) -> Pod | None:
        """Return the run's pod by its UID, or else the pod of that server; None if there is none.

        kubespawner 7.1 labels the pods of named servers, old ones do not.
        """
        pods = self.pods or ()
        if run.pod:
            return next((pod for pod in pods if pod.uid == run.pod), None)
        theirs = [pod for pod in pods if pod.user == run.user]
        return next((pod for pod in theirs if pod.labels.get(_LABEL, "") == run.server), None)

    def _server(self, run: ServerRun) -> HubServer | None:
        user = self.users.get(run.user)
        return next((one for one in user.servers if one.name == run.server), None) if user else None

    def _is_later(self, server: HubServer, run: ServerRun) -> bool:
        if run.started:
            # A start has no time until the hub has prepared it, a stop none once it has nearly ended.
            return start_of(server) != run.started if server.started else server.pending == "spawn"
        gone = bool(run.pod) and self.pods is not None and self.pod(run) is None
        return gone and not server.stopping


def title(user: str, server: str) -> str:
    """Return whose server it is, in a few words."""
    return f"{user}, server “{server}”" if server else user


def start_of(server: HubServer) -> str:
    """Return the hub's time of a server's start as text; empty where it has none."""
    return _written(server.started)


def _written(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


async def servers_seen(users: Collection[str], reads: Reads) -> ServersSeen:
    """Return the servers of these users now. Raise Unavailable if the hub does not answer."""
    found, pods = await asyncio.gather(
        _users(users, reads), attempt("Kubernetes", reads.kube.pods(f"component={USER_SERVER}"))
    )
    return ServersSeen({user.name: user for user in found}, None if isinstance(pods, Unavailable) else pods)


async def _users(names: Collection[str], reads: Reads) -> list[HubUser]:
    if len(names) > _ONE_BY_ONE:
        return [user for user in await reads.hub.users("active") if user.name in names]
    found = await asyncio.gather(*(_user(name, reads) for name in names))
    return [user for user in found if user is not None]


async def _user(name: str, reads: Reads) -> HubUser | None:
    try:
        return await reads.hub.user(name)
    except NotFound:
        return None
