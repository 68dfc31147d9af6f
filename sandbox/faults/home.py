"""The home of somebody who starts a server: full, in a zone without a node, or still held by another machine."""

from sandbox.apiserver.objects.json_objects import at
from sandbox.apiserver.objects.resource_kinds import NODE, PERSISTENT_VOLUME_CLAIM
from sandbox.apiserver.storage.store import Store
from sandbox.faults.notes import note
from sandbox.faults.servers import stop_stuck
from sandbox.jupyterhub.users import HubUsers, User
from sandbox.kubelet.homes import FULL, ZONE
from sandbox.kubelet.pods import ATTACHED
from sandbox.scenario.bare_cluster import PURPOSE

HOWS = ("full", "held", "zone")

# Where the cluster has no node.
_FAR = "westeurope-9"


def begin(store: Store, users: HubUsers, how: str) -> list[str]:
    """Let somebody with such a home start a server. Return their name; none if everybody's server runs."""
    namespace = users.profile.namespace
    found = next((user for user in users.all() if _is_away(store, namespace, user)), None)
    if found is None:
        return []
    wrong = {"full": {FULL: "true"}, "zone": {ZONE: _FAR}, "held": {ATTACHED: _other_node(store)}}[how]
    note(store, PERSISTENT_VOLUME_CLAIM, namespace, found.claims[""], wrong)
    users.start(found)
    return [found.name]


def heal(store: Store, users: HubUsers) -> list[str]:
    """Let every home be as it should. Return the users whose stuck servers were stopped."""
    namespace = users.profile.namespace
    for one in store.list(PERSISTENT_VOLUME_CLAIM, namespace):
        nothing = dict.fromkeys((FULL, ZONE, ATTACHED))
        note(store, PERSISTENT_VOLUME_CLAIM, namespace, str(one["metadata"]["name"]), nothing)
    return stop_stuck(users)


def _is_away(store: Store, namespace: str, user: User) -> bool:
    """Return True if it is somebody who has a disk and no server."""
    if user.servers or user.admin or "" not in user.claims:
        return False
    claim = store.find(PERSISTENT_VOLUME_CLAIM, namespace, user.claims[""])
    return claim is not None and at(claim, "status", "phase") == "Bound"


def _other_node(store: Store) -> str:
    """Return the name of a node on which no user's server runs."""
    others = (one for one in store.list(NODE) if (one["metadata"].get("labels") or {}).get(PURPOSE) != "user")
    return next((str(one["metadata"]["name"]) for one in others), "aks-users-31415926-vmss00000z")
