"""The cluster autoscaler itself: it does not report any more, or considers pools unhealthy and leaves them alone.

That a pool got no machines while somebody waits for one is told by the watcher `nodes`.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.alerts.finding import Finding, Severity, Watcher
from cards.times import minute, timed
from cards.views import typing
from clients.azure.aks import Pool
from clients.errors import Unavailable
from clients.kube import AutoscalerStatus, NodeGroup
from commands.framework.partial_results import attempt
from commands.nodes.autoscaler_events import autoscaler_status
from commands.nodes.autoscaler_status import is_silent, is_unhealthy, pool_name, stopped_for_all, unhealthy_reason
from commands.ports.context import Reads

_LOOK: Final = (typing("Show nodes", "/jhub nodes"),)


async def look(reads: Reads) -> Sequence[Finding]:
    """Read its status; and Azure's pools, without which nobody knows whether it has to report."""
    status, pools = await asyncio.gather(autoscaler_status(reads), _pools(reads))
    return judge(status, pools, reads.now) if status else ()


async def _pools(reads: Reads) -> Sequence[Pool]:
    found = await attempt("Azure", reads.azure.pools()) if reads.azure else ()
    return () if isinstance(found, Unavailable) else found


def judge(status: AutoscalerStatus, pools: Sequence[Pool], now: datetime) -> list[Finding]:
    """Return findings about the autoscaler. Of one that is silent, what it last said is not believed. Pure."""
    if is_silent(status, pools, now):
        return [_silent(status)]
    if stopped_for_all(status):
        return [_stopped(status)]
    return [_unhealthy(group) for group in status.groups if is_unhealthy(group)]


def _silent(status: AutoscalerStatus) -> Finding:
    return Finding(
        key="autoscaler silent",
        severity=Severity.WARNING,
        title="The cluster autoscaler does not report any more",
        cause=timed("Its last report is of ", minute(status.written), ": it hangs or does not run.")
        if status.written
        else "",
        advice=(
            "No pool grows or shrinks by itself until it is back.",
            "AKS runs it: its resource health in Azure may say why. /jhub scale sets a pool’s nodes by hand.",
        ),
        buttons=_LOOK,
    )


def _stopped(status: AutoscalerStatus) -> Finding:
    return Finding(
        key="autoscaler stopped",
        severity=Severity.CRITICAL,
        title="The cluster autoscaler adds and removes no nodes",
        cause=stopped_for_all(status),
        advice=("It goes on by itself once enough nodes are ready.",),
        buttons=_LOOK,
    )


def _unhealthy(group: NodeGroup) -> Finding:
    return Finding(
        key=f"autoscaler {group.name} unhealthy",
        severity=Severity.WARNING,
        title=f"Node pool {pool_name(group)} can neither grow nor shrink",
        cause=unhealthy_reason(group),
        buttons=_LOOK,
        subjects=(pool_name(group),),
        group="autoscaler unhealthy",
        several="{count} node pools can neither grow nor shrink",
    )


WATCHER = Watcher(
    "autoscaler", look, every=timedelta(minutes=2), dwell=timedelta(minutes=4), clear=timedelta(minutes=2)
)
