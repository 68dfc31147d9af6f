"""The execution of an upgrade: the control plane, then one pool after another, until one fails.

Each part is asked for once, by a step that keeps the operation's token, and awaited in another. What is done already is
passed over, so an upgrade that was interrupted or has failed goes on where it was.
"""

from datetime import timedelta
from functools import partial
from typing import Final

from cards.views import Fact, Facts, Failure, Lines, Notice, Tone
from clients.azure.aks import Pool
from clients.errors import Conflict, Rejected, Unavailable
from clients.kube import Node
from commands.framework.command import Steps
from commands.framework.partial_results import attempt
from commands.framework.polling import until
from commands.nodes.azure_operations import azure_writes, cluster_settled, pool_settled, wait_for_azure
from commands.nodes.emptying import servers_to_stop, stop_runs
from commands.nodes.pool_servers import servers_on_pool
from commands.nodes.pools import azure, nodes_in_words
from commands.nodes.upgrade_plan import ClusterUpgrade, PoolUpgrade, patience
from commands.nodes.upgrade_risks import blocking, budgets_named
from commands.ports.context import Reads
from commands.timing.durations import spoken

# Azure needs 5 to 15 minutes for a control plane ("Upgrade an AKS cluster control plane"), and the nodes some to join.
_PLANE: Final = 5400.0
_NODES: Final = 1800.0
# A hub that has moved attaches its disk first.
_HUB: Final = 900.0
_AT_WORK: Final = "Upgrading"
# What Azure's words have in common where pods could not be moved off a node.
_DRAIN: Final = ("drain", "evict", "disruption")


async def apply(plan: ClusterUpgrade, do: Steps) -> Notice | Failure:
    """Upgrade what the plan names, in its order, and report what runs then."""
    if plan.stops_servers or plan.hub_on or plan.follows:
        await do.step("Announce it", _announce, plan, do)
    if plan.plane:
        try:
            token = await do.step(f"Upgrade the control plane to {plan.target}", _upgrade_plane, plan, do)
            await do.step("Wait for the control plane", _await_plane, plan, token, do)
        except Rejected as error:
            return await _failed("The control plane", plan, error, do)
    for pool in plan.pools:
        if failed := await _upgrade(plan, pool, do):
            return failed
    return await _done(plan, do)


async def _upgrade(plan: ClusterUpgrade, pool: PoolUpgrade, do: Steps) -> Failure | None:
    """Upgrade one pool. Return the failure if there is one."""
    # On a small hub, servers run beside everything else: it counts where they are, and not what the pool is for.
    if not await do.step(f"Let people on {pool.name} finish", _let_finish, plan, pool, do):
        await do.step(f"Stop the servers on {pool.name}", _stop_servers, pool, do)
    try:
        token = await do.step(f"Upgrade {pool.name}", _upgrade_pool, plan, pool, do)
        await do.step(f"Wait for {pool.name}", _await_pool, plan, pool, token, do)
    except Rejected as error:
        return await _failed(f"The pool {pool.name}", plan, error, do)
    ready = await do.step(f"Wait for the nodes of {pool.name}", _nodes_ready, plan, pool, do)
    return None if ready else await _not_ready(plan, pool, do)


async def _announce(plan: ClusterUpgrade, do: Steps) -> bool:
    what = f"upgrading {plan.cluster} to Kubernetes {plan.target}" if plan.target else "renewing the nodes’ images"
    parts = [f"{do.caller.name} is {what}."]
    if plan.stops_servers:
        grace = spoken(timedelta(seconds=plan.grace))
        parts.append(
            f"Servers are stopped when their nodes are next, in {grace} at the earliest: save your work. Homes stay as "
            "they are."
        )
    if plan.follows:
        parts.append("Nodes are replaced from now on, and servers on them end: save your work. Homes stay as they are.")
    if plan.hub_on or plan.follows:
        parts.append("Meanwhile nobody can log in or start a server for some minutes.")
    sections = (Lines(plan.users, "Servers of"),) if plan.users else ()
    await do.announce(Notice("The cluster is being upgraded", " ".join(parts), Tone.WARNING, sections))
    return True


async def _upgrade_plane(plan: ClusterUpgrade, do: Steps) -> str:
    """Ask Azure, once. Return the token to wait with; empty if the control plane has that version or is getting it."""
    cluster = await azure(do.reads).cluster()
    if cluster.state == _AT_WORK or (cluster.version == plan.target and cluster.state != "Failed"):
        return ""
    if cluster.version not in (plan.before, plan.target):
        raise Conflict("The cluster was upgraded in the meantime.")
    return await azure_writes(do).upgrade_control_plane(cluster, plan.target)


async def _await_plane(plan: ClusterUpgrade, token: str, do: Steps) -> None:
    await wait_for_azure(token, cluster_settled(do), do, within=_PLANE)
    version = (await azure(do.reads).cluster()).version
    if version != plan.target:
        raise Rejected("Azure", "", f"Azure reports that it is done, but the control plane runs {version}.")


async def _let_finish(plan: ClusterUpgrade, pool: PoolUpgrade, do: Steps) -> bool:
    """Wait until nobody has a server on the pool, or the time for it is over. Return True if nobody has."""
    return await until(partial(_nobody_on, pool.name, do), do, seconds=plan.grace) is True


async def _stop_servers(pool: PoolUpgrade, do: Steps) -> int:
    """Have the hub stop the pool's servers, once it answers: it may just have moved to another node.

    Return how many there were. One that does not stop ends with its node.
    """
    await until(partial(_hub_answers, do), do, seconds=_HUB)
    runs = [server.run for server in await servers_to_stop(pool.name, do)]
    for one in (await stop_runs(runs, do)).left:
        do.warn(f"{one.title} has not stopped, and ends with its node. {one.why}")
    return len(runs)


async def _hub_answers(do: Steps) -> bool:
    await do.reads.hub.version()
    return True


async def _nobody_on(pool: str, do: Steps) -> bool | None:
    left = await servers_on_pool(do.reads, pool)
    if left:
        do.tell(f"{len(left)} {'server is' if len(left) == 1 else 'servers are'} still running")
    return not left or None


async def _upgrade_pool(plan: ClusterUpgrade, part: PoolUpgrade, do: Steps) -> str:
    """Ask Azure, once. Return the token to wait with; empty if the pool is as planned or is getting there."""
    pool = await azure(do.reads).pool(part.name)
    if pool.state == _AT_WORK or _is_as_planned(plan, part, pool):
        return ""
    if pool.version not in (part.before, plan.target):
        raise Conflict(f"{pool.name} was upgraded in the meantime.")
    if plan.target:
        return await azure_writes(do).upgrade_pool(pool, plan.target)
    return await azure_writes(do).upgrade_image(pool)


def _is_as_planned(plan: ClusterUpgrade, part: PoolUpgrade, pool: Pool) -> bool:
    if pool.state != "Succeeded":
        return False
    return pool.version == plan.target if plan.target else pool.image == part.newest


async def _await_pool(plan: ClusterUpgrade, pool: PoolUpgrade, token: str, do: Steps) -> None:
    within, tell = patience(pool).total_seconds(), partial(_tell, plan, pool, do)
    await wait_for_azure(token, pool_settled(pool.name, do), do, within=within, tell=tell)


async def _tell(plan: ClusterUpgrade, pool: PoolUpgrade, do: Steps) -> None:
    try:
        nodes = await _nodes(pool.name, do.reads)
    except Unavailable:
        return
    new = sum(_runs(node, plan) for node in nodes)
    do.tell(f"{new} of {nodes_in_words(len(nodes))} run {plan.target}" if plan.target else nodes_in_words(len(nodes)))


async def _nodes(pool: str, reads: Reads) -> list[Node]:
    return [node for node in await reads.kube.nodes() if node.pool == pool]


def _runs(node: Node, plan: ClusterUpgrade) -> bool:
    return not plan.target or node.version.removeprefix("v") == plan.target


async def _nodes_ready(plan: ClusterUpgrade, pool: PoolUpgrade, do: Steps) -> bool:
    """Wait for the pool's nodes. Return False if they are not all ready, with that version, in half an hour."""
    return await until(partial(_all_ready, plan, pool, do), do, seconds=_NODES) is True


async def _all_ready(plan: ClusterUpgrade, pool: PoolUpgrade, do: Steps) -> bool | None:
    nodes = await _nodes(pool.name, do.reads)
    ready = [node for node in nodes if node.ready and _runs(node, plan)]
    do.tell(f"{len(ready)} of {nodes_in_words(len(nodes))} are ready")
    return len(ready) == len(nodes) or None


async def _done(plan: ClusterUpgrade, do: Steps) -> Notice:
    facts = await _now(do.reads)
    what = f"runs Kubernetes {plan.target}" if plan.target else "has the newest node images"
    whole = plan.plane or not plan.target or len(plan.pools) > 1
    title = f"{plan.cluster if whole else plan.pools[0].name} {what}"
    follow = f"Nodes of {plan.follows} follow by themselves. " if plan.follows else ""
    return Notice(title, f"{follow}“/jhub status” shows how the hub is doing.", Tone.GOOD, (Facts(facts),))


async def _now(reads: Reads) -> tuple[Fact, ...]:
    cluster, pools = await azure(reads).cluster(), await azure(reads).pools()
    return (Fact("Control plane", cluster.version), *(_fact(pool) for pool in pools))


def _fact(pool: Pool) -> Fact:
    bad = pool.state in ("Failed", "Canceled")
    return Fact(
        pool.name, f"{pool.version}, {pool.state.lower()}" if bad else pool.version, Tone.BAD if bad else Tone.NOTE
    )


async def _failed(what: str, plan: ClusterUpgrade, error: Rejected, do: Steps) -> Failure:
    to = f"upgraded to {plan.target}" if plan.target else "given the newest node image"
    return Failure(
        f"{what} was not {to}",
        str(error),
        await _now(do.reads),
        (
            *await _held_by(str(error), do.reads),
            "Nothing was begun after it.",
            f"To go on from there, type {plan.line}.",
        ),
    )


async def _held_by(said: str, reads: Reads) -> tuple[str, ...]:
    """Return the disruption budgets that let no pod go, if Azure could not drain a node."""
    if not any(word in said.lower() for word in _DRAIN):
        return ()
    found = await attempt("Kubernetes", reads.kube.disruption_budgets())
    held = [] if isinstance(found, Unavailable) else blocking(found)
    let = f"These disruption budgets let no pod go now: {budgets_named(held)}."
    return (f"{let} Give what they guard another replica, or relax them until the upgrade is through.",) if held else ()


async def _not_ready(plan: ClusterUpgrade, pool: PoolUpgrade, do: Steps) -> Failure:
    return Failure(
        f"Not all nodes of {pool.name} are ready",
        "Azure reports that it is done with the pool, but Kubernetes does not report all of its nodes as ready"
        f"{f', with {plan.target}' if plan.target else ''}.",
        await _now(do.reads),
        ("Nothing was begun after it. /jhub nodes shows the nodes.", f"To go on from there, type {plan.line}."),
    )
