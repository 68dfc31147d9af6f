"""`/jhub cluster status`: the cluster's power, version, add-ons and node pools as Azure reports them."""

from dataclasses import dataclass

from cards.times import minute
from cards.views import Fact, Facts, Status, Tone, View
from commands.framework.command import Level, NoArgs, Query, Topic
from commands.nodes.auto_provisioning import kind_in_words, provisions
from commands.nodes.pools import azure, running_pools
from commands.ports.context import Reads


@dataclass(frozen=True)
class Args(NoArgs):
    """No arguments."""


async def run(args: Args, reads: Reads) -> View:
    """Return the cluster's status, from Azure alone: a stopped cluster has no API server to ask."""
    del args
    cluster, pools = await azure(reads).cluster(), await azure(reads).pools()
    runs, settled = cluster.power == "Running", cluster.state == "Succeeded"
    on = ", ".join(sorted(name for name, enabled in cluster.addons.items() if enabled))
    problems = () if runs else ("The cluster is stopped: no hub, no servers. “/jhub cluster start” starts it.",)
    facts = (
        Fact("Power", cluster.power.lower(), Tone.GOOD if runs else Tone.WARNING),
        Fact("Azure", cluster.state.lower(), Tone.GOOD if settled else Tone.WORKING),
        Fact("Kubernetes", cluster.version or "—"),
        Fact("Region", cluster.location),
        Fact("Tier", cluster.tier.lower() or "—"),
        Fact("Add-ons", on or "none"),
        *((Fact("Nodes", kind_in_words(cluster)),) if provisions(cluster) else ()),
    )
    return Status(
        f"Cluster {cluster.name}",
        f"{cluster.name} is {cluster.power.lower()}",
        Tone.GOOD if runs and settled else Tone.WARNING,
        problems,
        (Facts(facts), Facts(tuple(running_pools(pools)) if runs else (Fact("Nodes", "none"),), "Node pools")),
        minute(reads.now),
    )


COMMAND = Query(
    "cluster status",
    "Show whether the cluster is running and what it consists of.",
    Level.VIEWER,
    run,
    Args,
    topic=Topic.NODES,
    rank=10,
)
