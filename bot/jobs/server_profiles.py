"""The profiles of servers: KubeSpawner 7.1 writes them onto no pod, only the hub knows what was chosen at the start."""

from collections.abc import Mapping, Sequence

from clients.errors import Unavailable
from clients.kube import Pod
from commands.framework.partial_results import attempt
from commands.ports.hub import HubReads


class ServerProfiles:
    """Profiles by the UID of the server's pod. A server keeps its profile, so the hub is asked about new ones only."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    async def of(self, pods: Sequence[Pod], hub: HubReads) -> Mapping[str, str]:
        """Return the profiles of these servers as far as the hub tells; empty for a server without one.

        Raise nothing: where the hub does not answer, it is asked again the next time.
        """
        self._known = {pod.uid: self._known[pod.uid] for pod in pods if pod.uid in self._known}
        new = [pod for pod in pods if pod.uid not in self._known]
        users = await attempt("The hub", hub.users("active")) if new else []
        if not isinstance(users, Unavailable):
            told = {(user.name, server.name): server.profile for user in users for server in user.servers}
            found = {pod.uid: told.get((pod.user, pod.server)) for pod in new}
            self._known |= {uid: profile for uid, profile in found.items() if profile is not None}
        return self._known
