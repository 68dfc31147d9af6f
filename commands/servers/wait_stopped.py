"""Stop a server by the hub, and wait until it has stopped."""

import asyncio
from datetime import timedelta
from functools import partial
from typing import Final

from clients.errors import NotFound, Rejected
from commands.framework.command import Steps
from commands.framework.partial_results import attempt
from commands.framework.polling import until
from commands.kubernetes.claim_names import possible_names
from commands.kubernetes.components import USER_SERVER
from commands.kubernetes.problem import Trouble
from commands.kubernetes.termination_failures import held

# A pod gets 30 s to end by Kubernetes' default; in seconds.
PATIENCE: Final = 120.0


async def stop(user: str, server: str, do: Steps) -> str:
    """Have the hub stop a server, and wait. Return why it has not stopped; empty once it has."""
    try:
        if await until(partial(_stopped, user, server, do), do, seconds=PATIENCE):
            return ""
    except Rejected as error:
        return str(error)
    if do.stopping:
        return "Somebody asked to stop waiting. The hub is still stopping the server."
    why = await attempt("Kubernetes", _held(user, server, do))
    said = f" {why.words}" if isinstance(why, Trouble) else ""
    return f"The hub has been stopping it for {PATIENCE / 60:.0f} minutes.{said}"


async def _held(user: str, server: str, do: Steps) -> Trouble | None:
    """Return what keeps the server's pod from ending, as far as the cluster shows it. Raise Unavailable."""
    pods, nodes = await asyncio.gather(do.reads.kube.pods(f"component={USER_SERVER}"), do.reads.kube.nodes())
    names = {name.replace("claim-", "jupyter-", 1) for name in possible_names({user}, {server})}
    found = (held(pod, nodes, do.reads.now, timedelta(0)) for pod in pods if pod.name in names)
    return next((one for one in found if one), None)


async def _stopped(user: str, server: str, do: Steps) -> bool | None:
    try:
        stopped = await do.writes.hub.stop_server(user, server)
    except NotFound:
        return True
    if not stopped:
        do.tell("The hub is stopping it …")
    return stopped or None
