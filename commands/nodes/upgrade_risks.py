"""What stands in the way of an upgrade, as far as the cluster and Azure tell: each is named, or said to be unknown."""

import asyncio
from collections.abc import Sequence
from typing import Final

from clients.azure.aks import Pool
from clients.errors import Unavailable
from clients.kube import DeprecatedApi, DisruptionBudget
from commands.framework.errors import UserError
from commands.framework.partial_results import attempt
from commands.nodes.quota import quota_room
from commands.nodes.upgrade_plan import surge
from commands.nodes.upgrade_target import minor_of, numbers
from commands.ports.context import Reads
from commands.release import removed_apis

_NAMED: Final = 3


async def deprecated_lines(reads: Reads, target: str) -> tuple[str, ...]:
    """Return a line for the APIs in use that the target no longer has; one that it is unknown if that is so."""
    found = await attempt("Kubernetes", reads.kube.deprecated_apis())
    if isinstance(found, Unavailable):
        return (f"It is not known if something uses APIs that {minor_of(target)} no longer has: {found}.",)
    gone = removed_in(found, target)
    if not gone:
        return ()
    names = named([one.text for one in gone])
    text = (
        f"Something has used APIs that Kubernetes {minor_of(target)} no longer has: {names}. Azure refuses the upgrade "
        "if it saw that within the last 12 hours; what uses them stops working."
    )
    return (text,)


def removed_in(found: Sequence[DeprecatedApi], target: str) -> list[DeprecatedApi]:
    """Return the APIs that a version no longer has."""
    return [one for one in found if one.removed and numbers(one.removed)[:2] <= numbers(target)[:2]]


async def record_lines(reads: Reads, now: str, target: str) -> tuple[str, ...]:
    """Return a line if helm cannot change the hub even now, or if it is unknown whether it could with the target.

    Raise UserError if it can now, and could not with the target.
    """
    found = await removed_apis.of_live_release(reads)
    if isinstance(found, Unavailable):
        return (f"It is not known if helm can still change the hub on {minor_of(target)}: {found}.",)
    if already := removed_apis.gone_in(found, now):
        text = f"Helm cannot change the hub, on {minor_of(now)} either: its record has {removed_apis.named(already)}. "
        return (text + removed_apis.WAY_OUT,)
    if newly := removed_apis.gone_in(found, target):
        raise UserError(
            f"On Kubernetes {minor_of(target)} helm could no longer change the hub, and Azure takes no version back: "
            f"helm's record of the live revision has {removed_apis.named(newly)}. First deploy a chart without them. "
            f"Where there is none: {removed_apis.WAY_OUT[0].lower()}{removed_apis.WAY_OUT[1:]}",
            "/jhub upgrade check",
            "/jhub deploy --chart <version>",
        )
    return ()


async def budget_lines(reads: Reads) -> tuple[str, ...]:
    """Return a line for the disruption budgets that let no pod go now; one that it is unknown if there are any."""
    found = await attempt("Kubernetes", reads.kube.disruption_budgets())
    if isinstance(found, Unavailable):
        return (f"It is not known if disruption budgets stand in the way: {found}.",)
    held = blocking(found)
    if not held:
        return ()
    lets, pods = ("A disruption budget lets", "its") if len(held) == 1 else ("Disruption budgets let", "their")
    text = (
        f"{lets} no pod go now: {budgets_named(held)}. Azure cannot drain a node with {pods} pods, and gives up after "
        "the pool’s drain time-out."
    )
    return (text,)


def blocking(found: Sequence[DisruptionBudget]) -> list[DisruptionBudget]:
    """Return the budgets that let no pod go."""
    return [one for one in found if one.blocks]


def budgets_named(held: Sequence[DisruptionBudget]) -> str:
    """Return the budgets by name, with their counts."""
    return named([f"{one.namespace}/{one.name} ({one.healthy} healthy, needs {one.wanted})" for one in held])


async def quota_lines(reads: Reads, pools: Sequence[Pool]) -> tuple[str, ...]:
    """Return a line for each pool whose surge the quota has no room for."""
    rooms = await asyncio.gather(*(quota_room(reads, pool.size, surge(pool), fixed=True) for pool in pools))
    return tuple(
        f"{pool.name} needs {surge(pool)} more of {pool.size} during the upgrade. {room.warning}"
        for pool, room in zip(pools, rooms, strict=True)
        if room.warning
    )


def named(names: Sequence[str]) -> str:
    """Return the first few names, and how many there are beyond."""
    rest = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + rest
