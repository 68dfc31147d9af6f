"""The users of the scenario's hub: some with running servers, most with a home, the newest with neither."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import cycle

from sandbox.apiserver.objects.resource_kinds import NODE, POD, Json
from sandbox.apiserver.storage.store import Store
from sandbox.clock import ManualClock, RealClock
from sandbox.entra.people import PEOPLE, hub_users
from sandbox.jupyterhub.spawner import Named, Profile
from sandbox.jupyterhub.users import HubUsers, Server, User
from sandbox.runtime.events import LIFETIME, EventRecorder
from sandbox.runtime.images import Images
from sandbox.scenario.leftovers import STRANGERS, home, leave
from sandbox.scenario.release import PAST, REPOSITORY
from sandbox.scenario.settled_objects import running_pod

# Of each twenty users, one has a second home that lies idle, and one works in a server that has a name.
_NAMED = {7: "thesis", 13: "geo-course"}
# A hub with fewer users is too young to have anything left over.
_OF_AGE = 20


def settle(store: Store, clock: RealClock, images: Images, hub: HubUsers, count: int, end: datetime) -> None:
    """Add `count` users with their servers and homes, as they are at `end`, and what is left over from years of use."""
    clock.jump((end - clock.now()).total_seconds())
    nodes = [n["metadata"]["name"] for n in store.list(NODE) if _is_for_users(n)]
    for name in nodes:
        images.remember(name, hub.profile.image)
    seats = cycle(nodes)
    of_age = count >= _OF_AGE
    for number, user in enumerate(_users(count - STRANGERS if of_age else count, end)):
        hub.add(user)
        active = number % 10 in (0, 3, 5) and number // 10 < count // 10
        if not active and number >= count - count // 10:
            continue
        servers = _servers(user, number)
        for place, named in enumerate(servers):
            volume = f"pvc-5d8f2a10-6c1e-4b7a-9f3d-{number + place * count:012x}"
            home(store, hub.profile, named, user.created, volume)
            user.claims[named.server] = named.claim
        if active:
            user.last_activity = end - timedelta(minutes=2 + number * 7 % 110)
            _run(store, hub, user, servers[-1], next(seats), end - _running_for(number), number)
    if of_age:
        leave(store, hub, end)


def _stays(number: int) -> bool:
    """Return True if the user's server runs since before the last revision, and so has the older image."""
    return number % 40 == 0


def _running_for(number: int) -> timedelta:
    return timedelta(days=4, hours=2) if _stays(number) else timedelta(minutes=17 + (number * 37) % 460)


def _servers(user: User, number: int) -> list[Named]:
    default, name = Named(user.name, old_scheme=user.old_scheme), _NAMED.get(number % 20)
    return [default, replace(default, server=name)] if name else [default]


def _is_for_users(node: Json) -> bool:
    return bool(node["metadata"]["labels"].get("hub.jupyter.org/node-purpose") == "user")


def _users(count: int, end: datetime) -> Iterator[User]:
    admins = {person.upn for person in PEOPLE if person.role == "admin"}
    for number, name in enumerate(hub_users(count)):
        created = end - timedelta(days=20, hours=-(number % 400))
        seen = end - timedelta(minutes=3 + (number * 911) % 20_000)
        # Every fourth came when the chart still named claims by the old scheme.
        yield User(name, created, seen, admin=name in admins, old_scheme=number % 4 == 1)


def _run(store: Store, hub: HubUsers, user: User, named: Named, node: str, started: datetime, number: int) -> None:
    profile = replace(hub.profile, image=f"{REPOSITORY}:{PAST[1].tag}") if _stays(number) else hub.profile
    address = f"10.244.{number // 250 % 250}.{number % 250 + 4}"
    # One in thirty reads a file larger than its memory now and then.
    restarts = 2 if number % 30 == 23 else 0  # noqa: PLR2004 - any of those that run
    store.create(POD, profile.namespace, running_pod(named, profile, node, address, started, restarts), backdate=True)
    user.servers[named.server] = Server(named, started, user.last_activity or started, counted=True)
    _record_start(store, profile, named, started)


def _record_start(store: Store, profile: Profile, named: Named, started: datetime) -> None:
    """Record kubelet's events of the start, unless they would have expired."""
    if (store.clock.now() - started).total_seconds() < LIFETIME:
        made = store.get(POD, profile.namespace, named.pod)
        recorder = EventRecorder(store, ManualClock(started))
        recorder.record(
            made, "Normal", "Pulled", f'Container image "{profile.image}" already present on machine', "kubelet"
        )
        recorder.record(made, "Normal", "Started", "Started container notebook", "kubelet")
