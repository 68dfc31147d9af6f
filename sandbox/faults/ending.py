"""Servers that are slow to end, and one that cannot: a finalizer holds its pod, whose controller is not there any more.

The slow ones take their time whenever the hub stops them, as on a node that is busy or whose disks are.
"""

from collections.abc import Callable

from sandbox.apiserver.objects.resource_kinds import POD, Json
from sandbox.apiserver.storage.store import Store
from sandbox.jupyterhub.users import HubUsers

FINALIZER = "policies.example.org/guard"


def begin(store: Store, users: HubUsers) -> list[str]:
    """Let the hub stop somebody's server, in vain. Return their name; none if no server runs."""
    running = ((user, one) for user in users.all() for one in user.servers.values() if users.is_ready(one))
    found = next(running, None)
    if found is None:
        return []
    user, server = found
    store.modify(POD, users.profile.namespace, server.named.pod, _held(holds=True))
    users.stop(server)
    return [user.name]


def begin_slow(users: HubUsers, seconds: float) -> list[str]:
    """Let every server take so many seconds to stop. Return nothing: none is touched."""
    users.stop_seconds = seconds
    return []


def heal(store: Store, users: HubUsers) -> list[str]:
    """Let every pod go. Return the names of those that were held."""
    users.stop_seconds = 0.0
    namespace = users.profile.namespace
    held = [one for one in store.list(POD, namespace) if FINALIZER in (one["metadata"].get("finalizers") or ())]
    for one in held:
        store.modify(POD, namespace, str(one["metadata"]["name"]), _held(holds=False))
    return [str(one["metadata"]["name"]) for one in held]


def _held(*, holds: bool) -> Callable[[Json], None]:
    def change(pod: Json) -> None:
        others = [one for one in pod["metadata"].get("finalizers") or () if one != FINALIZER]
        pod["metadata"]["finalizers"] = [*others, FINALIZER] if holds else others

    return change
