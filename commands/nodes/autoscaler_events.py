"""Pools that cannot grow, found in what the cluster autoscaler says of node groups, not of waiting pods.

It says so twice: in events, which are kept for an hour, and in its status, which is of now.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from clients.errors import Unavailable
from clients.kube import AutoscalerStatus, Event, NodeGroup
from commands.framework.partial_results import attempt
from commands.kubernetes.autoscaler_failures import autoscaler
from commands.kubernetes.explanations import AUTOSCALER
from commands.kubernetes.problem import Trouble
from commands.nodes.autoscaler_status import (
    backoff_reason,
    failure,
    is_backing_off,
    is_unhealthy,
    pool_name,
    unhealthy_reason,
)
from commands.ports.context import Reads
from commands.timing.durations import spoken

_WITHIN: Final = timedelta(hours=1)
# The name of a pool's scale set in AKS, which the autoscaler calls a group (`Scale-up: group … size set to …`).
_GROUP: Final = re.compile(r"\baks-(?P<pool>[a-z0-9]{1,12})-\d{4,12}-vmss\b")
_FAILED: Final = ("FailedToScaleUpGroup", "ScaleUpTimedOut", "FailedToScaleUp")
_GREW: Final = ("ScaledUpGroup",)


@dataclass(frozen=True)
class PoolScaling:
    """What the autoscaler says of pools: events of the last hour, the latest last, and its status if it gives one.

    A pool that backs off now is among the events with the failure that its status gives: its own may be gone.
    """

    events: Sequence[Event]
    status: AutoscalerStatus | None


async def pool_scaling(reads: Reads) -> PoolScaling:
    """Return what the autoscaler says of pools; nothing where Kubernetes does not give it."""
    events, status = await asyncio.gather(
        attempt("Kubernetes", reads.kube.autoscaler_events(reads.now - _WITHIN)), autoscaler_status(reads)
    )
    return PoolScaling([*([] if isinstance(events, Unavailable) else events), *_as_events(status)], status)


async def autoscaler_status(reads: Reads) -> AutoscalerStatus | None:
    """Return the autoscaler's account of itself; None if there is none, or Kubernetes does not give it."""
    found = await attempt("Kubernetes", reads.kube.autoscaler_status())
    return None if isinstance(found, Unavailable) else found


def _as_events(status: AutoscalerStatus | None) -> list[Event]:
    groups = status.groups if status else ()
    return [_as_event(group) for group in groups if is_backing_off(group) and failure(group)]


def _as_event(group: NodeGroup) -> Event:
    message = f"Scale-up failed for group {group.name}: {failure(group)}"
    since = group.scale_up.since
    return Event("Warning", "FailedToScaleUpGroup", message, "ConfigMap", AUTOSCALER, 1, since, since)


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


def stuck_pools(scaling: PoolScaling, now: datetime) -> dict[str, str]:
    """Return, by pool, that it cannot grow now, or neither grow nor shrink, and why.

    The autoscaler's status is of now; of a pool that it does not name, the events count.
    """
    failed = failed_scale_ups(scaling.events)
    found = {pool: f"{pool} cannot grow: {one.words}" for pool, one in failed.items()}
    for group in scaling.status.groups if scaling.status else ():
        pool = pool_name(group)
        if is_unhealthy(group):
            found[pool] = (
                f"{pool} can neither grow nor shrink{_for(group.health.since, now)}. {unhealthy_reason(group)}"
            )
        elif is_backing_off(group):
            why = backoff_reason(group, failed.get(pool))
            found[pool] = f"{pool} cannot grow{_for(group.scale_up.since, now)}: {why}"
        elif pool in failed:
            found[pool] = f"{pool} did not grow when the autoscaler last tried: {failed[pool].words} It may try again."
    return found


def _for(since: datetime | None, now: datetime) -> str:
    return f", for {spoken(now - since)} now" if since else ""
