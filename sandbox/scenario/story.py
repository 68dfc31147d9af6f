"""The sandbox's story: a cluster of six weeks, a hub of three weeks and three revisions, users who come and go."""

import asyncio
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Final

from sandbox.apiserver.objects.resource_kinds import DEPLOYMENT, NODE, PERSISTENT_VOLUME_CLAIM, POD, Json
from sandbox.apiserver.storage.store import Store
from sandbox.clock import Clock, ManualClock, RealClock
from sandbox.entra.applications import CLIENT_ID
from sandbox.entra.people import PEOPLE, TENANT, hub_users
from sandbox.helm.errors import HelmError
from sandbox.helm.release_history import Revision, date_back, helm_path, upgrade
from sandbox.jupyterhub.spawner import Named, Profile
from sandbox.jupyterhub.users import HubUsers, Server, User
from sandbox.registry.images import Registry
from sandbox.runtime.events import LIFETIME, EventRecorder
from sandbox.runtime.images import Images
from sandbox.runtime.pod_facts import is_ending, is_ready
from sandbox.scenario import bare_cluster, cache
from sandbox.scenario.cache import Past, Place
from sandbox.scenario.leftovers import STRANGERS, home, leave
from sandbox.scenario.settled_objects import running_pod

NAMESPACE = "jhub"
RELEASE = "jupyterhub"
HOST = "hub.example.org"
LOGIN_SERVER = "jhub.azurecr.io"
IMAGE = "notebook"
REPOSITORY = f"{LOGIN_SERVER}/{IMAGE}"
# Tags that the registry has, and how many days ago each was pushed; the live one and those before it among them.
_TAG_AGES = {
    "88f0d2c": 96.2,
    "5ab91e7": 81.5,
    "2026.09": 70.1,
    "e6c07d4": 55.8,
    "41b7f36": 40.3,
    "1d0c5ab": 21.9,
    "c93e5f8": 16.4,
    "a4e2b90": 12.6,
    "0ddba11": 8.2,
    "3f9a41c": 3.1,
    "7c1d2e9": 1.2,
    "9b8e4d1": 0.9,
    "e07f3a2": 0.4,
}
TAGS = tuple(_TAG_AGES)
# Its tag is there, but somebody's clean-up took its layers: nodes cannot pull it.
SPOILED = "0ddba11"

_PAST = (
    Revision("1d0c5ab", 21.3),
    Revision("a4e2b90", 12.1, "pandas 3, by hand from a laptop"),
    Revision("3f9a41c", 2.9),
)
LIVE: Final = _PAST[-1].tag
# Where the values have secrets, which no file in a repository has.
SECRETS: Final = (
    ("hub", "config", "AzureAdOAuthenticator", "client_secret"),
    ("hub", "services", "jhub-bot", "apiToken"),
)
_CLUSTER_AGE = timedelta(days=43)
# While the past happens, the sandbox's time runs this much faster.
_HURRY = 60.0
_PULL_SECONDS = 6.0
# Outside seconds, when the past is told.
_READY_WITHIN = 180.0
_LOOK_EVERY = 0.02
# Of each twenty users, one has a second home that lies idle, and one works in a server that has a name.
_NAMED = {7: "thesis", 13: "geo-course"}
# A hub with fewer users is too young to have anything left over.
_OF_AGE = 20
# No more than the bot needs: what it lacks would show here.
BOT_SCOPES = ("list:users", "read:users", "read:servers", "delete:servers", "read:hub")


@dataclass(frozen=True)
class World:
    """What was built: the hub's users, the token by which a bot may ask the hub, the secret by which people log in."""

    users: HubUsers
    bot_token: str = field(repr=False)
    client_secret: str = field(repr=False)


def images() -> Images:
    """What can be pulled: the users' image with TAGS only, but one; it takes its time."""
    known = Images()
    known.know(REPOSITORY, *TAGS)
    known.spoil(REPOSITORY, SPOILED)
    known.slow(REPOSITORY, _PULL_SECONDS)
    return known


def registry(clock: Clock, known: Images) -> Registry:
    """The registry as it is now: the same tags, pushed over the last months."""
    made = Registry(clock, known, LOGIN_SERVER)
    for tag, days in _TAG_AGES.items():
        made.push(IMAGE, tag, clock.now() - timedelta(days=days))
    return made


def starting_clock() -> RealClock:
    """A clock that stands where the story begins."""
    return RealClock(start=datetime.now(UTC) - _CLUSTER_AGE)


def profile(tag: str = _PAST[-1].tag) -> Profile:
    """How the release has users' servers made."""
    return Profile(NAMESPACE, RELEASE, f"{REPOSITORY}:{tag}", "10Gi", "managed-csi")


def active_of(users: int) -> int:
    """How many of so many users have a server: three in ten."""
    return users * 3 // 10


def found(store: Store, users: int, namespaces: tuple[str, ...] = (NAMESPACE,)) -> None:
    """Set up the bare cluster, large enough for so many users."""
    bare_cluster.build(store, namespaces, bare_cluster.pools(active_of(users)), store.clock.now())


def place(users: int, where: Path | None) -> AbstractContextManager[Place]:
    """Where the past of a cluster for so many users is kept: in that folder, or the usual one. Raises HelmError."""
    return cache.place(where or cache.folder(), helm_path(), repr(bare_cluster.pools(active_of(users))))


def begin(store: Store, clock: RealClock, known: Images, users: int, kept: Place) -> str:
    """Let the cluster be as the kept past left it, else a bare one. The bot's token, empty for a bare cluster."""
    past = kept.read(end := datetime.now(UTC))
    if past is None:
        found(store, users)
        return ""
    past.restore(store, known)
    catch_up(clock)
    _date_back(store, end)
    return past.token


async def tell(
    store: Store, clock: RealClock, known: Images, kubeconfig: Path, users: int, kept: Place, bot_token: str
) -> World:
    """Let the story happen, from where it began up to now. Raises sandbox.releases.HelmError."""
    end = datetime.now(UTC)
    if not bot_token:
        bot_token = secrets.token_hex(32)
        await _come_about(store, clock, kubeconfig, end, bot_token)
        kept.write(Past.of(store, known, end, bot_token))
    known_users = HubUsers(store, profile())
    _settle(store, clock, known, known_users, users, end)
    catch_up(clock)
    return World(known_users, bot_token, _client_secret(bot_token))


async def _come_about(store: Store, clock: RealClock, kubeconfig: Path, end: datetime, bot_token: str) -> None:
    """Have helm make one revision after the other, each at its time."""
    with tempfile.TemporaryDirectory(prefix="jhub-helm-") as folder:
        for one in _PAST:
            clock.jump((end - timedelta(days=one.days_ago) - clock.now()).total_seconds())
            clock.speed = _HURRY
            try:
                given = values(one.tag, bot_token)
                await upgrade(RELEASE, NAMESPACE, kubeconfig, given, one.description, Path(folder))
                await _until_ready(store)
            finally:
                clock.speed = 1.0
    _date_back(store, end)


def _date_back(store: Store, end: datetime) -> None:
    """Let each revision's record say when the story has it."""
    for revision, one in enumerate(_PAST, 1):
        when, first = (end - timedelta(days=days) for days in (one.days_ago, _PAST[0].days_ago))
        date_back(store, RELEASE, NAMESPACE, revision, when, first)


async def _until_ready(store: Store) -> None:
    try:
        async with asyncio.timeout(_READY_WITHIN):
            while not _is_calm(store):  # noqa: ASYNC110 - brief
                await asyncio.sleep(_LOOK_EVERY)
    except TimeoutError:
        raise HelmError(f"the hub was not ready within {_READY_WITHIN:.0f} s") from None


def _is_calm(store: Store) -> bool:
    """Whether all is rolled out, and nothing is beginning or ending."""
    rolled_out = all(_is_ready(one) for one in store.list(DEPLOYMENT, NAMESPACE))
    return rolled_out and all(is_ready(pod) and not is_ending(pod) for pod in store.list(POD, NAMESPACE))


def _is_ready(deployment: Json) -> bool:
    status, wanted = deployment.get("status", {}), deployment["spec"]["replicas"]
    current = status.get("observedGeneration") == deployment["metadata"]["generation"]
    return bool(current and status.get("updatedReplicas") == status.get("readyReplicas") == wanted)


def values(tag: str, bot_token: str) -> Json:
    """The hub's config, as its administrators keep it. Its secrets are made up with the past."""
    return {
        "hub": {
            "config": {
                "JupyterHub": {"authenticator_class": "azuread", "admin_access": True},
                "AzureAdOAuthenticator": {
                    "client_id": CLIENT_ID,
                    "client_secret": _client_secret(bot_token),
                    "tenant_id": TENANT,
                    "oauth_callback_url": f"https://{HOST}/hub/oauth_callback",
                    "username_claim": "upn",
                    "allow_all": True,
                },
                "KubeSpawner": {"slug_scheme": "safe"},
            },
            "services": {"jhub-bot": {"apiToken": bot_token}},
            "loadRoles": {"jhub-bot": {"services": ["jhub-bot"], "scopes": list(BOT_SCOPES)}},
            "allowNamedServers": True,
        },
        "proxy": {
            "https": {"enabled": True, "hosts": [HOST], "letsencrypt": {"contactEmail": "hub-admins@example.org"}},
            "service": {"loadBalancerIP": "20.50.2.71"},
        },
        "singleuser": {
            "image": {"name": REPOSITORY, "tag": tag},
            "storage": {"capacity": "10Gi", "dynamic": {"storageClass": "managed-csi"}},
            "memory": {"guarantee": "1G", "limit": "8G"},
            "lifecycleHooks": {"postStart": {"exec": {"command": ["bash", "/etc/jupyter/setup.sh"]}}},
        },
        "scheduling": {"userPods": {"nodeAffinity": {"matchNodePurpose": "require"}}},
        "cull": {"enabled": True, "timeout": 7200, "every": 300},
    }


def _client_secret(bot_token: str) -> str:
    # The same in every revision of one world, as a secret is until somebody rotates it.
    return f"sandbox~{bot_token[:24]}"


def _settle(store: Store, clock: RealClock, known: Images, hub: HubUsers, count: int, end: datetime) -> None:
    """Let the users in: some with running servers, most with a home, the newest with neither."""
    clock.jump((end - clock.now()).total_seconds())
    nodes = [n["metadata"]["name"] for n in store.list(NODE) if _is_for_users(n)]
    for name in nodes:
        known.remember(name, hub.profile.image)
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
    """Whether somebody has not left the server since before the last revision, and so keeps its image."""
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
    its = replace(hub.profile, image=f"{REPOSITORY}:{_PAST[1].tag}") if _stays(number) else hub.profile
    address = f"10.244.{number // 250 % 250}.{number % 250 + 4}"
    # One in thirty reads a file larger than its memory now and then.
    restarts = 2 if number % 30 == 23 else 0  # noqa: PLR2004 - any of those that run
    store.create(POD, its.namespace, running_pod(named, its, node, address, started, restarts), backdate=True)
    user.servers[named.server] = Server(named, started, user.last_activity or started)
    _remark(store, its, named, started)


def _remark(store: Store, its: Profile, named: Named, started: datetime) -> None:
    """What kubelet noted of the start, where it is not older than events get."""
    if (store.clock.now() - started).total_seconds() < LIFETIME:
        made = store.get(POD, its.namespace, named.pod)
        recorder = EventRecorder(store, ManualClock(started))
        recorder.record(
            made, "Normal", "Pulled", f'Container image "{its.image}" already present on machine', "kubelet"
        )
        recorder.record(made, "Normal", "Started", "Started container notebook", "kubelet")


def catch_up(clock: RealClock) -> None:
    """Let the sandbox's time be the time outside."""
    clock.jump((datetime.now(UTC) - clock.now()).total_seconds())


def describe(store: Store) -> dict[str, int]:
    """How much of everything there is, for those who start a sandbox."""
    return {
        "nodes": len(store.list(NODE)),
        "pods": len(store.list(POD, NAMESPACE)),
        "claims": len(store.list(PERSISTENT_VOLUME_CLAIM, NAMESPACE)),
    }
