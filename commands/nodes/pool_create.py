"""`/jhub pool create`: create a node pool for users' servers."""

from dataclasses import dataclass, field
from typing import Annotated, Final

from cards.views import Fact, Facts, Failure, Notice, Plan, Tone
from commands.framework.command import Arg, Change, Consent, Flag, Level, Renamed, Steps, Topic
from commands.framework.effects import Effect, Effects, Impact, of
from commands.framework.errors import UserError
from commands.framework.plan_digest import added_later, incidental
from commands.nodes.arguments import Count, MachineSize, PoolName
from commands.nodes.auto_provisioning import check_autoscaler
from commands.nodes.azure_operations import azure_writes, pool_settled, wait_for_azure
from commands.nodes.pools import PURPOSE, TAINT, azure, is_for_users, node_limit, over_limit_reason, size_of
from commands.nodes.quota import QuotaRoom, quota_fact, quota_room
from commands.nodes.scaling_plan import PATIENCE
from commands.ports.context import Reads

_LEAST: Final = 0
_MOST: Final = 5


@dataclass(frozen=True)
class Args:
    """The arguments: a name, and what differs from the existing users' pool."""

    name: Annotated[PoolName, Arg("the name of the new pool", "users2")]
    vm_size: Annotated[
        MachineSize | None, Flag("the VM size; that of the users' pool if not given", "Standard_E8s_v5")
    ] = None
    min: Annotated[Count | None, Flag("the fewest nodes; 0 if not given", "1")] = None
    max: Annotated[Count | None, Flag("the most nodes; 5 if not given", "5")] = None


@dataclass(frozen=True)
class NewPool:
    """The plan of a new pool."""

    name: str
    size: str
    minimum: int
    maximum: int
    above: str = field(default="", metadata=added_later())
    """The reason for an approval if it may get more nodes than one person may give a pool; else empty."""
    room: QuotaRoom = field(default_factory=QuotaRoom, metadata=incidental())
    """The room that Azure's quota leaves."""


async def plan(args: Args, reads: Reads) -> NewPool:
    """Plan the pool. Raise UserError for a name in use, an invalid range, or no VM size to copy."""
    check_autoscaler(await azure(reads).cluster())
    lowest = args.min.value if args.min else _LEAST
    highest = args.max.value if args.max else max(_MOST, lowest)
    if lowest > highest or highest == 0:
        raise UserError(
            f"The minimum ({lowest}) is larger than the maximum ({highest}).",
            f"/jhub pool create {args.name} --max 5",
        )
    pools = await azure(reads).pools()
    if any(pool.name == args.name for pool in pools):
        hints = ("/jhub nodes", f"/jhub autoscale {args.name} {lowest} {highest}")
        raise UserError(f"There is already a pool {args.name}.", *hints)
    size = str(args.vm_size or next((pool.size for pool in pools if is_for_users(pool)), ""))
    if not size:
        raise UserError(
            "There is no pool for users yet to take the VM size from: add --vm-size.",
            "/jhub pool create users --vm-size Standard_E8s_v5",
        )
    limits = [node_limit(pool, 0) for pool in pools if is_for_users(pool)]
    # All users' pools count together, and one person may double their nodes with another pool.
    most = max(0, (reads.most_nodes or 2 * max((*limits, _MOST))) - sum(limits))
    above = over_limit_reason(str(args.name), size, highest, most, reads, ", beside the other pools for users")
    room = await quota_room(reads, size, highest, fixed=False)
    return NewPool(str(args.name), size, lowest, highest, above, room)


def _impacts(plan: NewPool) -> tuple[Impact, ...]:
    return of(Effect.COSTS_MORE, plan.above) if plan.above else ()


def preview(plan: NewPool) -> Plan:
    """Return the preview."""
    return Plan(
        f"Create the pool {plan.name}",
        "",
        (),
        (
            "Only users' servers run on it: it gets JupyterHub's label and taint.",
            f"The autoscaler keeps {plan.minimum}–{plan.maximum} nodes; each one costs money while it runs.",
        ),
        (plan.room.warning,) if plan.room.warning else (),
        "Create it now?",
        (
            Facts(
                (
                    Fact("VM size", plan.size),
                    Fact("Autoscaler", f"{plan.minimum}–{plan.maximum}"),
                    Fact("Label", f"{PURPOSE}=user"),
                    Fact("Taint", TAINT),
                    *quota_fact(plan.room),
                )
            ),
        ),
    )


async def apply(plan: NewPool, do: Steps) -> Notice | Failure:
    """Ask Azure to create the pool and wait until it has."""
    token = await do.step(Renamed(f"Create {plan.name}", f"Make {plan.name}"), _create, plan, do)
    await do.step("Wait for Azure", _finish, plan, token, do)
    pool = await azure(do.reads).pool(plan.name)
    text = "Users' servers use it automatically; “/jhub nodes” shows it."
    facts = (Fact("VM size", pool.size), Fact("Scaling", size_of(pool).text))
    return Notice(f"The pool {plan.name} is created", text, Tone.GOOD, (Facts(facts),))


async def _create(plan: NewPool, do: Steps) -> str:
    """Return the token to wait with; empty if the pool was requested before a crash."""
    if any(pool.name == plan.name for pool in await azure(do.reads).pools()):
        return ""
    return await azure_writes(do).create_pool(
        plan.name,
        size=plan.size,
        minimum=plan.minimum,
        maximum=plan.maximum,
        labels={PURPOSE: "user"},
        taints=(TAINT,),
    )


async def _finish(plan: NewPool, token: str, do: Steps) -> None:
    await wait_for_azure(token, pool_settled(plan.name, do), do, within=PATIENCE)


COMMAND = Change(
    "pool create",
    "Create a node pool for users.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=Effects(may=(Effect.COSTS_MORE,), of=_impacts),
    button="Create the pool",
    consent=Consent.CALLER,
    topic=Topic.NODES,
    rank=6,
)
