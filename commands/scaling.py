"""Holding a pool at a count, and giving it back to its autoscaler: what `scale`, `scale 0` and `scale up` share.

The count, the autoscaler's end and what is kept of it are one write, so that no crash can come between them.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Final

from cards.views import Fact, Facts, Failure, Lines, Notice, Plan, Tone
from clients.aks import Pool
from clients.errors import Conflict, NotFound, Rejected, Unavailable
from clients.kube import Node
from commands.azure_work import finished, pool_settled, writes
from commands.digest import incidental
from commands.durations import spoken
from commands.effect import Effect, Impact, of
from commands.errors import UserError
from commands.estate import (
    KEPT,
    Setting,
    above_ceiling,
    azure,
    ceiling,
    costing,
    kept,
    nodes_,
    own_parts,
    people,
    seats,
    setting,
    tags_keeping,
    tags_without,
    whose,
)
from commands.quota import Room, quota_fact, room_for
from commands.reads import Reads
from commands.spec import Steps
from commands.waiting import until

# Machines take Azure minutes; after half an hour somebody should look. In seconds.
PATIENCE: Final = 1800.0
# What a server gets to end, in seconds; Kubernetes gives its pod 30.
_STOPPING: Final = 120.0


@dataclass(frozen=True)
class Scaling:
    """The plan: a pool from one setting to another.

    Consent is bound to the pool and its settings. How many sit there changes by the minute, and so does the count of
    a pool under an autoscaler.
    """

    pool: str
    size: str
    before: str
    target: Setting
    keep: bool
    evict: bool = False
    grace: float = 0.0
    now: int = field(default=0, metadata=incidental())
    idle: tuple[str, ...] = field(default=(), metadata=incidental())
    active: tuple[str, ...] = field(default=(), metadata=incidental())

    above: str = ""
    """What is said where it goes above what one person may give the pool; else empty."""

    room: Room = field(default_factory=Room, metadata=incidental())
    """What Azure's quota leaves room for."""

    @property
    def lowers(self) -> bool:
        """Whether nodes may go."""
        return self.target.count < self.now


async def planned(
    reads: Reads, pool: Pool, target: Setting, *, keep: bool, evict: bool = False, grace: timedelta = timedelta(0)
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


def impacts(plan: Scaling) -> tuple[Impact, ...]:
    """What people have to agree to: nodes beyond the limit, and the end of most people's work."""
    found = of(Effect.COSTS_MORE, plan.above) if plan.above else ()
    if plan.target.highest == 0:
        return (*of(Effect.STOPS_EVERYBODY, f"{plan.pool} has no nodes then: all servers on it end."), *found)
    if plan.active and plan.target.highest * 2 <= plan.now:
        ends = f"At least half of {plan.pool} goes, and {_counted(plan.active)} {_are(plan.active)} at work on it."
        return (*of(Effect.STOPS_EVERYBODY, ends), *found)
    return found


def _are(users: tuple[str, ...]) -> str:
    return "is" if len(set(users)) == 1 else "are"


def check(pool: Pool, target: Setting) -> None:
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
        lines.append(f"Stopped first, as they have been idle for an hour or more: {_counted(plan.idle)}.")
    if plan.target.minimum is None and plan.before != "held":
        lines.append("The autoscaler is turned off; “/jhub scale up” restores it.")
    if plan.target.minimum is not None:
        first = f"It starts with {nodes_(plan.target.count)}. " if plan.target.count != plan.now else ""
        lines.append(f"{first}{_range(plan.target)}")
    if plan.target.count == 0 and plan.target.minimum is None:
        lines.append("Nobody can start a server until there are nodes again. Homes stay as they are.")
    return lines or ["Running servers on the remaining nodes are not affected."]


def _range(target: Setting) -> str:
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
    lost = f"{_counted(plan.active)} {'loses' if len(set(plan.active)) == 1 else 'lose'} unsaved work"
    if plan.evict or plan.target.count == 0:
        # Only “scale 0” announces it.
        hint = "" if plan.evict or plan.target.minimum is not None else " With --evict, it is announced first."
        return [f"At work now: {lost} when the server ends.{hint}"]
    return [f"At work on this pool: {_counted(plan.active)}. Those whose node is removed lose unsaved work."]


def _counted(users: tuple[str, ...]) -> str:
    return f"{len(set(users))} users ({people(users)})" if whose(users) else people(users)


async def apply(plan: Scaling, do: Steps) -> Notice | Failure:
    """Empty the nodes that go, set the pool, and wait until Kubernetes has it."""
    if plan.evict:
        await do.step("Announce it", _announce, plan, do)
        await do.step(f"Wait {spoken(timedelta(seconds=plan.grace))}", _grace, plan, do)
    if plan.evict or (plan.lowers and plan.idle):
        await do.step("Stop all servers" if plan.evict else "Stop idle servers", empty, plan.pool, plan.evict, do)
    try:
        token = await do.step(f"Set {plan.pool} to {plan.target.text}", _set, plan, do)
        await do.step("Wait for Azure", _finish, plan, token, do)
    except Rejected as error:
        return await _refused(plan, error, do)
    there = await do.step("Wait for the nodes", _arrived, plan, do)
    return await _conclude(plan, there, do)


async def _announce(plan: Scaling, do: Steps) -> bool:
    there = await seats(do.reads, plan.pool)
    if there:
        await do.announce(
            Notice(
                f"All servers on {plan.pool} stop in {spoken(timedelta(seconds=plan.grace))}",
                f"Save your work now. {do.caller.name} is removing the nodes; your home stays as it is.",
                Tone.WARNING,
                (Lines(tuple(dict.fromkeys(seat.user for seat in there)), "Servers of"),),
            )
        )
    return bool(there)


async def _grace(plan: Scaling, do: Steps) -> bool:
    """Whether the time was waited for; somebody may stop it meanwhile."""
    stopped = asyncio.ensure_future(do.stopped())
    try:
        done, _ = await asyncio.wait({stopped}, timeout=plan.grace)
    finally:
        stopped.cancel()
    return not done


async def empty(pool: str, everybody: bool, do: Steps) -> int:
    """Have the hub stop the servers on a pool, all or the idle ones, and wait until they have; how many there were."""
    there = [seat for seat in await seats(do.reads, pool) if everybody or seat.is_idle(do.reads.now)]
    for number, seat in enumerate(there, 1):
        do.tell(f"Stopping {number} of {len(there)}: {seat.user}")
        try:
            await do.writes.hub.stop_server(seat.user, seat.server)
        except NotFound:
            continue
    leaving = {(seat.user, seat.server) for seat in there}
    if await until(partial(_gone, pool, leaving, do), do, seconds=_STOPPING) is None and not do.stopping:
        do.warn("Some servers had not stopped within two minutes: they stop with their nodes.")
    return len(there)


async def _gone(pool: str, leaving: set[tuple[str, str]], do: Steps) -> bool | None:
    left = leaving.intersection((seat.user, seat.server) for seat in await seats(do.reads, pool))
    if left:
        do.tell(f"{len(left)} of {len(leaving)} servers are still stopping")
    return not left or None


async def _set(plan: Scaling, do: Steps) -> str:
    """Ask Azure, once: the token to wait with, empty where it is so already."""
    pool = await azure(do.reads).pool(plan.pool)
    if is_set(pool, plan):
        return ""
    if (setting(pool).text if pool.autoscaled else "held") != plan.before:
        raise Conflict(f"{pool.name} was changed in the meantime.")
    tags = tags_keeping(pool) if plan.keep else tags_without(pool)
    target = plan.target
    if target.minimum is not None and target.maximum is not None:
        return await writes(do).autoscale(pool, target.minimum, target.maximum, target.count, tags)
    return await writes(do).scale(pool, target.count, tags)


def is_set(pool: Pool, plan: Scaling) -> bool:
    """Whether the pool is as planned, what is kept included, and Azure has not failed at it."""
    now, target = setting(pool), plan.target
    if pool.state == "Failed":
        return False
    same = (now.minimum, now.maximum) == (target.minimum, target.maximum)
    return same and (pool.autoscaled or now.count == target.count) and (plan.keep or KEPT not in pool.tags)


async def _finish(plan: Scaling, token: str, do: Steps) -> None:
    """Until Azure has done it, also where a crash lost the token. Raises Rejected where Azure failed."""
    waiting = asyncio.create_task(finished(token, pool_settled(plan.pool, do), do, within=PATIENCE))
    try:
        while not waiting.done():
            await asyncio.wait({waiting}, timeout=2.0)
            await _tell(plan, do)
        await waiting
    finally:
        waiting.cancel()


async def _tell(plan: Scaling, do: Steps) -> None:
    try:
        nodes = await do.reads.kube.nodes()
    except Unavailable:
        return
    do.tell(_counts(plan, nodes))


def _counts(plan: Scaling, nodes: list[Node]) -> str:
    its = [node for node in nodes if node.pool == plan.pool]
    return f"{nodes_(len(its))} in {plan.pool}, {sum(node.ready for node in its)} ready"


async def _arrived(plan: Scaling, do: Steps) -> int:
    """How many ready nodes the pool has once it has what it should, or when patience ends."""
    await until(partial(_complete, plan, do), do, seconds=PATIENCE)
    return sum(node.ready for node in await do.reads.kube.nodes() if node.pool == plan.pool)


async def _complete(plan: Scaling, do: Steps) -> bool | None:
    pool, nodes = await asyncio.gather(azure(do.reads).pool(plan.pool), do.reads.kube.nodes())
    do.tell(_counts(plan, nodes))
    its = [node for node in nodes if node.pool == plan.pool]
    return (len(its) == pool.count and all(node.ready for node in its)) or None


async def _conclude(plan: Scaling, ready: int, do: Steps) -> Notice | Failure:
    pools = await azure(do.reads).pools()
    pool = next(one for one in pools if one.name == plan.pool)
    facts = (Fact("Pool", f"{pool.name}: {setting(pool).text}"), Fact("Nodes", f"{ready} of {pool.count} ready"))
    if ready != pool.count:
        return Failure(
            f"The pool {plan.pool} is set, but not all of its nodes are ready",
            "Azure reports that it is done, but Kubernetes does not report them as ready yet.",
            facts,
            ("/jhub nodes shows how it continues.",),
        )
    sections = (Facts(facts), Facts(tuple(costing(pools)), "Node pools"))
    before = kept(pool)
    text = f"“/jhub scale up” restores: {before.text}." if before else ""
    return Notice(f"The pool {plan.pool} has {nodes_(pool.count)}", text, Tone.GOOD, sections)


async def _refused(plan: Scaling, error: Rejected, do: Steps) -> Failure:
    pool = await azure(do.reads).pool(plan.pool)
    before = kept(pool)
    advice = ["You can safely type it again."]
    if before:
        advice.append(f"“/jhub scale up” restores: {before.text}.")
    return Failure(
        f"The pool {plan.pool} was not set to {plan.target.text}",
        str(error),
        (Fact("Pool", f"{setting(pool).text}, {nodes_(pool.count)}"), Fact("Azure", pool.state.lower(), Tone.BAD)),
        tuple(advice),
    )
