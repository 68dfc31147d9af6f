"""The execution of `scale`, `scale 0`, `scale up` and `autoscale`: a pool gets a fixed count or an autoscaler.

The count, the autoscaler's end and the remembered setting are one write, so that no crash can come between them.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from cards.times import hour, timed
from cards.views import Fact, Facts, Failure, Lines, Notice, Section, Tone
from clients.errors import Conflict, Rejected, Unavailable
from clients.kube import Node
from commands.framework.command import Steps
from commands.framework.effects import Effect, Impact, of
from commands.framework.polling import until
from commands.nodes.azure_operations import azure_writes, pool_settled, wait_for_azure
from commands.nodes.emptying import (
    Emptied,
    newcomers,
    not_stopped,
    servers_in_words,
    servers_to_stop,
    stop_runs,
)
from commands.nodes.pool_servers import servers_on_pool
from commands.nodes.pools import (
    azure,
    nodes_in_words,
    remembered_size,
    running_pools,
    size_of,
    tags_with_size,
    tags_without_size,
)
from commands.nodes.scaling_plan import PATIENCE, Scaling, is_set, users_in_words
from commands.spawner.runs import ServerRun
from commands.timing.durations import spoken


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
    emptied = await _emptied(plan, do)
    if plan.evict and emptied.held:
        return await _kept(plan, emptied, do)
    try:
        token = await do.step(f"Set {plan.pool} to {plan.target.text}", _set, plan, do)
        await do.step("Wait for Azure", _finish, plan, token, do)
    except Rejected as error:
        return await _refused(plan, error, do)
    ready = await do.step("Wait for the nodes", _arrived, plan, do)
    return await _conclude(plan, ready, emptied, do)


async def _emptied(plan: Scaling, do: Steps) -> Emptied:
    if plan.evict:
        end = await do.step("Announce it", _announce, plan, do)
        there = await do.step(f"Wait {spoken(timedelta(seconds=plan.grace))}", _grace, plan, end, do)
        # Of what an earlier release began it is not on record which servers there were.
        runs = None if isinstance(there, bool) else there
        emptied = await do.step("Stop all servers", _stop_all, plan, runs, do)
    elif plan.lowers and plan.idle:
        emptied = await do.step("Stop idle servers", _stop_idle, plan, do)
    else:
        return Emptied(0)
    return Emptied(emptied) if isinstance(emptied, int) else emptied


async def _announce(plan: Scaling, do: Steps) -> datetime | bool:
    """Announce that all servers stop. Return when: that is what people were told, whatever happens to the bot."""
    servers = await servers_on_pool(do.reads, plan.pool)
    end = do.now() + timedelta(seconds=plan.grace)
    if servers:
        await do.announce(
            Notice(
                f"All servers on {plan.pool} stop in {spoken(timedelta(seconds=plan.grace))}",
                timed(
                    f"Save your work now. {do.caller.name} is removing the nodes; the servers stop at ",
                    hour(end),
                    ". Your home stays as it is.",
                ),
                Tone.WARNING,
                (Lines(tuple(dict.fromkeys(server.user for server in servers)), "Servers of"),),
            )
        )
    return end


async def _grace(plan: Scaling, end: datetime | bool, do: Steps) -> tuple[ServerRun, ...] | bool:
    """Wait for the time that was announced. Return the servers that stop then, False if somebody stopped it."""
    left = plan.grace if isinstance(end, bool) else (end - do.now()).total_seconds()
    if not isinstance(end, bool):
        do.tell(timed("The servers stop at ", hour(end)))
    stopped = asyncio.ensure_future(do.stopped())
    try:
        done, _ = await asyncio.wait({stopped}, timeout=max(0.0, left))
    finally:
        stopped.cancel()
    return False if done else tuple(server.run for server in await servers_to_stop(plan.pool, do))


async def _stop_all(plan: Scaling, runs: Sequence[ServerRun] | None, do: Steps) -> Emptied | int:
    if runs is None:
        runs = [server.run for server in await servers_to_stop(plan.pool, do)]
    emptied = await stop_runs(runs, do)
    return replace(emptied, newcomers=await newcomers(plan.pool, runs, do))


async def _stop_idle(plan: Scaling, do: Steps) -> Emptied | int:
    idle = [server.run for server in await servers_to_stop(plan.pool, do) if server.is_idle(do.now())]
    return await stop_runs(idle, do)


async def _kept(plan: Scaling, emptied: Emptied, do: Steps) -> Failure:
    """Say that the pool was left alone, because of whom."""
    pool = await azure(do.reads).pool(plan.pool)
    others = f"{servers_in_words(emptied.stopped)} stopped. " if emptied.stopped else ""
    have = "has" if len(emptied.left) == 1 else "have"
    return Failure(
        f"The pool {plan.pool} keeps its nodes: {servers_in_words(len(emptied.left))} {have} not stopped",
        f"{others}Nothing was changed on the pool.",
        (Fact("Pool", f"{size_of(pool).text}, {nodes_in_words(pool.count)}"),),
        (
            "“/jhub why” with a user’s name says more about their server.",
            "Once they have stopped, type it again.",
            f"“/jhub scale 0 --pool {plan.pool}” removes the nodes all the same; what still runs ends with them.",
        ),
        sections=not_stopped(emptied.left),
    )


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
    waiting = asyncio.create_task(wait_for_azure(token, pool_settled(plan.pool, do), do, within=PATIENCE))
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


async def _conclude(plan: Scaling, ready: int, emptied: Emptied, do: Steps) -> Notice | Failure:
    pools = await azure(do.reads).pools()
    pool = next(one for one in pools if one.name == plan.pool)
    facts = (Fact("Pool", f"{pool.name}: {size_of(pool).text}"), Fact("Nodes", f"{ready} of {pool.count} ready"))
    if ready != pool.count:
        return Failure(
            f"The pool {plan.pool} is set, but not all of its nodes are ready",
            "Azure reports that it is done, but Kubernetes does not report them as ready yet.",
            facts,
            ("/jhub nodes shows how it continues.",),
            sections=_ended(emptied),
        )
    sections = (Facts(facts), Facts(tuple(running_pools(pools)), "Node pools"), *_ended(emptied))
    before = remembered_size(pool)
    text = f"“/jhub scale up” restores: {before.text}." if before else ""
    tone = Tone.WARNING if emptied.left or emptied.newcomers else Tone.GOOD
    return Notice(f"The pool {plan.pool} has {nodes_in_words(pool.count)}", text, tone, sections)


def _ended(emptied: Emptied) -> tuple[Section, ...]:
    """Return sections with the servers that were not stopped before their nodes were removed."""
    started = Lines(emptied.newcomers, "Started in the meantime, on nodes of this pool")
    return (*not_stopped(emptied.left), *((started,) if emptied.newcomers else ()))


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
