"""Pools that cannot grow, found in the cluster autoscaler's events about node groups, not about waiting pods."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from clients.errors import Unavailable
from clients.kube import Event
from commands.framework.partial_results import attempt
from commands.kubernetes.autoscaler_failures import autoscaler
from commands.kubernetes.problem import Trouble
from commands.ports.context import Reads

_WITHIN: Final = timedelta(hours=1)
# The name of a pool's scale set in AKS, which the autoscaler calls a group (`Scale-up: group … size set to …`).
_GROUP: Final = re.compile(r"\baks-(?P<pool>[a-z0-9]{1,12})-\d{4,12}-vmss\b")
_FAILED: Final = ("FailedToScaleUpGroup", "ScaleUpTimedOut", "FailedToScaleUp")
_GREW: Final = ("ScaledUpGroup",)


async def pool_events(reads: Reads) -> list[Event]:
    """Return the autoscaler's events of the last hour, the latest last; none if Kubernetes does not answer."""
    events = await attempt("Kubernetes", reads.kube.autoscaler_events(reads.now - _WITHIN))
    return [] if isinstance(events, Unavailable) else events


def failed_scale_ups(events: Sequence[Event]) -> dict[str, Trouble]:
    """Return the last failure of each pool that has not grown since. `events` are in order of time. Pure."""
    found: dict[str, Trouble] = {}
    for event in events:
        group = _GROUP.search(event.message)
        if group is None:
            continue
        if event.reason in _GREW:
            found.pop(group["pool"], None)
        elif event.reason in _FAILED and (trouble := autoscaler(event.reason, event.message)):
            found[group["pool"]] = trouble
    return found
