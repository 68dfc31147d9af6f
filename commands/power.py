"""Stopping and starting the whole cluster: what both share."""

from dataclasses import dataclass, field
from functools import partial
from typing import Final

from clients.aks import Cluster
from clients.errors import Rejected, Unavailable
from commands.digest import incidental
from commands.errors import UserError
from commands.estate import azure
from commands.reads import Reads
from commands.spec import Steps
from commands.waiting import until

# Azure takes minutes to stop a cluster and up to twenty to start one; in seconds.
PATIENCE: Final = 2700.0
# Microsoft's advice ("Stop and start an AKS cluster"): not to repeat the two in quick succession.
REST: Final = "Azure asks for 15 to 30 minutes between stopping and starting."


@dataclass(frozen=True)
class Switch:
    """The plan: the cluster's power from one state to the other. Who loses a server changes by the minute."""

    cluster: str
    power: str
    users: tuple[str, ...] = field(default=(), metadata=incidental())


async def switchable(reads: Reads, wanted: str, line: str) -> Cluster:
    """The cluster. Raises UserError where it is so already, or Azure is at something else."""
    cluster = await azure(reads).cluster()
    if cluster.power == wanted and cluster.state == "Succeeded":
        raise UserError(f"{cluster.name} is {wanted.lower()} already.", "/jhub cluster status")
    if cluster.state not in ("Succeeded", "Failed"):
        raise UserError(f"Azure is at work on {cluster.name} already: {cluster.state.lower()}.", line)
    return cluster


async def begin(wanted: str, do: Steps) -> str:
    """Ask Azure, once: the token to wait with, empty where it is so, or becomes so, already."""
    writes, cluster = do.writes.azure, await azure(do.reads).cluster()
    if writes is None:
        raise Unavailable("Azure", "is not configured (azure.cluster)")
    if cluster.power == wanted or cluster.state in ("Stopping", "Starting"):
        return ""
    return await (writes.stop() if wanted == "Stopped" else writes.start())


async def finish(wanted: str, token: str, do: Steps) -> bool:
    """Until it is so. Raises Rejected where Azure failed, Unavailable after PATIENCE."""
    if token and do.writes.azure is not None:
        await do.writes.azure.finish(token, within=PATIENCE)
        return True
    done = await until(partial(_is, wanted, do), do, seconds=PATIENCE)
    if done is False:
        raise Rejected("Azure", "Failed", "Azure's operation failed. The portal's activity log says why.")
    return done is True


async def _is(wanted: str, do: Steps) -> bool | None:
    cluster = await azure(do.reads).cluster()
    do.tell(f"{cluster.name}: {cluster.state.lower()}")
    if cluster.state == "Failed":
        return False
    return (cluster.power == wanted and cluster.state == "Succeeded") or None
