"""Azure's quota in a plan that adds nodes: the subscription's remaining cores for a VM size.

It is information, never a condition: Azure decides, the quota may be raised in between, and not every bot may read it.
"""

from dataclasses import dataclass

from cards.views import Fact, Tone
from clients.azure.compute import Quota
from clients.errors import NotFound, Unavailable
from commands.nodes.pools import azure
from commands.ports.context import Reads


@dataclass(frozen=True)
class QuotaRoom:
    """The room that a quota leaves: a fact, and a warning if that is not enough. Each is empty if unknown."""

    fact: str = ""
    warning: str = ""


def quota_fact(room: QuotaRoom) -> tuple[Fact, ...]:
    """Return the fact for a card; none if the quota was not read."""
    return (Fact("Quota", room.fact, Tone.WARNING if room.warning else Tone.NOTE),) if room.fact else ()


async def quota_room(reads: Reads, size: str, more: int, *, fixed: bool) -> QuotaRoom:
    """Return what the quota says of so many more nodes of a VM size, which a `fixed` count needs at once."""
    if reads.quotas is None or more <= 0:
        return QuotaRoom()
    try:
        location = (await azure(reads).cluster()).location
        quota = await reads.quotas.quota(location, size)
    except NotFound:
        return QuotaRoom(warning=f"Azure does not list the VM size {size} in the cluster's region: it will refuse it.")
    except Unavailable as error:
        return QuotaRoom(f"not known: {error}")
    return _said(quota, size, location, more, fixed=fixed)


def _said(quota: Quota, size: str, location: str, more: int, *, fixed: bool) -> QuotaRoom:
    tightest, machines = quota.tightest, quota.machines
    if not quota.size.offered:
        return QuotaRoom(warning=f"This subscription may not use {size} in {location}: Azure will refuse it.")
    if tightest is None or machines is None:
        return QuotaRoom(f"not known: Azure names none for {size} in {location}")
    needs = f"{'this needs' if fixed else 'this may need'} {more * quota.size.vcpus:,} more"
    fact = f"{tightest.used:,} of {tightest.limit:,} {tightest.name} in use; {needs}"
    if machines >= more:
        return QuotaRoom(fact)
    left = f"The quota has room for {_counted(machines)}, not {more:,}"
    then = "Azure will refuse this" if fixed else "the pool will not grow further"
    return QuotaRoom(fact, f"{left}: {then}. Have “{tightest.name}” in {location} raised first (Azure portal, Quotas).")


def _counted(machines: int) -> str:
    return f"{machines:,} more {'node' if machines == 1 else 'nodes'}"
