"""The cluster autoscaler's own account of each pool, in words for people: which cannot grow or shrink, and why. Pure.

A status is the autoscaler's (cluster-autoscaler 1.33, `clusterstate.go`): a group backs off after a failed scale-up and
is unhealthy while too many of its nodes are not ready; it is neither grown nor shrunk then.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from cards.times import hour, joined, timed
from cards.views import Fact, Tone
from clients.azure.aks import Pool
from clients.kube import AutoscalerStatus, NodeGroup
from commands.kubernetes.autoscaler_failures import autoscaler
from commands.kubernetes.problem import Trouble
from commands.timing.durations import spoken
from commands.timing.timestamps import ago

# A loop takes ten seconds, minutes at the worst; after ten minutes without one the autoscaler's own probe ends it
# (`--max-inactivity`).
_SILENT: Final = timedelta(minutes=10)
# The name of a pool's scale set in AKS, which the autoscaler calls a group.
_GROUP: Final = re.compile(r"(?:aks-)?(?P<pool>[a-z0-9]{1,12})-\d{4,12}-vmss")
_BACKOFF: Final = "Backoff"
_UNHEALTHY: Final = "Unhealthy"
_UNSAID: Final = "The last attempt to add a node failed, and the autoscaler does not say why."


def pool_name(group: NodeGroup) -> str:
    """Return the name of the group's pool; that of the group itself where it is no scale set of AKS."""
    found = _GROUP.fullmatch(group.name)
    return found["pool"] if found else group.name


def is_backing_off(group: NodeGroup) -> bool:
    """Return True if the autoscaler waits before it tries again to grow the group."""
    return group.scale_up.status == _BACKOFF and not is_unhealthy(group)


def is_unhealthy(group: NodeGroup) -> bool:
    """Return True if the autoscaler leaves the group as it is, since too many of its nodes are not ready."""
    return _UNHEALTHY in (group.health.status, group.scale_up.status)


def failure(group: NodeGroup) -> str:
    """Return what the autoscaler says of the scale-up after which it backs off; empty where it says nothing."""
    return ": ".join(one for one in (group.scale_up.code, group.scale_up.message) if one)


def backoff_reason(group: NodeGroup, event: Trouble | None) -> str:
    """Return why a group that backs off did not grow: as its status says, else as the last event about it does."""
    said = failure(group)
    known = autoscaler("FailedToScaleUpGroup", said) if said else event
    return known.words if known else _UNSAID


def unhealthy_reason(group: NodeGroup) -> str:
    """Return a sentence on a group that the autoscaler considers unhealthy."""
    counts = []
    if group.ready is not None and group.registered is not None:
        counts.append(f"{group.ready} of its {group.registered} nodes {'is' if group.ready == 1 else 'are'} ready")
    if group.unregistered:
        machines = "1 machine" if group.unregistered == 1 else f"{group.unregistered} machines"
        counts.append(f"{machines} never joined the cluster")
    why = f": {' and '.join(counts)}" if counts else ""
    return f"The autoscaler considers it unhealthy{why}. It neither adds nor removes nodes there until that is over."


def stopped_for_all(status: AutoscalerStatus | None) -> str:
    """Return a sentence if the autoscaler does nothing in the whole cluster; empty if it works."""
    if status is None or status.health.status != _UNHEALTHY:
        return ""
    return (
        "The cluster autoscaler considers the whole cluster unhealthy, since too many nodes are not ready: "
        "no pool grows or shrinks."
    )


def is_silent(status: AutoscalerStatus | None, pools: Sequence[Pool], now: datetime) -> bool:
    """Return True if the autoscaler should report and has not for long.

    Where no pool is autoscaled an old status is left over, and without the pools that is not known.
    """
    if status is None or status.written is None or now - status.written < _SILENT:
        return False
    return any(pool.minimum is not None for pool in pools)


def silence(status: AutoscalerStatus | None, pools: Sequence[Pool], now: datetime) -> str:
    """Return a sentence if the autoscaler should report and has not for long; else an empty string."""
    if status is None or status.written is None or not is_silent(status, pools, now):
        return ""
    return (
        f"The cluster autoscaler has not reported for {spoken(now - status.written)}: it hangs or does not run, "
        "and no pool grows or shrinks by itself."
    )


def pool_facts(status: AutoscalerStatus, now: datetime) -> tuple[Fact, ...]:
    """Return what the autoscaler says, pool by pool, and when it last did."""
    told = [Fact(pool_name(group), _state(group), _tone(group)) for group in status.groups]
    if status.written is not None:
        told.append(Fact("Last report", timed(hour(status.written), f", {ago(status.written, now)}")))
    return tuple(told)


def _state(group: NodeGroup) -> str:
    return joined("; ", _growing(group), _shrinking(group)) or "neither grows nor shrinks now"


def _growing(group: NodeGroup) -> str:
    if is_unhealthy(group):
        return _since("unhealthy, so it is left as it is", group.health.since)
    if is_backing_off(group):
        return _since("waits after a failed attempt to grow", group.scale_up.since)
    if group.scale_up.status == "InProgress":
        return _since("grows", group.scale_up.since)
    return f"at its maximum of {group.maximum}" if group.is_full else ""


def _shrinking(group: NodeGroup) -> str:
    count = group.scale_down.candidates
    if not count:
        return ""
    nodes = "1 node may go" if count == 1 else f"{count} nodes may go"
    return _since(nodes, group.scale_down.since)


def _since(words: str, moment: datetime | None) -> str:
    return timed(f"{words}, since ", hour(moment)) if moment else words


def _tone(group: NodeGroup) -> Tone:
    if is_unhealthy(group):
        return Tone.BAD
    return Tone.WARNING if is_backing_off(group) else Tone.NOTE
