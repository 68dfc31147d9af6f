"""Node pools whose last operation failed, as Azure reports it: nothing about them can be changed until it is fixed."""

from collections.abc import Sequence
from datetime import timedelta

from bot.alerts.finding import Finding, Severity, Watcher
from cards.views import Fact, typing
from clients.azure.aks import Pool
from commands.ports.context import Reads


async def look(reads: Reads) -> Sequence[Finding]:
    """Ask Azure for the pools, where a cluster is configured. Raise Unavailable."""
    return judge(await reads.azure.pools()) if reads.azure else ()


def judge(pools: Sequence[Pool]) -> list[Finding]:
    """Return a finding for each pool in the state Failed. Pure."""
    return [_failed(pool) for pool in pools if pool.state == "Failed"]


def _failed(pool: Pool) -> Finding:
    # Azure repeats what is asked for when a pool is given the same again (troubleshooting "failed state").
    if pool.minimum is not None:
        again = f"/jhub autoscale {pool.name} {pool.minimum} {pool.maximum}"
    else:
        again = f"/jhub scale {pool.count} --pool {pool.name}"
    return Finding(
        key=f"pool {pool.name} failed",
        severity=Severity.WARNING,
        title=f"Node pool {pool.name} is in the state Failed",
        cause="Azure’s last operation on it failed. Its nodes keep running, but it may not scale until this is fixed.",
        facts=(Fact("Nodes", str(pool.count)), Fact("Machine size", pool.size)),
        advice=(f"{again} asks Azure for the same settings again, which usually fixes it.",),
        buttons=(typing("Ask Azure again", again), typing("Show nodes", "/jhub nodes")),
    )


WATCHER = Watcher("pools", look, every=timedelta(minutes=2), dwell=timedelta(minutes=2), clear=timedelta(minutes=2))
