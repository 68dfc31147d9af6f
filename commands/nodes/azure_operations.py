"""Azure operations that take minutes: awaited by their token or, if a crash lost that, by polling."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from clients.errors import NotFound, Rejected, Unavailable
from commands.framework.command import Steps
from commands.framework.polling import until
from commands.nodes.pools import azure
from commands.ports.azure import AzureWrites

_TELL_EVERY: Final = 2.0
# The provisioning states in which Azure works on a thing no more, and if that is a success.
_ENDS: Final = {"Succeeded": True, "Failed": False, "Canceled": False}
Check = Callable[[], Awaitable[bool | None]]


def azure_writes(do: Steps) -> AzureWrites:
    """Return the write access to Azure. Raise Unavailable if none is configured (any more)."""
    if do.writes.azure is None:
        raise Unavailable("Azure", "is not configured (azure.cluster)")
    return do.writes.azure


async def wait_for_azure(
    token: str, look: Check, do: Steps, *, within: float, tell: Callable[[], Awaitable[None]] | None = None
) -> None:
    """Wait until Azure has finished, at most `within` seconds; every two of them, `tell` shows how far it is.

    `look` is polled if there is no token: True once it is done, False if Azure failed, None until then. Raise Rejected
    if Azure failed, Unavailable when the time is over or somebody asked to stop waiting: Azure may still be working.
    """
    waiting = asyncio.create_task(_wait(token, look, do, within))
    try:
        while tell and not waiting.done():
            await asyncio.wait({waiting}, timeout=_TELL_EVERY)
            await tell()
        await waiting
    finally:
        waiting.cancel()


async def _wait(token: str, look: Check, do: Steps, within: float) -> None:
    if token:
        await azure_writes(do).finish(token, within=within)
        return
    done = await until(look, do, seconds=within)
    if done is False:
        raise Rejected("Azure", "Failed", "Azure's operation failed. The portal's activity log says why.")
    if done is None:
        raise Unavailable("Azure", "has not finished yet and goes on with it")


def pool_settled(name: str, do: Steps) -> Check:
    """Return a check that Azure has finished its work on a pool."""

    async def look() -> bool | None:
        return _ENDS.get((await azure(do.reads).pool(name)).state)

    return look


def pool_gone(name: str, do: Steps) -> Check:
    """Return a check that a pool no longer exists."""

    async def look() -> bool | None:
        try:
            pool = await azure(do.reads).pool(name)
        except NotFound:
            return True
        return False if pool.state == "Failed" else None

    return look


def cluster_settled(do: Steps, power: str = "Running") -> Check:
    """Return a check that Azure has finished its work on the cluster and it has this power state."""
    return partial(_cluster_settled, power, do)


async def _cluster_settled(power: str, do: Steps) -> bool | None:
    cluster = await azure(do.reads).cluster()
    do.tell(f"{cluster.name}: {cluster.state.lower()}")
    if _ENDS.get(cluster.state) is False:
        return False
    return (cluster.power == power and cluster.state == "Succeeded") or None
