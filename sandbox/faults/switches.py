"""The faults of a running sandbox, by the names that people type, and the ways of each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final

from sandbox.apiserver.storage.store import Store
from sandbox.azure import arm as azure
from sandbox.azure.arm import Arm
from sandbox.azure.managed_cluster import ManagedCluster
from sandbox.clock import Clock
from sandbox.entra import directory
from sandbox.entra.applications import Applications
from sandbox.entra.directory import Directory
from sandbox.faults import (
    ending,
    grow,
    home,
    hub,
    image,
    login,
    node,
    pool,
    quota,
    reflector,
    secret,
    spawn,
    starts,
    storage,
    upgrade,
)
from sandbox.faults.switch import Switch, Touched
from sandbox.http.outage import Outage
from sandbox.internet.acme import Issuance
from sandbox.internet.certificate_causes import CAUSES, ISSUING
from sandbox.jupyterhub.config import is_installed
from sandbox.jupyterhub.hub_log import HubLog
from sandbox.jupyterhub.users import HubUsers, User
from sandbox.kubelet.programs import CRASH, UNREADY
from sandbox.prometheus import scraper as prometheus
from sandbox.prometheus.scraper import Prometheus
from sandbox.registry import images as registry
from sandbox.registry.images import Registry
from sandbox.runtime.images import Images, split

_NEWCOMER: Final = "newcomer."
_HUB: Final = {"crash": CRASH, "unready": UNREADY}
_PASSING: Final = "passing"
_OUTAGES: Final = {"20s": 20.0, "60s": 60.0, "5m": 300.0}
_SLOW: Final = {"25s": 25.0, "3m": 180.0}
_PRESSURES: Final = {"memory": "MemoryPressure", "disk": "DiskPressure", "processes": "PIDPressure"}


@dataclass(frozen=True)
class Parts:
    """The parts of a sandbox that can be broken."""

    store: Store
    clock: Clock
    namespace: str
    issuance: Issuance
    applications: Applications
    images: Images
    managed_cluster: ManagedCluster
    directory: Directory
    arm: Arm
    registry: Registry
    users: HubUsers
    api: Outage
    refused: starts.RefusedStarts
    hub_log: HubLog
    prometheus: Prometheus
    blind: reflector.BlindHub


def switches(parts: Parts) -> dict[str, Switch]:
    """Return all switches by name; those of the hub can be used once a release is installed."""
    of_the_hub = {
        "cert": _cert(parts.issuance),
        "hub": _hub(parts),
        "upgrade": _upgrade(parts),
        "starts": _starts(parts),
        "login": _login(parts),
        "reflector": _reflector(parts),
        **_servers(parts, parts.users),
    }
    return {
        **{what: _of_a_release(parts, switch) for what, switch in of_the_hub.items()},
        "secret": _secret(parts),
        "node": _node(parts),
        "autoscaler": _autoscaler(parts),
        "api": _api(parts.api),
        "graph": _service(parts.directory, directory.FAULTS),
        "arm": _service(parts.arm, azure.FAULTS),
        "registry": _registry(parts.registry),
        "prometheus": _service(parts.prometheus, prometheus.FAULTS),
    }


def _of_a_release(parts: Parts, switch: Switch) -> Switch:
    def begin(how: str) -> Touched:
        if not is_installed(parts.store, parts.namespace):
            raise LookupError("no release is installed")
        return switch.begin(how)

    return replace(switch, begin=begin)


def _cert(issuance: Issuance) -> Switch:
    """Return the switch of the certificate.

    Its usual way is a failure that is over by the time that anybody looks: the button Retry on the alert's card is
    for it. The others last.
    """

    def begin(how: str) -> Touched:
        # What Traefik serves wrongly it gets anew whenever it starts.
        issuance.begin("acme" if how == _PASSING else how, once=how not in ISSUING)
        if how == _PASSING:
            issuance.mend()
        return ["autohttps"]

    def heal() -> Touched:
        issuance.heal()
        return ["autohttps"]

    return Switch((_PASSING, *CAUSES), begin, heal, lambda: bool(issuance.cause), _certificate_note)


def _certificate_note(how: str) -> str:
    match how:
        case "passing":
            return "Let's Encrypt was down when Traefik asked for a certificate. It is up again, so a retry gets one."
        case "ratelimit":
            return "Let's Encrypt issues nothing for 34 hours, so a retry fails; “/sandbox heal cert” ends it."
        case "contact":
            return "A retry fails until the contact address is in another domain, or until “/sandbox heal cert”."
    if how in ISSUING:
        return "The cause stays, so a retry fails again, until “/sandbox heal cert”."
    return "A retry mends it."


def _secret(parts: Parts) -> Switch:
    def begin(how: str) -> Touched:
        return secret.begin(parts.applications, parts.clock.now(), secret.ENDS[how])

    return Switch(tuple(secret.ENDS), begin, lambda: secret.heal(parts.applications, parts.clock.now()))


def _node(parts: Parts) -> Switch:
    def begin(how: str) -> Touched:
        if how == "silent":
            return [node.begin(parts.store)]
        return [node.begin_pressure(parts.store, kind=_PRESSURES[how])]

    return Switch(("silent", *_PRESSURES), begin, partial(node.heal, parts.store))


def _hub(parts: Parts) -> Switch:
    store, namespace = parts.store, parts.namespace
    begin: Callable[[str], Touched] = lambda how: hub.begin(store, namespace, fault=_HUB[how])  # noqa: E731 - a field
    return Switch(tuple(_HUB), begin, partial(hub.heal, store, namespace))


def _starts(parts: Parts) -> Switch:
    """Return the switch for people who try to start a server and get no pod."""

    def heal() -> Touched:
        parts.refused.heal()
        return []

    begin: Callable[[str], Touched] = lambda how: parts.refused.begin(parts.users, parts.clock.now(), how)  # noqa: E731 - a field
    return Switch(starts.HOWS, begin, heal, lambda: parts.refused.is_broken)


def _reflector(parts: Parts) -> Switch:
    """Return the switch for a hub that no longer sees its pods; a restart of it mends that."""
    blind, users = parts.blind, parts.users
    begin: Callable[[str], Touched] = lambda _: blind.begin(users, parts.clock.now())  # noqa: E731 - a field
    heal: Callable[[], Touched] = lambda: blind.heal(users)  # noqa: E731 - a field
    return Switch(("dead",), begin, heal, lambda: blind.is_blind, lambda _: "“/jhub restart hub” mends it.")


def _login(parts: Parts) -> Switch:
    """Return the switch for people whom Entra does not let in, and for a hub that it does not."""

    def begin(how: str) -> Touched:
        login.begin(parts.hub_log, parts.clock.now(), how)
        return []

    def heal() -> Touched:
        login.heal(parts.hub_log)
        return []

    return Switch(login.HOWS, begin, heal, lambda: not parts.hub_log.is_empty)


def _autoscaler(parts: Parts) -> Switch:
    """Return the switch for the autoscaler itself, which says so in its status within ten seconds."""
    cluster = parts.managed_cluster

    def hang() -> Touched:
        cluster.autoscaler_hangs = True
        return []

    ways: dict[str, Callable[[], Touched]] = {
        "backoff": partial(pool.begin_no_quota, cluster, parts.users),
        "unhealthy": lambda: [pool.begin_unhealthy(cluster)],
        "hangs": hang,
    }

    def heal() -> Touched:
        pool.heal_autoscaler(cluster)
        return pool.heal(cluster, parts.users) if cluster.no_machines else []

    return Switch(tuple(ways), lambda how: ways[how](), heal, note=_autoscaler_note)


def _autoscaler_note(how: str) -> str:
    return "It counts as silent after ten minutes without a report." if how == "hangs" else ""


def _upgrade(parts: Parts) -> Switch:
    """Return the switch for what the next deployment meets."""
    store, namespace, images = parts.store, parts.namespace, parts.images
    repository = split(parts.users.profile.image)[0]
    usual = images.seconds(repository)

    def reserve() -> Touched:
        return [f"{quota.begin(store, namespace)} pods"]

    ways: dict[str, Callable[[], Touched]] = {
        "crash": partial(upgrade.begin_crash, store, namespace),
        "hook": partial(upgrade.begin_hook, store, namespace),
        "image-slow": partial(upgrade.begin_slow, images, repository),
        "quota": reserve,
    }

    def heal() -> Touched:
        quota.heal(store, namespace)
        return upgrade.heal(store, namespace, images, repository, usual)

    return Switch(tuple(ways), lambda how: ways[how](), heal)


def _api(api: Outage) -> Switch:
    def begin(how: str) -> Touched:
        api.begin(_OUTAGES[how])
        return []

    def heal() -> Touched:
        api.heal()
        return []

    return Switch(tuple(_OUTAGES), begin, heal, api.holds)


def _servers(parts: Parts, users: HubUsers) -> Mapping[str, Switch]:
    """Return the switches that show when somebody starts a server; for some of them users do at once."""
    store, images, cluster = parts.store, parts.images, parts.managed_cluster
    full: dict[str, Callable[[], Touched]] = {
        "full": partial(pool.begin_full, cluster, users),
        "quota": partial(pool.begin_no_quota, cluster, users),
        "failed": lambda: [pool.begin_failed(cluster)],
    }

    def break_disks(how: str) -> Touched:
        if how == "disks":
            storage.begin(store, users, waiting=0)
            return _newcomers(users, parts.clock.now())
        storage.begin_snapshots(store)
        return []

    return {
        "image": Switch(
            ("layers",), lambda _: image.begin(store, images, users), partial(image.heal, store, images, users)
        ),
        "pool": Switch(tuple(full), lambda how: full[how](), partial(pool.heal, cluster, users)),
        "storage": Switch(("disks", "snapshots"), break_disks, partial(storage.heal, store, parts.namespace, users)),
        "home": Switch(home.HOWS, lambda how: home.begin(store, users, how), partial(home.heal, store, users)),
        "grow": Switch(grow.HOWS, partial(grow.begin, store), partial(grow.heal, store), note=grow.note_of),
        "full-home": Switch(
            home.FILLINGS, lambda how: home.begin_full(store, users, how), partial(home.heal, store, users)
        ),
        "ending": _ending(store, users),
        "spawn": Switch(spawn.HOWS, partial(spawn.begin, users), partial(spawn.heal, users), note=lambda _: spawn.NOTE),
    }


def _ending(store: Store, users: HubUsers) -> Switch:
    def begin(how: str) -> Touched:
        return ending.begin_slow(users, _SLOW[how]) if how in _SLOW else ending.begin(store, users)

    return Switch(("finalizer", *_SLOW), begin, partial(ending.heal, store, users), note=_ending_note)


def _ending_note(how: str) -> str:
    return f"Every server takes {how} to stop, until “/sandbox heal ending”." if how in _SLOW else ""


def _newcomers(users: HubUsers, now: datetime) -> Touched:
    """Let two people without a disk, who are new, log in and start a server. Return their names."""
    known = sum(user.name.startswith(_NEWCOMER) for user in users.all())
    names = [f"{_NEWCOMER}{number}@example.org" for number in range(known + 1, known + 3)]
    for name in names:
        user = User(name, now, now)
        users.add(user)
        users.start(user)
    return names


def _service(service: Directory | Arm | Prometheus, faults: Sequence[str]) -> Switch:
    def switch(how: str) -> Touched:
        service.fault = how
        return []

    return Switch(_usual_first(faults), switch, lambda: switch(""), lambda: bool(service.fault))


def _registry(service: Registry) -> Switch:
    def switch(how: str) -> Touched:
        service.misbehave(how)
        return []

    return Switch(_usual_first(registry.FAULTS), switch, lambda: switch(""), lambda: bool(service.fault))


def _usual_first(faults: Sequence[str]) -> tuple[str, ...]:
    return ("absent", *(fault for fault in faults if fault not in ("", "absent")))
