"""Versions near the end of their support: the nodes' Kubernetes, and a chart that lacks a security fix."""

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from bot.alerts.finding import Finding, Severity, Watcher
from cards.views import Fact, typing
from clients.errors import Unavailable
from clients.helm import Release
from clients.kube import Node
from commands.chart.support_dates import missing_fixes
from commands.framework.partial_results import attempt
from commands.kubernetes.support_dates import LONG_TERM, OFFICIAL, kubernetes_end
from commands.ports.context import Reads
from commands.text.version_numbers import parsed

_NEAR: Final = timedelta(days=60)


async def look(reads: Reads) -> Sequence[Finding]:
    """Ask for the nodes and the release. Raise Unavailable."""
    nodes, live, plan = await asyncio.gather(reads.kube.nodes(), reads.releases.deployed(), _plan(reads))
    return judge(nodes, live, reads.now.date(), plan)


async def _plan(reads: Reads) -> str:
    """Return the cluster's support plan; the one that clusters have by themselves where Azure does not tell."""
    if reads.azure is None:
        return OFFICIAL
    cluster = await attempt("Azure", reads.azure.cluster())
    return OFFICIAL if isinstance(cluster, Unavailable) else cluster.plan


def judge(nodes: Sequence[Node], live: Release | None, today: date, plan: str = OFFICIAL) -> list[Finding]:
    """Return findings about versions that are no longer supported by that plan, or soon not. Pure."""
    known = {numbers: node.version for node in nodes if (numbers := parsed(node.version))}
    oldest = known[min(known)] if known else ""
    end = kubernetes_end(oldest, plan)
    found = [_kubernetes(oldest, end, today, plan)] if end and end - today <= _NEAR else []
    return found + ([_chart(live)] if live and missing_fixes(live.chart.version) else [])


def _kubernetes(version: str, end: date, today: date, plan: str) -> Finding:
    is_over = end < today
    when = f"ended on {end}" if is_over else f"ends on {end}, in {(end - today).days} days"
    whose, then = ("long-term support", "Then") if plan == LONG_TERM else ("support", "Without long-term support,")
    return Finding(
        key=f"kubernetes {'.'.join(version.split('.')[:2])}",
        severity=Severity.WARNING if is_over else Severity.NOTE,
        title=f"Support for Kubernetes {version} {'has ended' if is_over else 'ends soon'}",
        cause=f"The oldest nodes run {version}. Azure’s {whose} for it {when}. {then} problems are no longer fixed, "
        "and Azure may upgrade the cluster automatically.",
        advice=("An admin can upgrade it here, one minor version at a time: the button shows what there is.",),
        buttons=(typing("Show upgrades", "/jhub cluster upgrade"), typing("Show cluster", "/jhub cluster status")),
    )


def _chart(live: Release) -> Finding:
    fixes = missing_fixes(live.chart.version)
    return Finding(
        key=f"chart {live.chart.version}",
        severity=Severity.WARNING,
        title=f"Chart {live.chart.version} lacks security fixes",
        cause=f"Fixes are made only in the newest chart. {fixes[0].name} has been available since {fixes[0].day}.",
        facts=tuple(Fact(one.name, one.closed) for one in fixes),
        advice=("Check first what the upgrade would run into: from before 4.0, users’ homes get new names.",),
        buttons=(typing("Check the upgrade", "/jhub upgrade check"), typing("Show history", "/jhub history")),
    )


WATCHER = Watcher("versions", look, every=timedelta(days=1), dwell=timedelta(0), clear=timedelta(0))
