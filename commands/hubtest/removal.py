"""The end of the synthetic user: their server, account, pod, home and claim, whatever state they are in.

Each look is followed by at most one thing done, so it can be begun again at any time. It goes on when somebody asks to
stop: what it removes is nobody's.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from clients.errors import NotFound, Rejected, Unavailable
from clients.kube import Claim, Pod
from commands.framework.command import Steps
from commands.hubtest.subject import USER, account, testing
from commands.storage.homes import may_be_home

_PATIENCE: Final = 180.0
"""How long all of it may take, in seconds."""
_SHORTEST: Final = 0.2
_LONGEST: Final = 2.0


async def remove(do: Steps) -> str:
    """Remove everything of the synthetic user. Return what is left, a sentence; empty if nothing is."""
    clock = asyncio.get_running_loop().time
    end, pause = clock() + _PATIENCE, _SHORTEST
    while left := await _tried(do):
        if clock() >= end:
            return left
        do.tell(left)
        await asyncio.sleep(pause)
        pause = min(_LONGEST, pause * 1.5)
    return ""


async def _tried(do: Steps) -> str:
    """Do what can be done now. Return what is left then; empty if nothing is."""
    for part in (_account, _pods, _claims):
        if left := await _said(part, do):
            return left
    return ""


async def _said(part: Callable[[Steps], Awaitable[str]], do: Steps) -> str:
    try:
        return await part(do)
    except (Unavailable, Rejected) as error:
        text = str(error)
        return text if text.endswith(".") else f"{text}."


async def _account(do: Steps) -> str:
    known = await account(do.reads)
    if known is None:
        return ""
    if known.servers and not await _stopped(do):
        return f"The server of {USER} is stopping."
    return "" if await testing(do).accounts.delete(USER) else f"The server of {USER} is stopping."


async def _stopped(do: Steps) -> bool:
    """Ask the hub to stop the server: of one that starts, deleting the user would leave the pod."""
    try:
        return await do.writes.hub.stop_server(USER)
    except NotFound:
        return True


async def _pods(do: Steps) -> str:
    """Delete a pod that the hub no longer knows. Return which one is left."""
    found = [pod for pod in await do.reads.kube.pods() if pod.user == USER]
    for pod in found:
        if not pod.terminating:
            await do.writes.kube.delete_pod(pod.name, pod.uid)
    return f"The pod {_names(found)} has not ended yet." if found else ""


async def _claims(do: Steps) -> str:
    """Delete what the hub did not delete with its user. Return which claim is left."""
    found = [claim for claim in await do.reads.kube.claims() if may_be_home(claim) and claim.user == USER]
    for claim in found:
        if not claim.terminating:
            await do.writes.kube.delete_claim(claim.name, claim.uid)
    return f"The claim {_names(found)} has not been removed yet." if found else ""


def _names(found: list[Pod] | list[Claim]) -> str:
    return ", ".join(one.name for one in found)
