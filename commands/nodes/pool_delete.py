"""`/jhub pool delete`: delete a node pool after its servers have ended."""

import asyncio
from dataclasses import dataclass, field
from typing import Annotated

from cards.views import Fact, Facts, Failure, Notice, Plan, Tone
from clients.azure.aks import Pool
from clients.errors import NotFound, Unavailable
from commands.framework.command import Arg, Change, Level, Renamed, Steps, Topic
from commands.framework.effects import Effect, Effects, Impact, of
from commands.framework.errors import UserError
from commands.framework.partial_results import attempt
from commands.framework.plan_digest import incidental
from commands.nodes.arguments import PoolName
from commands.nodes.azure_operations import azure_writes, pool_gone, wait_for_azure
from commands.nodes.emptying import Emptied, not_stopped, servers_in_words, servers_to_stop, stop_runs
from commands.nodes.pool_servers import servers_on_pool
from commands.nodes.pools import (
    azure,
    hub_components,
    is_for_users,
    names_in_words,
    pool_of,
    running_pools,
    users_section,
)
from commands.nodes.scaling_plan import PATIENCE
from commands.nodes.user_capacity import shortage_of
from commands.ports.context import Reads


@dataclass(frozen=True)
class Args:
    """The arguments: the pool."""

    name: Annotated[PoolName, Arg("which pool", "users2")]


@dataclass(frozen=True)
class PoolDeletion:
    """The plan of a pool's deletion. The users on it change by the minute."""

    name: str
    size: str
    labels: tuple[str, ...]
    users: tuple[str, ...] = field(default=(), metadata=incidental())
    nodes: int = field(default=0, metadata=incidental())
    stranded: str = field(default="", metadata=incidental())
    """What keeps servers from starting once it is gone, where no pool for users is left that can have a node."""


async def plan(args: Args, reads: Reads) -> PoolDeletion:
    """Plan the deletion. Raise UserError for a system pool, and for one that the hub itself runs on."""
    pool = await pool_of(reads, args.name, "/jhub pool delete {}")
    if pool.is_system:
        raise UserError(f"{pool.name} is a system pool: the cluster itself runs on it.", "/jhub nodes")
    nodes, pods, servers, stranded = await asyncio.gather(
        reads.kube.nodes(), reads.kube.pods(), servers_on_pool(reads, pool.name), _stranded(pool, reads)
    )
    own = hub_components(nodes, pods, pool.name)
    if own:
        raise UserError(f"The hub itself runs on {pool.name}: {', '.join(own)}.", "/jhub nodes")
    labels = tuple(sorted(f"{name}={value}" for name, value in pool.labels.items()))
    users = tuple(server.user for server in servers)
    return PoolDeletion(pool.name, pool.size, labels, users, pool.count, stranded)


async def _stranded(pool: Pool, reads: Reads) -> str:
    """Return what servers would miss without the pool. Where that cannot be asked, nothing is said."""
    if not is_for_users(pool):
        return ""
    pools, nodes = await asyncio.gather(
        attempt("Azure", azure(reads).pools()), attempt("Kubernetes", reads.kube.nodes())
    )
    others = pools if isinstance(pools, Unavailable) else [one for one in pools if one.name != pool.name]
    left = nodes if isinstance(nodes, Unavailable) else [one for one in nodes if one.pool != pool.name]
    found = await shortage_of(others, left, reads)
    return found.words if found else ""


def _impacts(plan: PoolDeletion) -> tuple[Impact, ...]:
    return of(Effect.STOPS_EVERYBODY, f"All servers on {plan.name} are stopped.")


def preview(plan: PoolDeletion) -> Plan:
    """Return the preview."""
    names = names_in_words(plan.users)
    lost = (f"{len(plan.users)} users have a server there ({names}): unsaved work is lost.",) if plan.users else ()
    stranded = (f"Once it is gone, {plan.stranded[0].lower()}{plan.stranded[1:]}",) if plan.stranded else ()
    pool = Facts((Fact("Pool", f"{plan.name}, {plan.nodes} × {plan.size}"), Fact("Labels", ", ".join(plan.labels))))
    return Plan(
        f"Delete the pool {plan.name}",
        "",
        (),
        (
            "It is drained first: nothing new starts there and its servers are stopped. Then its nodes are deleted.",
            "Homes stay." if plan.stranded else "Homes stay; users can start again on another pool.",
        ),
        (*stranded, *lost),
        "Delete it now?",
        (pool, *users_section(plan.users)),
    )


async def apply(plan: PoolDeletion, do: Steps) -> Notice | Failure:
    """Cordon the nodes, stop the servers, have Azure delete the pool, and wait until it is gone."""
    await do.step(Renamed("Cordon its nodes", "Let nothing more onto its nodes"), _cordon, plan, do)
    emptied = await do.step("Stop its servers", _stop, plan, do)
    if not isinstance(emptied, int) and emptied.held:
        return _kept(plan, emptied)
    token = await do.step(f"Delete {plan.name}", _delete, plan, do)
    await do.step("Wait for Azure", _finish, plan, token, do)
    pools = await azure(do.reads).pools()
    return Notice(
        f"The pool {plan.name} is deleted", "", Tone.GOOD, (Facts(tuple(running_pools(pools)), "Node pools"),)
    )


async def _cordon(plan: PoolDeletion, do: Steps) -> int:
    """Cordon the pool's nodes. Return how many of them still exist."""
    names = [node.name for node in await do.reads.kube.nodes() if node.pool == plan.name]
    return sum([await do.writes.kube.cordon(name) for name in names])


async def _stop(plan: PoolDeletion, do: Steps) -> Emptied | int:
    """Stop every server there. On cordoned nodes none can start, so that none is there that came later."""
    return await stop_runs([server.run for server in await servers_to_stop(plan.name, do)], do)


def _kept(plan: PoolDeletion, emptied: Emptied) -> Failure:
    others = f"{servers_in_words(emptied.stopped)} stopped. " if emptied.stopped else ""
    have = "has" if len(emptied.left) == 1 else "have"
    return Failure(
        f"The pool {plan.name} was not deleted: {servers_in_words(len(emptied.left))} {have} not stopped",
        f"{others}The pool and its nodes are still there, but cordoned: no server starts on them.",
        (),
        (
            "“/jhub why” with a user’s name says more about their server.",
            "Once they have stopped, type it again.",
            "To keep the pool instead, have its nodes uncordoned: kubectl uncordon",
        ),
        sections=not_stopped(emptied.left),
    )


async def _delete(plan: PoolDeletion, do: Steps) -> str:
    """Return the token to wait with; empty if the pool is gone or is being deleted already."""
    try:
        pool: Pool = await azure(do.reads).pool(plan.name)
    except NotFound:
        return ""
    return "" if pool.state == "Deleting" else await azure_writes(do).delete_pool(pool)


async def _finish(plan: PoolDeletion, token: str, do: Steps) -> None:
    await wait_for_azure(token, pool_gone(plan.name, do), do, within=PATIENCE)


COMMAND = Change(
    "pool delete",
    "Drain and delete a node pool.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=Effects(always=(Effect.STOPS_EVERYBODY,), of=_impacts),
    button="Delete the pool",
    approvals=1,
    topic=Topic.NODES,
    rank=7,
)
