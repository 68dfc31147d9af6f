"""The parts that stopping and starting the whole cluster share."""

from dataclasses import dataclass, field
from typing import Final

from clients.azure.aks import Cluster
from commands.framework.command import Steps
from commands.framework.errors import UserError
from commands.framework.plan_digest import incidental
from commands.nodes.azure_operations import azure_writes, cluster_settled, wait_for_azure
from commands.nodes.pools import azure
from commands.ports.context import Reads

# Azure takes minutes to stop a cluster and up to twenty to start one; in seconds.
PATIENCE: Final = 2700.0
# Microsoft's advice ("Stop and start an AKS cluster"): not to repeat the two in quick succession.
REST: Final = "Azure asks for 15 to 30 minutes between stopping and starting."


@dataclass(frozen=True)
class PowerChange:
    """The plan: the cluster's new power state. The users who lose a server change by the minute."""

    cluster: str
    power: str
    users: tuple[str, ...] = field(default=(), metadata=incidental())


async def cluster_to_switch(reads: Reads, wanted: str, line: str) -> Cluster:
    """Return the cluster. Raise UserError if it has that power already or Azure is working on it."""
    cluster = await azure(reads).cluster()
    if cluster.power == wanted and cluster.state == "Succeeded":
        raise UserError(f"{cluster.name} is already {wanted.lower()}.", "/jhub cluster status")
    if cluster.state not in ("Succeeded", "Failed"):
        raise UserError(f"Azure is still working on {cluster.name}: {cluster.state.lower()}.", line)
    return cluster


async def request_power(wanted: str, do: Steps) -> str:
    """Ask Azure, once. Return the token to wait with; empty if the cluster has that power or is getting it."""
    if await is_requested(wanted, do):
        return ""
    return await (azure_writes(do).stop() if wanted == "Stopped" else azure_writes(do).start())


async def is_requested(wanted: str, do: Steps) -> bool:
    """Return True if the cluster has that power or Azure is working on it."""
    cluster = await azure(do.reads).cluster()
    return cluster.power == wanted or cluster.state in ("Stopping", "Starting")


async def wait_for_power(wanted: str, token: str, do: Steps) -> None:
    """Wait until the cluster has that power. Raise Rejected if Azure failed, Unavailable after PATIENCE."""
    await wait_for_azure(token, cluster_settled(do, wanted), do, within=PATIENCE)
