"""The steps that enlarge a home: have its claim ask for more, and wait as far as it grows by itself now.

Each looks first and acts second, because after a crash it is run again from its beginning.
"""

from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Final

from clients.errors import Rejected
from commands.framework.command import Steps
from commands.framework.polling import until
from commands.kubernetes.messages import shown
from commands.storage.deletion import find_claim, holders_of
from commands.storage.growth import Growth
from commands.text.byte_sizes import spoken as amount

# Azure enlarges a disk in seconds, and the kubelet looks at volumes once a minute or two; in seconds.
_PATIENCE: Final = 300.0
_FAILED: Final = "VolumeResizeFailed"


class Extent(Enum):
    """How far an enlargement got."""

    WHOLE = "whole"
    AWAITS_START = "awaits start"
    UNDER_WAY = "under way"
    GONE = "gone"


@dataclass(frozen=True)
class Grown:
    """How far it got, and what was last said of a failure."""

    extent: Extent
    problem: str = ""


async def enlarge(plan: Growth, do: Steps) -> str:
    """Have the claim ask for more. Return why that was refused, in Kubernetes' own words; empty once it does."""
    claim = await find_claim(plan.claim, do)
    if claim is None:
        return f"{plan.claim.name} no longer exists."
    if claim.terminating:
        return f"{plan.claim.name} is being deleted."
    if claim.requested == plan.to:
        return ""
    try:
        done = await do.writes.kube.expand_claim(plan.claim.name, plan.claim.uid, plan.to)
    except Rejected as error:
        return shown(str(error))
    return "" if done else f"{plan.claim.name} no longer exists."


async def wait_until_grown(plan: Growth, do: Steps) -> Grown:
    """Wait until it has grown as far as it does by itself now. Return how far that is."""
    heard: list[str] = []
    found = await until(partial(_settled, plan, heard, do), do, seconds=_PATIENCE)
    return found or Grown(Extent.UNDER_WAY, heard[-1] if heard else "")


async def _settled(plan: Growth, heard: list[str], do: Steps) -> Grown | None:
    claim = await find_claim(plan.claim, do)
    if claim is None:
        return Grown(Extent.GONE)
    if claim.size >= plan.to:
        return Grown(Extent.WHOLE)
    if claim.awaits_start:
        if not await holders_of(plan.claim, do):
            return Grown(Extent.AWAITS_START)
        do.tell(f"The disk has {amount(plan.to)}; the file system of the running server follows …")
        return None
    do.tell("The disk is being enlarged …")
    if problem := await _failure(plan, do):
        heard[:] = [problem]
        do.warn(f"Not enlarged yet: {problem}")
    return None


async def _failure(plan: Growth, do: Steps) -> str:
    """Return what was last said of a failed attempt since the change began; empty for nothing."""
    events = await do.reads.kube.events(do.reads.now)
    mine = [one for one in events if one.reason == _FAILED and one.name == plan.claim.name]
    return shown(mine[-1].message) if mine else ""
