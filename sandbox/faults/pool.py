"""Pools that failed or are full, and an autoscaler that gets no more machines."""

from typing import Final

from sandbox.apiserver.objects.resource_kinds import NODE, POD, Json
from sandbox.azure.managed_cluster import AgentPool, Estate
from sandbox.faults.servers import start, stop_stuck
from sandbox.jupyterhub.users import HubUsers
from sandbox.runtime.pod_facts import is_active, node_of
from sandbox.scenario.bare_cluster import PURPOSE

_FIT: Final = "110"


def begin_failed(estate: Estate, name: str = "") -> str:
    """Let Azure's last operation on a pool, the users' unless named, have failed; the pool's name."""
    pool = estate.pool(name) if name else users_pool(estate)
    pool.state = "Failed"
    pool.touch()
    return pool.name


def begin_full(estate: Estate, users: HubUsers, waiting: int = 2) -> list[str]:
    """Let the users' nodes be full and their pool at its maximum, while so many users start a server."""
    pool = users_pool(estate)
    pool.autoscaled, pool.minimum, pool.maximum = True, min(pool.minimum or 0, pool.count), pool.count
    pool.touch()
    for node in estate.nodes_of(pool):
        name = str(node["metadata"]["name"])
        _allow(estate, name, str(sum(is_active(p) and node_of(p) == name for p in estate.store.list(POD))))
    return start(users, waiting)


def begin_no_quota(estate: Estate, users: HubUsers, waiting: int = 2) -> list[str]:
    """Let the users' nodes be full, and Azure refuse the autoscaler more machines."""
    names = begin_full(estate, users, waiting)
    pool = users_pool(estate)
    pool.maximum = pool.count + 3
    estate.no_machines = "QuotaExceeded"
    return names


def heal(estate: Estate, users: HubUsers) -> list[str]:
    """Have room again, no pool failed, and more machines where they are asked for; whose servers were given up."""
    estate.no_machines = ""
    for pool in estate.pools.values():
        if pool.state == "Failed":
            pool.state = "Succeeded"
            pool.touch()
        for node in estate.nodes_of(pool):
            _allow(estate, str(node["metadata"]["name"]), _FIT)
    users_pool(estate).maximum = users_pool(estate).count + 2
    return stop_stuck(users)


def users_pool(estate: Estate) -> AgentPool:
    """The pool whose nodes are for users. Raises LookupError where there is none."""
    found = next((pool for pool in estate.pools.values() if pool.labels.get(PURPOSE) == "user"), None)
    if found is None:
        raise LookupError("there is no pool for users")
    return found


def _allow(estate: Estate, node: str, pods: str) -> None:
    def change(new: Json) -> None:
        for size in ("allocatable", "capacity"):
            new["status"].setdefault(size, {})["pods"] = pods

    estate.store.modify(NODE, None, node, change)
