"""`/jhub cluster start`: start the cluster."""

from dataclasses import dataclass
from functools import partial
from typing import Final

from cards.views import Fact, Facts, Failure, Lines, Notice, Plan, Tone
from clients.errors import Unavailable
from commands.framework.command import Change, Consent, Level, NoArgs, Steps, Topic
from commands.framework.effects import NOTHING
from commands.framework.polling import until
from commands.nodes.cluster_power import REST, PowerChange, cluster_to_switch, request_power, wait_for_power
from commands.nodes.pools import azure, is_within, nodes_in_words, size_of
from commands.ports.context import Reads

# "Stop and start an AKS cluster": what may be different after a start.
_PATIENCE: Final = 600.0
_SILENT: Final = (
    "Azure reports that it has started. A start may give the API server another address: where a firewall, a hosts "
    "file or a private endpoint names the old one, the bot cannot reach it."
)
_ADVICE: Final = (
    "Let the network allow the API server’s new address (portal, the cluster’s overview).",
    "For a private cluster, delete its private endpoints and create them again.",
    "/jhub status shows if it answers.",
)
_OUTSIDE: Final = (
    "Some pools have another number of nodes than their autoscaler’s range: after a start Azure begins with what is "
    "needed, and comes into the range when it next scales."
)


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
        (
            "The nodes come back, then the hub; that takes ten minutes or more.",
            "The API server may get another address, and pools may begin outside their autoscaler’s range.",
            REST,
        ),
        (),
        "Start it now?",
        (Facts((Fact("Cluster", plan.cluster),)),),
    )


async def apply(plan: PowerChange, do: Steps) -> Notice | Failure:
    """Ask Azure to start the cluster and wait until it has."""
    token = await do.step(f"Start {plan.cluster}", request_power, plan.power, do)
    await do.step("Wait for Azure", wait_for_power, plan.power, token, do)
    if not await do.step("Wait for Kubernetes", _answers, do):
        return Failure(f"{plan.cluster} is running, but Kubernetes does not answer", _SILENT, (), _ADVICE)
    outside = await do.step("Look at the pools", _outside_range, do)
    hub = "The hub needs a few more minutes; /jhub status shows when it is ready."
    if outside:
        return Notice(
            f"{plan.cluster} is running", f"{hub} {_OUTSIDE}", Tone.WARNING, (Lines(tuple(outside), "Pools"),)
        )
    return Notice(f"{plan.cluster} is running", hub, Tone.GOOD)


async def _answers(do: Steps) -> bool:
    """Wait until the API server answers. Return False if it does not within some minutes."""
    try:
        return await until(partial(_nodes, do), do, seconds=_PATIENCE) is not None
    except Unavailable:
        return False


async def _nodes(do: Steps) -> int | None:
    return len(await do.reads.kube.nodes())


async def _outside_range(do: Steps) -> list[str]:
    """Return a line for each pool with more or fewer nodes than its autoscaler's range."""
    pools = await azure(do.reads).pools()
    return [
        f"{pool.name}: {nodes_in_words(pool.count)}, autoscaler {pool.minimum}–{pool.maximum}"
        for pool in pools
        if pool.autoscaled and not is_within(size_of(pool), pool.count)
    ]


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
    in_freeze=True,
    topic=Topic.NODES,
    rank=11,
)
