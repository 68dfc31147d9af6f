"""Homes: full when somebody starts a server or while it runs, in a zone without a node, still held by another machine.

The hub's own volume can get full as well.
"""

from sandbox.apiserver.objects.json_objects import at
from sandbox.apiserver.objects.resource_kinds import NODE, PERSISTENT_VOLUME_CLAIM, Json
from sandbox.apiserver.storage.store import Store
from sandbox.faults.notes import note
from sandbox.faults.servers import stop_stuck
from sandbox.jupyterhub.users import HubUsers, User
from sandbox.kubelet.homes import FILES, FULL, USED, ZONE
from sandbox.kubelet.pods import ATTACHED
from sandbox.scenario.bare_cluster import PURPOSE

HOWS = ("full", "held", "zone")
FILLINGS = ("full", "nearly", "files", "running", "hub")

_FILLED = frozenset((FULL, USED, FILES))
_HUB = "hub-db-dir"
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


def begin_full(store: Store, users: HubUsers, how: str) -> list[str]:
    """Fill a home: of somebody who starts a server then, or of somebody whose server runs; or the hub's own volume.

    Return whose it is; nobody if there is nobody like that.
    """
    match how:
        case "full":
            return begin(store, users, "full")
        case "hub":
            note(store, PERSISTENT_VOLUME_CLAIM, users.profile.namespace, _HUB, {USED: "96%"})
            return [_HUB]
    # Who runs already does not start anew, and so does not fail.
    wrong = {"nearly": {USED: "93%"}, "files": {FILES: "99.99%"}, "running": {USED: "100%"}}[how]
    found = next((claim for user in users.all() if (claim := _in_use(store, users, user))), None)
    if found is None:
        return []
    note(store, PERSISTENT_VOLUME_CLAIM, users.profile.namespace, found[1], wrong)
    return [found[0]]


def _in_use(store: Store, users: HubUsers, user: User) -> tuple[str, str] | None:
    """Return the user and the claim of their server that runs, unless it is filled already."""
    for name, server in user.servers.items():
        claim = store.find(PERSISTENT_VOLUME_CLAIM, users.profile.namespace, user.claims.get(name, ""))
        if claim is not None and users.is_ready(server) and not _is_filled(claim):
            return user.name, user.claims[name]
    return None


def _is_filled(claim: Json) -> bool:
    return not _FILLED.isdisjoint(claim["metadata"].get("annotations") or {})


def heal(store: Store, users: HubUsers) -> list[str]:
    """Let every home be as it should. Return the users whose stuck servers were stopped."""
    namespace = users.profile.namespace
    for one in store.list(PERSISTENT_VOLUME_CLAIM, namespace):
        nothing = dict.fromkeys((*_FILLED, ZONE, ATTACHED))
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
