"""Start the cluster again."""

from dataclasses import dataclass

from cards.views import Fact, Facts, Failure, Notice, Plan, Tone
from commands.power import REST, Switch, begin, finish, switchable
from commands.reads import Reads
from commands.spec import Change, Consent, Level, NoArgs, Steps


@dataclass(frozen=True)
class Args(NoArgs):
    """Nothing."""


async def plan(args: Args, reads: Reads) -> Switch:
    """The cluster, stopped."""
    del args
    cluster = await switchable(reads, "Running", "/jhub cluster status")
    return Switch(cluster.name, "Running")


def preview(plan: Switch) -> Plan:
    """What people see before they agree."""
    return Plan(
        f"Start the cluster {plan.cluster}",
        "",
        (),
        ("Nodes come back as they were, then the hub; that takes ten minutes or more.", REST),
        (),
        "Start it now?",
        (Facts((Fact("Cluster", plan.cluster),)),),
    )


async def apply(plan: Switch, do: Steps) -> Notice | Failure:
    """Ask Azure and wait until it has."""
    token = await do.step(f"Start {plan.cluster}", begin, plan.power, do)
    await do.step("Wait for Azure", finish, plan.power, token, do)
    return Notice(f"{plan.cluster} runs", "The hub needs some minutes more: /jhub status shows it.", Tone.GOOD)


COMMAND = Change(
    "cluster start", "Start the cluster again.", Level.OPERATOR, plan, preview, apply, Args, consent=Consent.CALLER
)
