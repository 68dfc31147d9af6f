"""Versions near the end of their support: the nodes' Kubernetes, and a chart that lacks a security fix."""

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from bot.alerts.finding import Finding, Severity, Watcher
from cards.views import Fact, typing
from clients.helm import Release
from clients.kube import Node
from commands.chart.support_dates import kubernetes_end, long_term_end, missing_fixes, parsed
from commands.ports.context import Reads

_NEAR: Final = timedelta(days=60)


async def look(reads: Reads) -> Sequence[Finding]:
    """Ask for the nodes and the release. Raise Unavailable."""
    nodes, live = await asyncio.gather(reads.kube.nodes(), reads.releases.deployed())
    return judge(nodes, live, reads.now.date())


def judge(nodes: Sequence[Node], live: Release | None, today: date) -> list[Finding]:
    """Return findings about versions that are no longer supported, or soon not. Pure."""
    known = {numbers: node.version for node in nodes if (numbers := parsed(node.version))}
    oldest = known[min(known)] if known else ""
    found = [_kubernetes(oldest, end, today) for end in [kubernetes_end(oldest)] if end and end - today <= _NEAR]
    return found + ([_chart(live)] if live and missing_fixes(live.chart.version) else [])


def _kubernetes(version: str, end: date, today: date) -> Finding:
    is_over = end < today
    when = f"ended on {end}" if is_over else f"ends on {end}, in {(end - today).days} days"
    return Finding(
        key=f"kubernetes {'.'.join(version.split('.')[:2])}",
        severity=Severity.WARNING if is_over else Severity.NOTE,
        title=f"Support for Kubernetes {version} {'has ended' if is_over else 'ends soon'}",
        cause=f"The oldest nodes run {version}. Azure’s support for it {when}. "
        "Without long-term support, problems are no longer fixed, and Azure may upgrade the cluster automatically."
        + (
            f" Long-term support, where it is paid for, ends on {longer}." if (longer := long_term_end(version)) else ""
        ),
        advice=("Upgrade the cluster in Azure one minor version at a time, the control plane first.",),
        buttons=(typing("Show cluster", "/jhub cluster status"),),
    )


def _long_term(version: str) -> str:
    end = long_term_end(version)
    return f" Long-term support, where it is paid for, ends on {end}." if end else ""


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
