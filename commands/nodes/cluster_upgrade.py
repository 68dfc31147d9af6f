"""`/jhub cluster upgrade`: what Kubernetes can be upgraded to, and the upgrade, one pool after another."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated, Final

from clients.azure.aks import Cluster, Pool
from clients.errors import Unavailable
from commands.framework.argument_types import Age
from commands.framework.command import Arg, Change, Flag, Level, Topic
from commands.framework.effects import Effect, Effects, Impact, of
from commands.framework.errors import UserError
from commands.framework.partial_results import attempt
from commands.nodes.arguments import KubernetesVersion, PoolName
from commands.nodes.auto_provisioning import kind_in_words, provisions
from commands.nodes.pool_servers import servers_of_pods
from commands.nodes.pools import azure, hub_components, pool_of
from commands.nodes.upgrade_plan import (
    ClusterUpgrade,
    behind,
    check_settled,
    in_order,
    pool_upgrade,
    settled_cluster,
)
from commands.nodes.upgrade_preview import preview
from commands.nodes.upgrade_risks import budget_lines, deprecated_lines, quota_lines, record_lines
from commands.nodes.upgrade_show import show
from commands.nodes.upgrade_steps import apply
from commands.nodes.upgrade_target import LINE, choose, numbers
from commands.ports.context import Reads

_GRACE: Final = timedelta(minutes=15)
_LONGEST_GRACE: Final = timedelta(hours=12)


@dataclass(frozen=True)
class Args:
    """The arguments: the version, and how much of the cluster gets it."""

    version: Annotated[
        KubernetesVersion | None, Arg("the version, or a minor one for its newest patch; see all without it", "1.36")
    ] = None
    pool: Annotated[PoolName | None, Flag("this pool alone, and not the control plane", "users")] = None
    nodes_only: Annotated[bool, Flag("all pools, to the version that the control plane runs")] = False
    images: Annotated[bool, Flag("only the nodes' images, to the newest for the version that they run")] = False
    grace: Annotated[Age | None, Flag("how long people get to stop their servers; 15m if not given", "1h")] = None
    preview: Annotated[bool, Flag("take a version that Azure has in preview")] = False


def _only_asks(args: Args) -> bool:
    return args.version is None and args.pool is None and not args.nodes_only and not args.images


async def plan(args: Args, reads: Reads) -> ClusterUpgrade:
    """Plan the upgrade. Raise UserError for a version that Azure does not have, skips or takes back."""
    grace = _grace(args)
    cluster, pools = await settled_cluster(reads), await azure(reads).pools()
    check_settled(pools)
    if args.pool:
        pools = [await pool_of(reads, args.pool, f"{LINE} --pool {{}}")]
    if args.images:
        return await _image_plan(args, cluster, pools, grace, reads)
    target = await _target(args, cluster, reads)
    nodes_alone = args.pool is not None or args.nodes_only
    plane = target != cluster.version or (cluster.state == "Failed" and not nodes_alone)
    if plane and nodes_alone:
        raise UserError(
            f"The control plane runs Kubernetes {cluster.version}, and no pool can be ahead of it: upgrade it first.",
            f"{LINE} {target}",
        )
    late = behind(pools, target)
    if not plane and not late:
        what = f"The pool {pools[0].name} runs" if args.pool else f"{cluster.name} and its pools run"
        raise UserError(f"{what} Kubernetes {target} already.", LINE)
    if not plane:
        await _check_offered(late, target, reads)
    planned = ClusterUpgrade(
        cluster.name, cluster.version, target, plane, tuple(pool_upgrade(pool) for pool in late), grace.total_seconds()
    )
    planned = replace(planned, only=args.pool or "")
    if plane and provisions(cluster):
        planned = replace(planned, follows=kind_in_words(cluster))
    crosses = numbers(target)[:2] > numbers(cluster.version)[:2]
    known = await _api_lines(cluster.version, target, reads) if crosses else ()
    return await _with_people(planned, late, known, reads)


async def _api_lines(now: str, target: str, reads: Reads) -> tuple[str, ...]:
    """Return what the target no longer has of what is in use. Raise UserError if helm could go on with it no more."""
    of_record, in_use = await asyncio.gather(record_lines(reads, now, target), deprecated_lines(reads, target))
    return (*of_record, *in_use)


def _grace(args: Args) -> timedelta:
    if args.images and args.version:
        raise UserError("--images keeps the version of Kubernetes: leave the version out.", f"{LINE} --images")
    if args.images and args.nodes_only:
        raise UserError("--images is about nodes alone: leave --nodes-only out.", f"{LINE} --images")
    grace = args.grace.length if args.grace else _GRACE
    if grace > _LONGEST_GRACE:
        raise UserError("--grace can be at most 12h.", f"{LINE} {args.version or '--nodes-only'} --grace 2h")
    return grace


async def _target(args: Args, cluster: Cluster, reads: Reads) -> str:
    if args.version is None:
        return cluster.version
    offers = (await azure(reads).upgrades()).offers
    return choose(args.version, cluster.version, offers, preview=args.preview)


async def _check_offered(late: Sequence[Pool], target: str, reads: Reads) -> None:
    """Raise UserError for a pool that Azure would not upgrade to the control plane's version."""
    for pool in late:
        offers = [one.version for one in (await azure(reads).pool_upgrades(pool.name)).offers]
        if pool.version != target and target not in offers:
            raise UserError(
                f"Azure does not upgrade the pool {pool.name} from {pool.version} to {target}. It offers "
                f"{', '.join(offers) or 'no version'} for it.",
                LINE,
            )


async def _image_plan(
    args: Args, cluster: Cluster, pools: Sequence[Pool], grace: timedelta, reads: Reads
) -> ClusterUpgrade:
    profiles = await asyncio.gather(*(azure(reads).pool_upgrades(pool.name) for pool in pools))
    newest = {pool.name: profile.image for pool, profile in zip(pools, profiles, strict=True)}
    older = in_order([pool for pool in pools if newest[pool.name] not in ("", pool.image) or pool.state == "Failed"])
    if not older:
        where = f"the pool {args.pool}" if args.pool else "any pool"
        raise UserError(f"Azure names no newer node image for {where}.", LINE)
    parts = tuple(replace(pool_upgrade(pool), newest=newest[pool.name]) for pool in older)
    planned = ClusterUpgrade(
        cluster.name, cluster.version, "", False, parts, grace.total_seconds(), only=args.pool or ""
    )
    return await _with_people(planned, older, (), reads)


async def _with_people(
    planned: ClusterUpgrade, pools: Sequence[Pool], known: tuple[str, ...], reads: Reads
) -> ClusterUpgrade:
    """Return the plan with who is on the pools, what of the hub is, and what stands in the way."""
    nodes, pods, users = await asyncio.gather(
        reads.kube.nodes(), reads.kube.pods(), attempt("The hub", reads.hub.users("active"))
    )
    names = {pool.name for pool in pools}
    on = {node.name for node in nodes if node.pool in names or (planned.follows and node.provisioner)}
    found = servers_of_pods([pod for pod in pods if pod.node in on], [] if isinstance(users, Unavailable) else users)
    budgets, quotas = await asyncio.gather(budget_lines(reads), quota_lines(reads, pools))
    return replace(
        planned,
        users=tuple(dict.fromkeys(server.user for server in found if not server.stopping)),
        hub_on=tuple(pool.name for pool in pools if hub_components(nodes, pods, pool.name)),
        inside=reads.inside and bool(pools),
        warnings=(*known, *(budgets if pools else ()), *quotas),
    )


def _impacts(plan: ClusterUpgrade) -> tuple[Impact, ...]:
    if plan.follows:
        return of(Effect.STOPS_EVERYBODY, f"All nodes of {plan.follows} are replaced, and servers on them end.")
    if not plan.stops_servers:
        return ()
    # Servers that are beside everything else end with any of the nodes.
    names = [pool.name for pool in plan.pools if pool.users] or [pool.name for pool in plan.pools]
    return of(Effect.STOPS_EVERYBODY, f"All servers on {' and '.join(names)} end, one pool after another.")


COMMAND = Change(
    "cluster upgrade",
    "Show what Kubernetes can be upgraded to, and upgrade it.",
    Level.ADMIN,
    plan,
    preview,
    apply,
    Args,
    effects=Effects(may=(Effect.STOPS_EVERYBODY,), of=_impacts),
    button="Upgrade the cluster",
    approvals=1,
    testable=True,
    only_asks=_only_asks,
    answer=show,
    details="Without a version it changes nothing and shows the versions of the control plane and of each pool, what "
    "Azure offers, node images that are older than the newest, maintenance windows, deprecated APIs in use and what "
    "stands in the way. With one, the control plane goes first, then one pool after another, and it stops at the first "
    "that fails; typing it again goes on from there. Azure skips no minor version and takes none back.",
    topic=Topic.NODES,
    rank=16,
)
