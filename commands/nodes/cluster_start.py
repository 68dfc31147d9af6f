"""`/jhub cluster start`: start the cluster."""

from dataclasses import dataclass

from cards.views import Fact, Facts, Failure, Notice, Plan, Tone
from commands.framework.command import Change, Consent, Level, NoArgs, Steps, Topic
from commands.framework.effects import NOTHING
from commands.nodes.cluster_power import REST, PowerChange, cluster_to_switch, request_power, wait_for_power
from commands.ports.context import Reads


@dataclass(frozen=True)
class Args(NoArgs):
    """No arguments."""


async def plan(args: Args, reads: Reads) -> PowerChange:
    """Plan the start of the cluster. Raise UserError if it is running."""
    del args
    cluster = await cluster_to_switch(reads, "Running", "/jhub cluster status")
    return PowerChange(cluster.name, "Running")


def preview(plan: PowerChange) -> Plan:
    """Return the preview."""
    return Plan(
        f"Start the cluster {plan.cluster}",
        "",
        (),
        ("The nodes come back as they were, then the hub; that takes ten minutes or more.", REST),
        (),
        "Start it now?",
        (Facts((Fact("Cluster", plan.cluster),)),),
    )


async def apply(plan: PowerChange, do: Steps) -> Notice | Failure:
    """Ask Azure to start the cluster and wait until it has."""
    token = await do.step(f"Start {plan.cluster}", request_power, plan.power, do)
    await do.step("Wait for Azure", wait_for_power, plan.power, token, do)
    return Notice(
        f"{plan.cluster} is running",
        "The hub needs a few more minutes; /jhub status shows when it is ready.",
        Tone.GOOD,
    )


COMMAND = Change(
    "cluster start",
    "Start the cluster.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=NOTHING,
    button="Start the cluster",
    consent=Consent.CALLER,
    topic=Topic.NODES,
    rank=11,
)
