"""The plan of an upgrade of Kubernetes, or of the nodes' images: what goes first, and who is on it.

The control plane goes first, then one pool after another: those of the system, the hub's, the users'.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from math import ceil
from typing import Final

from clients.azure.aks import Cluster, Pool
from commands.framework.errors import UserError
from commands.framework.plan_digest import incidental
from commands.nodes.pools import azure, is_for_users
from commands.nodes.upgrade_target import LINE, numbers
from commands.ports.context import Reads

# What Azure adds where a pool does not say (azure-mgmt-containerservice 41.8, AgentPoolUpgradeSettings).
_USUAL_SURGE: Final = "10%"
_SETTLED: Final = ("Succeeded", "Failed", "Canceled")


@dataclass(frozen=True)
class PoolUpgrade:
    """One pool of the plan: its version and image before; `users` is True if users' servers are meant to run there.

    `newest` is the image that it gets, where the plan is about images.
    """

    name: str
    before: str
    image: str
    users: bool
    system: bool
    newest: str = ""
    nodes: int = field(default=0, metadata=incidental())
    surge: str = field(default="", metadata=incidental())
    drain_minutes: int = field(default=30, metadata=incidental())


@dataclass(frozen=True)
class ClusterUpgrade:
    """The plan. `target` is the version, empty for images alone; the control plane is upgraded if `plane` is True.

    Approval is bound to the versions and the pools. Who is on them, what stands in the way and how many nodes there are
    changes by the minute.
    """

    cluster: str
    before: str
    target: str
    plane: bool
    pools: tuple[PoolUpgrade, ...]
    grace: float
    users: tuple[str, ...] = field(default=(), metadata=incidental())
    hub_on: tuple[str, ...] = field(default=(), metadata=incidental())
    warnings: tuple[str, ...] = field(default=(), metadata=incidental())
    follows: str = ""
    """What makes nodes that follow the control plane by themselves, in words; empty where all are in pools."""
    inside: bool = field(default=False, metadata=incidental())
    """True if the bot itself runs in the cluster."""
    only: str = ""
    """The pool, if it is about one alone."""

    @property
    def stops_servers(self) -> bool:
        """True if servers are on the pools, or the pools are for them."""
        return bool(self.pools) and (bool(self.users) or any(pool.users for pool in self.pools))

    @property
    def line(self) -> str:
        """What to type to go on with it."""
        one = f" --pool {self.only}" if self.only else ""
        if not self.target:
            return f"{LINE} --images{one}"
        return f"{LINE} {self.target}" if self.plane else f"{LINE}{one or ' --nodes-only'}"


async def settled_cluster(reads: Reads) -> Cluster:
    """Return the cluster. Raise UserError if it is stopped or Azure is at work on it."""
    cluster = await azure(reads).cluster()
    if cluster.power != "Running":
        raise UserError(
            f"{cluster.name} is stopped: Azure upgrades a cluster only while it runs.", "/jhub cluster start"
        )
    if cluster.state not in _SETTLED:
        raise UserError(f"Azure is still working on {cluster.name}: {cluster.state.lower()}.", "/jhub cluster status")
    return cluster


def check_settled(pools: Sequence[Pool]) -> None:
    """Raise UserError if Azure is at work on one of the pools."""
    busy = [pool for pool in pools if pool.state not in ("", *_SETTLED)]
    if busy:
        raise UserError(f"Azure is still working on the pool {busy[0].name}: {busy[0].state.lower()}.", "/jhub nodes")


def behind(pools: Sequence[Pool], target: str) -> list[Pool]:
    """Return the pools that do not run that version, or on which Azure's last operation failed, in their order."""
    found = [pool for pool in pools if numbers(pool.version) < numbers(target) or pool.state in ("Failed", "Canceled")]
    return in_order(found)


def in_order(pools: Sequence[Pool]) -> list[Pool]:
    """Return the pools in the order of an upgrade: the system's, then others, the users' last."""
    return sorted(pools, key=lambda pool: (is_for_users(pool), not pool.is_system))


def pool_upgrade(pool: Pool) -> PoolUpgrade:
    """Return a pool's part of the plan."""
    return PoolUpgrade(
        pool.name,
        pool.version,
        pool.image,
        is_for_users(pool),
        pool.is_system,
        nodes=pool.count,
        surge=surge_in_words(pool),
        drain_minutes=pool.drain_minutes,
    )


def surge(pool: Pool) -> int:
    """Return how many nodes an upgrade adds to the pool while it is going on; percentages are rounded up."""
    setting = pool.surge or _USUAL_SURGE
    if not pool.count:
        return 0
    if setting.endswith("%") and setting[:-1].isdecimal():
        return ceil(pool.count * int(setting[:-1]) / 100)
    return int(setting) if setting.isdecimal() else 0


def surge_in_words(pool: Pool) -> str:
    """Return the pool's surge as people read it: "1 (10%)"."""
    setting, more = pool.surge or _USUAL_SURGE, surge(pool)
    if not more and pool.unavailable not in ("", "0", "0%"):
        return f"none, {pool.unavailable} at a time"
    return f"{more} ({setting})" if setting.endswith("%") else str(more)


def patience(pool: PoolUpgrade) -> timedelta:
    """Return how long Azure may take for a pool: for each node its drain, and minutes for a new machine."""
    return timedelta(minutes=max(60, (pool.nodes + 1) * (pool.drain_minutes + 15)))
