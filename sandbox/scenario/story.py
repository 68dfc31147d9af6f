"""The past of the scenario: a cluster of six weeks, a hub of three weeks and three revisions, users who come and go.

Helm makes the revisions, each at its time; a past that is cached replaces that. Then the users are added.
"""

import asyncio
import secrets
import tempfile
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sandbox.apiserver.objects.resource_kinds import DEPLOYMENT, NODE, PERSISTENT_VOLUME_CLAIM, POD, Json
from sandbox.apiserver.storage.store import Store
from sandbox.clock import RealClock
from sandbox.helm.errors import HelmError
from sandbox.helm.release_history import date_back, helm_path, upgrade
from sandbox.jupyterhub.users import HubUsers
from sandbox.runtime.images import Images
from sandbox.runtime.pod_facts import is_ending, is_ready
from sandbox.scenario import bare_cluster, cache
from sandbox.scenario.cache import Past, Place
from sandbox.scenario.population import settle
from sandbox.scenario.release import NAMESPACE, PAST, RELEASE, client_secret, profile, values

_CLUSTER_AGE = timedelta(days=43)
# While the past happens, the sandbox's time runs so many times as fast.
_HURRY = 60.0
# Real seconds, while the past happens.
_READY_WITHIN = 180.0
_LOOK_EVERY = 0.02


@dataclass(frozen=True)
class World:
    """The installed hub: its users, the bot's token for its API, and the client secret of its login."""

    users: HubUsers
    bot_token: str = field(repr=False)
    client_secret: str = field(repr=False)


def starting_clock() -> RealClock:
    """Return a clock that starts where the past does, 43 days ago."""
    return RealClock(start=datetime.now(UTC) - _CLUSTER_AGE)


def active_of(users: int) -> int:
    """Return the number of users with a server: three in ten."""
    return users * 3 // 10


def build(store: Store, users: int, namespaces: tuple[str, ...] = (NAMESPACE,)) -> None:
    """Build the bare cluster, large enough for so many users."""
    bare_cluster.build(store, namespaces, bare_cluster.pools(active_of(users)), store.clock.now())


def place(users: int, where: Path | None) -> AbstractContextManager[Place]:
    """Return the cached past of a cluster for so many users, from that folder or the usual one. Raise HelmError."""
    return cache.place(where or cache.folder(), helm_path(), repr(bare_cluster.pools(active_of(users))))


def restore(store: Store, clock: RealClock, images: Images, users: int, place: Place) -> str:
    """Restore the cached past, or build a bare cluster. Return the bot's token, empty for a bare cluster."""
    past = place.read(end := datetime.now(UTC))
    if past is None:
        build(store, users)
        return ""
    past.restore(store, images)
    catch_up(clock)
    _date_back(store, end)
    return past.token


async def play(
    store: Store, clock: RealClock, images: Images, kubeconfig: Path, users: int, place: Place, bot_token: str
) -> World:
    """Let the past happen, up to now: by helm unless it was restored, then the users. Raise HelmError."""
    end = datetime.now(UTC)
    if not bot_token:
        bot_token = secrets.token_hex(32)
        await _install(store, clock, kubeconfig, end, bot_token)
        place.write(Past.of(store, images, end, bot_token))
    known_users = HubUsers(store, profile())
    settle(store, clock, images, known_users, users, end)
    catch_up(clock)
    return World(known_users, bot_token, client_secret(bot_token))


async def _install(store: Store, clock: RealClock, kubeconfig: Path, end: datetime, bot_token: str) -> None:
    """Let helm make one revision after the other, each at its time."""
    with tempfile.TemporaryDirectory(prefix="jhub-helm-") as folder:
        for one in PAST:
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
    """Set the time of each revision's record."""
    for revision, one in enumerate(PAST, 1):
        when, first = (end - timedelta(days=days) for days in (one.days_ago, PAST[0].days_ago))
        date_back(store, RELEASE, NAMESPACE, revision, when, first)


async def _until_ready(store: Store) -> None:
    try:
        async with asyncio.timeout(_READY_WITHIN):
            while not _is_calm(store):  # noqa: ASYNC110 - brief
                await asyncio.sleep(_LOOK_EVERY)
    except TimeoutError:
        raise HelmError(f"the hub was not ready within {_READY_WITHIN:.0f} s") from None


def _is_calm(store: Store) -> bool:
    """Return True if all is rolled out, and no pod is starting or ending."""
    rolled_out = all(_is_ready(one) for one in store.list(DEPLOYMENT, NAMESPACE))
    return rolled_out and all(is_ready(pod) and not is_ending(pod) for pod in store.list(POD, NAMESPACE))


def _is_ready(deployment: Json) -> bool:
    status, wanted = deployment.get("status", {}), deployment["spec"]["replicas"]
    current = status.get("observedGeneration") == deployment["metadata"]["generation"]
    return bool(current and status.get("updatedReplicas") == status.get("readyReplicas") == wanted)


def catch_up(clock: RealClock) -> None:
    """Set the sandbox's time to the real time."""
    clock.jump((datetime.now(UTC) - clock.now()).total_seconds())


def describe(store: Store) -> dict[str, int]:
    """Return the number of nodes, pods and claims, for those who start a sandbox."""
    return {
        "nodes": len(store.list(NODE)),
        "pods": len(store.list(POD, NAMESPACE)),
        "claims": len(store.list(PERSISTENT_VOLUME_CLAIM, NAMESPACE)),
    }
