"""What Prometheus has measured of the volumes: of those in use until now, of others while they last were.

As a managed Prometheus it has the volumes of other namespaces, and of another cluster, as well.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from sandbox.apiserver.objects.resource_kinds import PERSISTENT_VOLUME_CLAIM, Json
from sandbox.apiserver.storage.store import Store
from sandbox.clock import Clock
from sandbox.jupyterhub.users import HubUsers, User
from sandbox.kubelet.volume_stats import Samples, exposed, of_claim
from sandbox.prometheus.scraper import Prometheus
from sandbox.prometheus.time_series import Span

_JOB: Final = {"job": "kubelet"}
_GONE: Final = dict.fromkeys(("node", "instance"), "aks-users-31415926-vmss0000ff")
_LASTED: Final = timedelta(hours=3)


def prometheus(store: Store, clock: Clock, users: HubUsers, cluster: str) -> Prometheus:
    """Return the Prometheus of the cluster of that name, with a past."""
    here = {"cluster": cluster, **_JOB}
    made = Prometheus(clock, lambda: exposed(store, here) | _elsewhere(here))
    now = clock.now().timestamp()
    for labels, value in exposed(store, here).items():
        made.series.remember(labels, Span(now - _LASTED.total_seconds(), now, value))
    for user in users.all():
        _remember(made, store, users, user, here)
    return made


def _remember(prometheus: Prometheus, store: Store, users: HubUsers, user: User, labels: Mapping[str, str]) -> None:
    for server, name in user.claims.items():
        claim = store.find(PERSISTENT_VOLUME_CLAIM, users.profile.namespace, name)
        if claim is None or server in user.servers or user.last_activity is None:
            continue
        last = user.last_activity.timestamp()
        for its, value in of_claim(claim, {**_GONE, **labels}).items():
            prometheus.series.remember(its, Span(last - _LASTED.total_seconds(), last, value))


def _elsewhere(here: Mapping[str, str]) -> Samples:
    """Return samples of another cluster's hub, and of another namespace, both nearly full: neither is the hub's."""
    foreign = _claim("jhub", "hub-db-dir"), {"cluster": "another-aks", **_JOB}
    beside = _claim("monitoring", "prometheus-data"), here
    return {**of_claim(*foreign), **of_claim(*beside)}


def _claim(namespace: str, name: str) -> Json:
    notes: Mapping[str, str] = {"sandbox/used": "99%"}
    return {
        "metadata": {"namespace": namespace, "name": name, "annotations": notes},
        "status": {"capacity": {"storage": "32Gi"}},
    }
