"""The plan of a change of a pool's size: what it is, what it would do, and what speaks against it. Pure."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from cards.views import Fact, Facts, Plan
from clients.azure.aks import Pool
from commands.framework.errors import UserError
from commands.framework.plan_digest import added_later, incidental
from commands.nodes.pools import (
    KEPT,
    PoolSize,
    above_ceiling,
    ceiling,
    nodes_,
    own_parts,
    people,
    seats,
    setting,
    whose,
)
from commands.nodes.quota import Room, quota_fact, room_for
from commands.ports.context import Reads
from commands.timing.durations import spoken

# Machines take Azure minutes; after half an hour somebody should look. In seconds.
PATIENCE: Final = 1800.0


@dataclass(frozen=True)
class Scaling:
    """The plan: a pool from one setting to another.

    Consent is bound to the pool and its settings. How many sit there changes by the minute, and so does the count of
    a pool under an autoscaler.
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
    """What is said where it goes above what one person may give the pool; else empty."""

    room: Room = field(default_factory=Room, metadata=incidental())
    """What Azure's quota leaves room for."""

    @property
    def lowers(self) -> bool:
        """Whether nodes may go."""
        return self.target.count < self.now


async def planned(
    reads: Reads, pool: Pool, target: PoolSize, *, keep: bool, evict: bool = False, grace: timedelta = timedelta(0)
) -> Scaling:
    """The plan for a pool. Raises UserError where Azure would refuse, or the hub would lose its own nodes."""
    check(pool, target)
    if target.count == 0:
        await _check_own(reads, pool)
    there = await seats(reads, pool.name) if target.count < pool.count else []
    room = await room_for(reads, pool.size, target.highest - pool.count, fixed=target.minimum is None)
    return Scaling(
        pool=pool.name,
        size=pool.size,
        before=setting(pool).text if pool.autoscaled else "held",
        target=target,
        keep=keep,
        evict=evict,
        grace=grace.total_seconds(),
        now=pool.count,
        idle=tuple(seat.user for seat in there if seat.is_idle(reads.now)),
        active=tuple(seat.user for seat in there if not seat.is_idle(reads.now)),
        above=above_ceiling(pool.name, pool.size, target.highest, ceiling(pool, reads.most_nodes), reads),
        room=room,
    )


def check(pool: Pool, target: PoolSize) -> None:
    """Raises UserError for what no pool, or not this pool, can be set to."""
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
    if setting(pool) == target and pool.state != "Failed":
        raise UserError(f"{pool.name} is already set to that: {setting(pool).text}.", "/jhub nodes")


async def _check_own(reads: Reads, pool: Pool) -> None:
    nodes, pods = await asyncio.gather(reads.kube.nodes(), reads.kube.pods())
    own = own_parts(nodes, pods, pool.name)
    if own:
        raise UserError(
            f"The hub itself runs on {pool.name} ({', '.join(own)}): without its nodes nobody could log in.",
            "/jhub nodes",
        )


def preview(plan: Scaling) -> Plan:
    """What people see before they agree."""
    facts = (Fact("Pool", f"{plan.pool}, {plan.size}"), Fact("Now", _now(plan)), Fact("Then", plan.target.text))
    pool = Facts((*facts, *quota_fact(plan.room)))
    return Plan(
        _deed(plan),
        "",
        (),
        tuple(_consequences(plan)),
        tuple(_warnings(plan)),
        "Set this now?",
        (pool, *whose((*plan.active, *plan.idle))),
    )


def _deed(plan: Scaling) -> str:
    if plan.target.minimum is not None:
        return f"Set the autoscaler of the pool {plan.pool} to {plan.target.minimum}–{plan.target.maximum} nodes"
    if plan.target.count == 0:
        return f"Remove all nodes of the pool {plan.pool}"
    return f"Fix the pool {plan.pool} at {nodes_(plan.target.count)}"


def _now(plan: Scaling) -> str:
    return f"{plan.before}, {nodes_(plan.now)}" if plan.before != "held" else f"fixed at {plan.now}"


def _consequences(plan: Scaling) -> list[str]:
    lines = []
    if plan.evict:
        lines.append(f"It is announced here; {spoken(timedelta(seconds=plan.grace))} later all servers are stopped.")
    elif plan.idle:
        lines.append(f"Stopped first, as they have been idle for an hour or more: {counted(plan.idle)}.")
    if plan.target.minimum is None and plan.before != "held":
        lines.append("The autoscaler is turned off; “/jhub scale up” restores it.")
    if plan.target.minimum is not None:
        first = f"It starts with {nodes_(plan.target.count)}. " if plan.target.count != plan.now else ""
        lines.append(f"{first}{_range(plan.target)}")
    if plan.target.count == 0 and plan.target.minimum is None:
        lines.append("Nobody can start a server until there are nodes again. Homes stay as they are.")
    return lines or ["Running servers on the remaining nodes are not affected."]


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
    lost = f"{counted(plan.active)} {'loses' if len(set(plan.active)) == 1 else 'lose'} unsaved work"
    if plan.evict or plan.target.count == 0:
        # Only “scale 0” announces it.
        hint = "" if plan.evict or plan.target.minimum is not None else " With --evict, it is announced first."
        return [f"At work now: {lost} when the server ends.{hint}"]
    return [f"At work on this pool: {counted(plan.active)}. Those whose node is removed lose unsaved work."]


def counted(users: tuple[str, ...]) -> str:
    """Return how many users these are, with their names."""
    return f"{len(set(users))} users ({people(users)})" if whose(users) else people(users)


def is_set(pool: Pool, plan: Scaling) -> bool:
    """Whether the pool is as planned, what is kept included, and Azure has not failed at it."""
    now, target = setting(pool), plan.target
    if pool.state == "Failed":
        return False
    same = (now.minimum, now.maximum) == (target.minimum, target.maximum)
    return same and (pool.autoscaled or now.count == target.count) and (plan.keep or KEPT not in pool.tags)
