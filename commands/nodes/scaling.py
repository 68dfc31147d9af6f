"""The execution of `scale`, `scale 0`, `scale up` and `autoscale`: a pool gets a fixed count or an autoscaler.

The count, the autoscaler's end and the remembered setting are one write, so that no crash can come between them.
"""

import asyncio
from datetime import timedelta
from functools import partial
from typing import Final

from cards.views import Fact, Facts, Failure, Lines, Notice, Tone
from clients.errors import Conflict, NotFound, Rejected, Unavailable
from clients.kube import Node
from commands.framework.command import Steps
from commands.framework.effects import Effect, Impact, of
from commands.framework.polling import until
from commands.nodes.azure_operations import azure_writes, pool_settled, wait_for_azure
from commands.nodes.pools import (
    azure,
    nodes_in_words,
    remembered_size,
    running_pools,
    servers_on_pool,
    size_of,
    tags_with_size,
    tags_without_size,
)
from commands.nodes.scaling_plan import PATIENCE, Scaling, is_set, users_in_words
from commands.timing.durations import spoken

# Seconds for servers to stop; Kubernetes gives a pod 30.
_STOPPING: Final = 120.0


def impacts(plan: Scaling) -> tuple[Impact, ...]:
    """Return what people have to approve: nodes beyond the limit, and the end of most people's work."""
    found = of(Effect.COSTS_MORE, plan.above) if plan.above else ()
    if plan.target.highest == 0:
        return (*of(Effect.STOPS_EVERYBODY, f"{plan.pool} has no nodes then: all servers on it end."), *found)
    if plan.active and plan.target.highest * 2 <= plan.now:
        ends = (
            f"At least half of {plan.pool} goes, and {users_in_words(plan.active)} {_are(plan.active)} at work on it."
        )
        return (*of(Effect.STOPS_EVERYBODY, ends), *found)
    return found


def _are(users: tuple[str, ...]) -> str:
    return "is" if len(set(users)) == 1 else "are"


async def apply(plan: Scaling, do: Steps) -> Notice | Failure:
    """Empty the nodes that are removed, set the pool, and wait until Kubernetes shows it."""
    if plan.evict:
        await do.step("Announce it", _announce, plan, do)
        await do.step(f"Wait {spoken(timedelta(seconds=plan.grace))}", _grace, plan, do)
    if plan.evict or (plan.lowers and plan.idle):
        await do.step(
            "Stop all servers" if plan.evict else "Stop idle servers", stop_servers, plan.pool, plan.evict, do
        )
    try:
        token = await do.step(f"Set {plan.pool} to {plan.target.text}", _set, plan, do)
        await do.step("Wait for Azure", _finish, plan, token, do)
    except Rejected as error:
        return await _refused(plan, error, do)
    ready = await do.step("Wait for the nodes", _arrived, plan, do)
    return await _conclude(plan, ready, do)


async def _announce(plan: Scaling, do: Steps) -> bool:
    servers = await servers_on_pool(do.reads, plan.pool)
    if servers:
        await do.announce(
            Notice(
                f"All servers on {plan.pool} stop in {spoken(timedelta(seconds=plan.grace))}",
                f"Save your work now. {do.caller.name} is removing the nodes; your home stays as it is.",
                Tone.WARNING,
                (Lines(tuple(dict.fromkeys(server.user for server in servers)), "Servers of"),),
            )
        )
    return bool(servers)


async def _grace(plan: Scaling, do: Steps) -> bool:
    """Wait out the grace period. Return False if somebody stopped it."""
    stopped = asyncio.ensure_future(do.stopped())
    try:
        done, _ = await asyncio.wait({stopped}, timeout=plan.grace)
    finally:
        stopped.cancel()
    return not done


async def stop_servers(pool: str, everybody: bool, do: Steps) -> int:
    """Have the hub stop the pool's servers, all or the idle ones, and wait. Return how many there were."""
    servers = [server for server in await servers_on_pool(do.reads, pool) if everybody or server.is_idle(do.reads.now)]
    for number, server in enumerate(servers, 1):
        do.tell(f"Stopping {number} of {len(servers)}: {server.user}")
        try:
            await do.writes.hub.stop_server(server.user, server.server)
        except NotFound:
            continue
    leaving = {(server.user, server.server) for server in servers}
    if await until(partial(_gone, pool, leaving, do), do, seconds=_STOPPING) is None and not do.stopping:
        do.warn("Some servers had not stopped within two minutes: they stop with their nodes.")
    return len(servers)


async def _gone(pool: str, leaving: set[tuple[str, str]], do: Steps) -> bool | None:
    left = leaving.intersection((server.user, server.server) for server in await servers_on_pool(do.reads, pool))
    if left:
        do.tell(f"{len(left)} of {len(leaving)} servers are still stopping")
    return not left or None


async def _set(plan: Scaling, do: Steps) -> str:
    """Ask Azure, once. Return the token to wait with; empty if the pool is set already."""
    pool = await azure(do.reads).pool(plan.pool)
    if is_set(pool, plan):
        return ""
    if (size_of(pool).text if pool.autoscaled else "held") != plan.before:
        raise Conflict(f"{pool.name} was changed in the meantime.")
    tags = tags_with_size(pool) if plan.keep else tags_without_size(pool)
    target = plan.target
    if target.minimum is not None and target.maximum is not None:
        return await azure_writes(do).autoscale(pool, target.minimum, target.maximum, target.count, tags)
    return await azure_writes(do).scale(pool, target.count, tags)


async def _finish(plan: Scaling, token: str, do: Steps) -> None:
    """Wait until Azure has finished, also if a crash lost the token. Raise Rejected if Azure failed."""
    look, tell = pool_settled(plan.pool, do), partial(_tell, plan, do)
    await wait_for_azure(token, look, do, within=PATIENCE, tell=tell)


async def _tell(plan: Scaling, do: Steps) -> None:
    try:
        nodes = await do.reads.kube.nodes()
    except Unavailable:
        return
    do.tell(_counts(plan, nodes))


def _counts(plan: Scaling, nodes: list[Node]) -> str:
    pool_nodes = [node for node in nodes if node.pool == plan.pool]
    return f"{nodes_in_words(len(pool_nodes))} in {plan.pool}, {sum(node.ready for node in pool_nodes)} ready"


async def _arrived(plan: Scaling, do: Steps) -> int:
    """Wait for the pool's nodes. Return how many are ready when all are, or when patience ends."""
    await until(partial(_complete, plan, do), do, seconds=PATIENCE)
    return sum(node.ready for node in await do.reads.kube.nodes() if node.pool == plan.pool)


async def _complete(plan: Scaling, do: Steps) -> bool | None:
    pool, nodes = await asyncio.gather(azure(do.reads).pool(plan.pool), do.reads.kube.nodes())
    do.tell(_counts(plan, nodes))
    pool_nodes = [node for node in nodes if node.pool == plan.pool]
    return (len(pool_nodes) == pool.count and all(node.ready for node in pool_nodes)) or None


async def _conclude(plan: Scaling, ready: int, do: Steps) -> Notice | Failure:
    pools = await azure(do.reads).pools()
    pool = next(one for one in pools if one.name == plan.pool)
    facts = (Fact("Pool", f"{pool.name}: {size_of(pool).text}"), Fact("Nodes", f"{ready} of {pool.count} ready"))
    if ready != pool.count:
        return Failure(
            f"The pool {plan.pool} is set, but not all of its nodes are ready",
            "Azure reports that it is done, but Kubernetes does not report them as ready yet.",
            facts,
            ("/jhub nodes shows how it continues.",),
        )
    sections = (Facts(facts), Facts(tuple(running_pools(pools)), "Node pools"))
    before = remembered_size(pool)
    text = f"“/jhub scale up” restores: {before.text}." if before else ""
    return Notice(f"The pool {plan.pool} has {nodes_in_words(pool.count)}", text, Tone.GOOD, sections)


async def _refused(plan: Scaling, error: Rejected, do: Steps) -> Failure:
    pool = await azure(do.reads).pool(plan.pool)
    before = remembered_size(pool)
    advice = ["You can safely type it again."]
    if before:
        advice.append(f"“/jhub scale up” restores: {before.text}.")
    return Failure(
        f"The pool {plan.pool} was not set to {plan.target.text}",
        str(error),
        (
            Fact("Pool", f"{size_of(pool).text}, {nodes_in_words(pool.count)}"),
            Fact("Azure", pool.state.lower(), Tone.BAD),
        ),
        tuple(advice),
    )
