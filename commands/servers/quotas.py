"""The namespace's quotas and limit ranges held against what one user's server asks for."""

import asyncio
from collections.abc import Sequence

from clients.errors import Unavailable
from clients.helm import Release
from clients.kube import LimitRange, ResourceQuota
from commands.framework.partial_results import attempt
from commands.ports.context import Reads
from commands.servers.quota_outlook import QuotaTrouble, quota_troubles
from commands.servers.server_demand import demands


async def quota_outlook(reads: Reads) -> list[QuotaTrouble]:
    """Return what stands in the way of a new server, or soon will; nothing where that cannot be read."""
    release, quotas, ranges = await asyncio.gather(
        attempt("Helm's record", reads.releases.deployed()),
        attempt("Kubernetes", reads.kube.quotas()),
        attempt("Kubernetes", reads.kube.limit_ranges()),
    )
    return outlook(release, quotas, ranges)


def outlook(
    release: Release | Unavailable | None,
    quotas: Sequence[ResourceQuota] | Unavailable,
    ranges: Sequence[LimitRange] | Unavailable,
) -> list[QuotaTrouble]:
    """Return the same of what was read. Pure.

    Without the limit ranges it is not known what a container gets that says nothing: no quota is judged then.
    """
    if not isinstance(release, Release) or isinstance(quotas, Unavailable) or isinstance(ranges, Unavailable):
        return []
    return quota_troubles(demands(release), quotas, ranges) if quotas or ranges else []
