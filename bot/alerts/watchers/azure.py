"""Availability of Azure Resource Manager, by which the bot deals with the cluster's pools."""

from collections.abc import Sequence
from datetime import timedelta

from bot.alerts.finding import Finding, Watcher
from commands.ports.context import Reads


async def look(reads: Reads) -> Sequence[Finding]:
    """Ask for the cluster. Raise Unavailable where Azure does not answer or refuses."""
    if reads.azure is not None:
        await reads.azure.cluster()
    return ()


WATCHER = Watcher("azure", look, timedelta(minutes=1), dwell=timedelta(0), clear=timedelta(0), outside=True)
