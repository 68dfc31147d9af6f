"""Pools that failed or are full, and an autoscaler that gets no more machines."""

from typing import Final

from sandbox.apiserver.objects.resource_kinds import NODE, POD, Json
from sandbox.azure.agent_pools import AgentPool
from sandbox.azure.managed_cluster import ManagedCluster
from sandbox.faults.servers import start, stop_stuck
from sandbox.jupyterhub.users import HubUsers
from sandbox.runtime.pod_facts import is_active, node_of
from sandbox.scenario.bare_cluster import PURPOSE

_FIT: Final = "110"


def begin_failed(cluster: ManagedCluster, name: str = "") -> str:
    """Make Azure's last operation on a pool, the users' by default, a failed one. Return the pool's name."""
    pool = cluster.pool(name) if name else users_pool(cluster)
    pool.state = "Failed"
    pool.touch()
    return pool.name


def begin_full(cluster: ManagedCluster, users: HubUsers, waiting: int = 2) -> list[str]:
    """Fill the users' nodes, put their pool at its maximum, and let `waiting` users start a server. Return these."""
    pool = users_pool(cluster)
    pool.autoscaled, pool.minimum, pool.maximum = True, min(pool.minimum or 0, pool.count), pool.count
    pool.touch()
    for node in cluster.nodes.of(pool):
        name = str(node["metadata"]["name"])
        _allow(cluster, name, str(sum(is_active(p) and node_of(p) == name for p in cluster.store.list(POD))))
    return start(users, waiting)


def begin_no_quota(cluster: ManagedCluster, users: HubUsers, waiting: int = 2) -> list[str]:
    """Fill the users' nodes and let Azure refuse the autoscaler more machines. Return who waits."""
    names = begin_full(cluster, users, waiting)
    pool = users_pool(cluster)
    pool.maximum = pool.count + 3
    cluster.no_machines = "QuotaExceeded"
    return names


def begin_unhealthy(cluster: ManagedCluster) -> str:
    """Have the autoscaler consider the users' pool unhealthy. Return its name."""
    name = users_pool(cluster).name
    cluster.unhealthy_pools.add(name)
    return name


def heal_autoscaler(cluster: ManagedCluster) -> None:
    """Have the autoscaler run again, and consider every pool healthy."""
    cluster.unhealthy_pools.clear()
    cluster.autoscaler_hangs = False


def heal(cluster: ManagedCluster, users: HubUsers) -> list[str]:
    """Make room, mend failed pools, and grant machines again. Return the users whose stuck servers were stopped."""
    cluster.no_machines = ""
    for pool in cluster.pools.values():
        if pool.state == "Failed":
            pool.state = "Succeeded"
            pool.touch()
        for node in cluster.nodes.of(pool):
            _allow(cluster, str(node["metadata"]["name"]), _FIT)
    users_pool(cluster).maximum = users_pool(cluster).count + 2
    return stop_stuck(users)


def users_pool(cluster: ManagedCluster) -> AgentPool:
    """Return the pool whose nodes are for users. Raise LookupError if there is none."""
    found = next((pool for pool in cluster.pools.values() if pool.labels.get(PURPOSE) == "user"), None)
    if found is None:
        raise LookupError("there is no pool for users")
    return found


def _allow(cluster: ManagedCluster, node: str, pods: str) -> None:
    def change(new: Json) -> None:
        for size in ("allocatable", "capacity"):
            new["status"].setdefault(size, {})["pods"] = pods

    cluster.store.modify(NODE, None, node, change)
