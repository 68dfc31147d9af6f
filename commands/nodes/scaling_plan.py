"""The plan of a change of a pool's size: its effects, its preview, and the checks that may refuse it."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from cards.views import Fact, Facts, Plan
from clients.azure.aks import Pool
from commands.announcements.offer import offered
from commands.framework.errors import UserError
from commands.framework.plan_digest import added_later, incidental
from commands.nodes.auto_provisioning import check_autoscaler
from commands.nodes.pool_servers import servers_on_pool
from commands.nodes.pools import (
    SIZE_TAG,
    PoolSize,
    azure,
    hub_components,
    names_in_words,
    node_limit,
    nodes_in_words,
    over_limit_reason,
    size_of,
    users_section,
)
from commands.nodes.quota import QuotaRoom, quota_fact, quota_room
from commands.ports.context import Reads
from commands.timing.durations import spoken

# Seconds: Azure needs minutes for machines; after half an hour somebody should have a look.
PATIENCE: Final = 1800.0


@dataclass(frozen=True)
class Scaling:
    """The plan: a pool from one setting to another.

    Consent is bound to the pool and its settings. How many people are on it changes by the minute, and so does the
    count of a pool with an autoscaler.
    """

    pool: str
    size: str
    before: str
    target: PoolSize
    keep: bool
    evict: bool = False
    grace: float = 0.0
    now: int = field(default=0, metadata=incidental())
    idle: tuple[str, ...] = field(default=(), metadata=incidental())
    active: tuple[str, ...] = field(default=(), metadata=incidental())

    above: str = field(default="", metadata=added_later())
    """The reason for an approval if it exceeds what one person may give the pool; else empty."""

    room: QuotaRoom = field(default_factory=QuotaRoom, metadata=incidental())
    """The room that Azure's quota leaves."""

    @property
    def lowers(self) -> bool:
        """True if nodes may be removed."""
        return self.target.count < self.now


async def plan_scaling(
    reads: Reads, pool: Pool, target: PoolSize, *, keep: bool, evict: bool = False, grace: timedelta = timedelta(0)
) -> Scaling:
    """Return the plan for a pool. Raise UserError if Azure would refuse, or the hub would lose its own nodes."""
    check_size(pool, target)
    if target.minimum is not None:
        check_autoscaler(await azure(reads).cluster())
    if target.count == 0:
        await _check_own(reads, pool)
    servers = await servers_on_pool(reads, pool.name) if target.count < pool.count else []
    room = await quota_room(reads, pool.size, target.highest - pool.count, fixed=target.minimum is None)
    return Scaling(
        pool=pool.name,
        size=pool.size,
        before=size_of(pool).text if pool.autoscaled else "held",
        target=target,
        keep=keep,
        evict=evict,
        grace=grace.total_seconds(),
        now=pool.count,
        idle=tuple(server.user for server in servers if server.is_idle(reads.now)),
        active=tuple(server.user for server in servers if not server.is_idle(reads.now)),
        above=over_limit_reason(pool.name, pool.size, target.highest, node_limit(pool, reads.most_nodes), reads),
        room=room,
    )


def check_size(pool: Pool, target: PoolSize) -> None:
    """Raise UserError for a setting that no pool, or not this pool, can have."""
    lowest = target.minimum if target.minimum is not None else target.count
    if pool.is_system and lowest < 1:
        raise UserError(
            f"{pool.name} is a system pool: the cluster itself runs on it, so it keeps at least one node.",
            f"/jhub scale 1 --pool {pool.name}",
        )
    if target.minimum is not None and target.maximum is not None and target.minimum > target.maximum:
        raise UserError(
            f"The minimum ({target.minimum}) is larger than the maximum ({target.maximum}).",
            f"/jhub autoscale {pool.name} {target.maximum} {target.minimum}",
        )
    if size_of(pool) == target and pool.state != "Failed":
        raise UserError(f"{pool.name} is already set to that: {size_of(pool).text}.", "/jhub nodes")


async def _check_own(reads: Reads, pool: Pool) -> None:
    nodes, pods = await asyncio.gather(reads.kube.nodes(), reads.kube.pods())
    own = hub_components(nodes, pods, pool.name)
    if own:
        raise UserError(
            f"The hub itself runs on {pool.name} ({', '.join(own)}): without its nodes nobody could log in.",
            "/jhub nodes",
        )


def preview(plan: Scaling) -> Plan:
    """Return the preview."""
    facts = (Fact("Pool", f"{plan.pool}, {plan.size}"), Fact("Now", _now(plan)), Fact("Then", plan.target.text))
    pool = Facts((*facts, *quota_fact(plan.room)))
    return Plan(
        _heading(plan),
        "",
        (),
        tuple(_consequences(plan)),
        tuple(_warnings(plan)),
        "Set this now?",
        (pool, *users_section((*plan.active, *plan.idle))),
    )


def _heading(plan: Scaling) -> str:
    if plan.target.minimum is not None:
        return f"Set the autoscaler of the pool {plan.pool} to {plan.target.minimum}–{plan.target.maximum} nodes"
    if plan.target.count == 0:
        return f"Remove all nodes of the pool {plan.pool}"
    return f"Fix the pool {plan.pool} at {nodes_in_words(plan.target.count)}"


def _now(plan: Scaling) -> str:
    return f"{plan.before}, {nodes_in_words(plan.now)}" if plan.before != "held" else f"fixed at {plan.now}"


def _consequences(plan: Scaling) -> list[str]:
    lines = []
    if plan.evict:
        lines.append(f"It is announced here; {spoken(timedelta(seconds=plan.grace))} later all servers are stopped.")
    elif plan.idle:
        lines.append(f"Stopped first, as they have been idle for an hour or more: {users_in_words(plan.idle)}.")
    if plan.target.minimum is None and plan.before != "held":
        lines.append("The autoscaler is turned off; “/jhub scale up” restores it.")
    if plan.target.minimum is not None:
        first = f"It starts with {nodes_in_words(plan.target.count)}. " if plan.target.count != plan.now else ""
        lines.append(f"{first}{_range(plan.target)}")
    if plan.target.count == 0 and plan.target.minimum is None:
        lines.append("Nobody can start a server until there are nodes again. Homes stay as they are.")
        lines += offered((*plan.active, *plan.idle), _announced(plan), "2h")
    return lines or ["Running servers on the remaining nodes are not affected."]


def _announced(plan: Scaling) -> str:
    when = f"in about {spoken(timedelta(seconds=plan.grace))}" if plan.evict else "soon"
    return f"All servers stop {when}: save your work and stop yours."


def _range(target: PoolSize) -> str:
    if not target.maximum:
        return "It gets no nodes until its range is set again."
    if target.minimum == target.maximum:
        return "It keeps exactly that many nodes."
    return f"Nodes are added as users need them, up to {target.maximum}, and removed when idle."


def _warnings(plan: Scaling) -> list[str]:
    return [*_lost(plan), *filter(None, [plan.room.warning])]


def _lost(plan: Scaling) -> list[str]:
    if not plan.active:
        return []
    lost = f"{users_in_words(plan.active)} {'loses' if len(set(plan.active)) == 1 else 'lose'} unsaved work"
    if plan.evict or plan.target.count == 0:
        # Only “scale 0” announces it.
        hint = "" if plan.evict or plan.target.minimum is not None else " With --evict, it is announced first."
        return [f"At work now: {lost} when the server ends.{hint}"]
    return [f"At work on this pool: {users_in_words(plan.active)}. Those whose node is removed lose unsaved work."]


def users_in_words(users: tuple[str, ...]) -> str:
    """Return the number of the users, with their names."""
    return f"{len(set(users))} users ({names_in_words(users)})" if users_section(users) else names_in_words(users)


def is_set(pool: Pool, plan: Scaling) -> bool:
    """Return True if the pool is as planned, with or without a remembered setting, and Azure has not failed on it."""
    now, target = size_of(pool), plan.target
    if pool.state == "Failed":
        return False
    same = (now.minimum, now.maximum) == (target.minimum, target.maximum)
    return same and (pool.autoscaled or now.count == target.count) and (plan.keep or SIZE_TAG not in pool.tags)
