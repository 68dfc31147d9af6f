"""Make a pool of nodes for users' servers."""

from dataclasses import dataclass
from typing import Annotated, Final

from cards.views import Fact, Facts, Failure, Notice, Plan, Tone
from commands.azure_work import finished, pool_settled, writes
from commands.errors import UserError
from commands.estate import PURPOSE, TAINT, azure, is_for_users, setting
from commands.reads import Reads
from commands.scaling import PATIENCE
from commands.spec import Arg, Change, Consent, Flag, Level, Steps
from commands.values import Count, MachineSize, PoolName

_LEAST: Final = 0
_MOST: Final = 5


@dataclass(frozen=True)
class Args:
    """A name, and what differs from the users' pool that is there."""

    name: Annotated[PoolName, Arg("the name of the new pool", "users2")]
    vm_size: Annotated[MachineSize | None, Flag("another size than the users' pool has", "Standard_E8s_v5")] = None
    min: Annotated[Count | None, Flag("the fewest nodes; 0 without", "1")] = None
    max: Annotated[Count | None, Flag("the most nodes; 5 without", "5")] = None


@dataclass(frozen=True)
class NewPool:
    """The plan."""

    name: str
    size: str
    minimum: int
    maximum: int


async def plan(args: Args, reads: Reads) -> NewPool:
    """The new pool. Raises UserError for a name that is taken, a range that is none, and no size to go by."""
    lowest = args.min.value if args.min else _LEAST
    highest = args.max.value if args.max else max(_MOST, lowest)
    if lowest > highest or highest == 0:
        raise UserError(
            f"At least {lowest} and at most {highest} is nothing.", f"/jhub pool create {args.name} --max 5"
        )
    pools = await azure(reads).pools()
    if any(pool.name == args.name for pool in pools):
        hints = ("/jhub nodes", f"/jhub autoscale {args.name} {lowest} {highest}")
        raise UserError(f"There is a pool {args.name} already.", *hints)
    size = str(args.vm_size or next((pool.size for pool in pools if is_for_users(pool)), ""))
    if not size:
        raise UserError("No pool is the users' yet: say the size.", "/jhub pool create users --vm-size Standard_E8s_v5")
    return NewPool(str(args.name), size, lowest, highest)


def preview(plan: NewPool) -> Plan:
    """What people see before they agree."""
    return Plan(
        f"Make the pool {plan.name}",
        "",
        (),
        (
            "Only users' servers run there: it gets JupyterHub's label and taint.",
            f"The autoscaler keeps {plan.minimum}–{plan.maximum} nodes; each costs while it runs.",
        ),
        (),
        "Make it now?",
        (
            Facts(
                (
                    Fact("Machines", plan.size),
                    Fact("Autoscaler", f"{plan.minimum}–{plan.maximum}"),
                    Fact("Label", f"{PURPOSE}=user"),
                    Fact("Taint", TAINT),
                )
            ),
        ),
    )


async def apply(plan: NewPool, do: Steps) -> Notice | Failure:
    """Ask Azure and wait until it is there."""
    token = await do.step(f"Make {plan.name}", _create, plan, do)
    await do.step("Wait for Azure", _finish, plan, token, do)
    pool = await azure(do.reads).pool(plan.name)
    text = "Users' servers find it by themselves; “/jhub nodes” shows it."
    facts = (Fact("Machines", pool.size), Fact("Scaling", setting(pool).text))
    return Notice(f"The pool {plan.name} is there", text, Tone.GOOD, (Facts(facts),))


async def _create(plan: NewPool, do: Steps) -> str:
    """The token to wait with; empty where a crash came after it was asked for."""
    if any(pool.name == plan.name for pool in await azure(do.reads).pools()):
        return ""
    return await writes(do).create_pool(
        plan.name,
        size=plan.size,
        minimum=plan.minimum,
        maximum=plan.maximum,
        labels={PURPOSE: "user"},
        taints=(TAINT,),
    )


async def _finish(plan: NewPool, token: str, do: Steps) -> None:
    await finished(token, pool_settled(plan.name, do), do, within=PATIENCE)


COMMAND = Change(
    "pool create",
    "Make a pool of nodes for users.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    consent=Consent.CALLER,
)
