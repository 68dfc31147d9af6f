"""The hub's own records: its users, their servers, and the state of those.

A server is ready if its pod is; everything else the hub remembers by itself, as JupyterHub does.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sandbox.apiserver.objects.errors import ApiError
from sandbox.apiserver.objects.resource_kinds import PERSISTENT_VOLUME_CLAIM, POD, Json, Kind
from sandbox.apiserver.storage.store import Store
from sandbox.jupyterhub.config import as_installed, values_of
from sandbox.jupyterhub.kernels import Kernels, Troubles
from sandbox.jupyterhub.process import hub_process
from sandbox.jupyterhub.spawn_metrics import FAILURE, SUCCESS, SpawnCounters
from sandbox.jupyterhub.spawner import Named, Profile, claim, pod
from sandbox.jupyterhub.user_options import chosen
from sandbox.runtime.pod_facts import STOP_SECONDS


@dataclass
class Server:
    """One server that the hub has a record of."""

    named: Named
    started: datetime
    last_activity: datetime
    stopping: bool = False
    counted: bool = False
    """True once its start was counted as a success."""


@dataclass
class User:
    """One user. `servers` are those running, starting or stopping, by name; "" is the default one."""

    name: str
    created: datetime
    last_activity: datetime | None
    admin: bool = False
    old_scheme: bool = False
    servers: dict[str, Server] = field(default_factory=dict)
    claims: dict[str, str] = field(default_factory=dict)
    """The claims that the spawner remembers, by server (kubespawner 7.1: `pvc_name` in its state)."""
    groups: tuple[str, ...] = ()


class HubUsers:
    """All users of the hub, and the spawner that starts and stops their servers."""

    def __init__(self, store: Store, profile: Profile) -> None:
        self.profile = profile
        self.stop_seconds = 0.0
        """How long servers take to stop, where that is longer than their programs need to end."""
        self._store = store
        self.spawns = SpawnCounters()
        self.groups: set[str] = set()
        """The names of the hub's groups, whoever is in them."""
        self.kernels = Kernels(Troubles())
        self.plants: Mapping[str, str] = {}
        """The annotations of pods of servers that start now: faults of theirs."""
        self.on_refusal: Callable[[str, ApiError], None] = lambda _name, _error: None
        self._users: dict[str, User] = {}
        self._looked_at = 0
        # The pods that the hub believes in, and the process of it whose watch has given up.
        self._believed: dict[str, Json] = {}
        self._blind = ""

    def add(self, user: User) -> None:
        """Add a user, with the groups that they are in."""
        self._users[user.name] = user
        self.groups.update(user.groups)

    def rename(self, user: User, name: str) -> None:
        """Give a user another name: groups stay, and so do the claims that the spawner remembers (kubespawner 7.1)."""
        self._users = {(name if known is user else key): known for key, known in self._users.items()}
        user.name = name

    def remove(self, name: str) -> None:
        """Forget a user, and delete the claims of their servers, as chart 1.0 and later do.

        Those are the ones that the spawner remembers, else those with the names that it would give them (kubespawner
        7.1, `delete_forever`): whose name an annotation has does not matter.
        """
        user = self._users.pop(name)
        profile = as_installed(self._store, self.profile)
        for server in {"", *user.claims, *user.servers}:
            named = Named(name, server, user.old_scheme or profile.old_names)
            self._delete(POD, named.pod)
            self._delete(PERSISTENT_VOLUME_CLAIM, user.claims.get(server) or named.claim)

    def find(self, name: str) -> User | None:
        """Return the user of exactly that name, None if there is none."""
        user = self._users.get(name)
        if user:
            self._look(user)
        return user

    def all(self) -> list[User]:
        """Return all users, in the order in which they came."""
        if self._looked_at != self._store.revision:
            self._looked_at = self._store.revision
            for user in self._users.values():
                self._look(user)
        return list(self._users.values())

    def start(self, user: User, server: str = "", options: Json | None = None) -> Server:
        """Create the pod, and the claim unless one is remembered. Raise ApiError if the cluster refuses it.

        `options` are the `user_options`. Raise UnknownProfileError for a profile that is not offered.
        """
        profile = as_installed(self._store, self.profile)
        profile = chosen(profile, values_of(self._store, profile.namespace), options or {})
        named = Named(user.name, server, user.old_scheme or profile.old_names)
        mounted = self._claim_of(user, named, profile)
        try:
            made = pod(named, profile, claim_name=mounted)
            made["metadata"]["annotations"].update(self.plants)
            self._store.create(POD, profile.namespace, made)
        except ApiError as error:
            self.spawns.observe(FAILURE)
            self.on_refusal(user.name, error)
            raise
        now = self._store.clock.now()
        user.servers[server] = Server(named, now, now)
        return user.servers[server]

    def _claim_of(self, user: User, named: Named, profile: Profile) -> str:
        """Return the claim to mount, and create it if need be.

        Once a claim has been there, kubespawner 7.1 remembers that and never looks again (`_pvc_exists`): where it
        was deleted since, the pod waits for ever. Before, a claim named by the old scheme is taken where there is
        none by the new one (`kubespawner/spawner.py`, `_start`).
        """
        if named.server in user.claims:
            return user.claims[named.server]
        names = (named.claim, replace(named, old_scheme=True).claim)
        there = (name for name in names if self._store.find(PERSISTENT_VOLUME_CLAIM, profile.namespace, name))
        name = next(there, "")
        if not name:
            name = named.claim
            self._store.create(PERSISTENT_VOLUME_CLAIM, profile.namespace, claim(named, profile))
        user.claims[named.server] = name
        return name

    def stop(self, server: Server) -> None:
        """Delete the pod; the record goes when the pod has."""
        server.stopping = True
        if self.stop_seconds:
            slow = {STOP_SECONDS: f"{self.stop_seconds:g}"}
            self._store.modify(
                POD,
                self.profile.namespace,
                server.named.pod,
                lambda pod: pod["metadata"].setdefault("annotations", {}).update(slow),
            )
        self._delete(POD, server.named.pod)

    def pod(self, server: Server) -> Json | None:
        """Return the server's pod as the hub sees it, None if it sees none."""
        if self.is_blind:
            return self._believed.get(server.named.pod)
        return self._store.find(POD, self.profile.namespace, server.named.pod)

    @property
    def is_blind(self) -> bool:
        """True while the hub goes on with the pods as they once were: until it is another process."""
        return bool(self._blind) and self._blind == hub_process(self._store, self.profile.namespace)

    def go_blind(self) -> None:
        """Have the hub go on with the pods as they are now."""
        self.see()
        self._believed = {pod["metadata"]["name"]: pod for pod in self._store.list(POD, self.profile.namespace)}
        self._blind = hub_process(self._store, self.profile.namespace)

    def see(self) -> None:
        """Have the hub see its pods again."""
        self._believed, self._blind, self._looked_at = {}, "", 0

    def lose_pod(self, server: Server) -> None:
        """Delete a server's pod behind the hub's back."""
        self._delete(POD, server.named.pod)

    def is_ready(self, server: Server) -> bool:
        """Return True if the server's pod is ready and the server is not being stopped."""
        found = self.pod(server)
        conditions = found.get("status", {}).get("conditions", []) if found else []
        ready = any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)
        return ready and not server.stopping

    def _look(self, user: User) -> None:
        """Forget servers whose pods are gone, as the hub's reflector does."""
        for name, server in tuple(user.servers.items()):
            if self.pod(server) is None:
                # One that it waits for, it has not seen yet.
                if not self.is_blind:
                    del user.servers[name]
            elif not server.counted and self.is_ready(server):
                server.counted = True
                self.spawns.observe(SUCCESS, (self._store.clock.now() - server.started).total_seconds())

    def _delete(self, kind: Kind, name: str) -> None:
        try:
            self._store.delete(kind, self.profile.namespace, name)
        except ApiError as error:
            if error.status != 404:  # noqa: PLR2004 - gone already is as good
                raise
