"""Sampler of node pools, servers and homes: every five minutes, once over all replicas. `cost` adds the samples up."""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from bot.jobs.pool_samples import Look, Samples, bucket
from bot.jobs.server_profiles import ServerProfiles
from bot.jobs.usage_look import UsageLook, placed, usage_look
from bot.jobs.usage_records import UsageRecords
from bot.runtime.leases import Lease
from bot.runtime.periodic import FailureLog, Interval, background, repeat
from clients.azure.aks import Pool
from clients.errors import Unavailable
from clients.kube import Node
from commands.framework.command import Level
from commands.framework.partial_results import attempt
from commands.nodes.pools import remembered_size
from commands.ports.azure import NodeHours
from commands.ports.context import Caller, Reads
from commands.ports.usage import CostRules, HubUsage

_UNSEEN: Final = "the pools were not looked at"
_FAILURES: Final = FailureLog(logging.getLogger("jhub_bot.sampler"), _UNSEEN, _UNSEEN)

_NOBODY: Final = Caller("", "the bot", Level.ANYONE)
# Between two looks at the clock, in seconds.
_LOOK: Final = 20.0
# The first look is taken so many seconds after the start, or as soon as somebody asks: a start asks nobody outside.
_FIRST: Final = 3.0
# Longer than the time between two looks: one replica goes on sampling, which then has the pods in memory anyway.
_LEASE: Final = timedelta(seconds=90)
# How long the first question waits for the first look, in seconds.
_WITHIN: Final = 1.0


@dataclass(frozen=True)
class Costs:
    """Samples and prices: the implementation of `commands.ports.azure.CostReads`."""

    samples: Samples
    usage: UsageRecords
    lease: Lease
    currency: str
    prices: Mapping[str, Decimal]
    rules: CostRules = field(default_factory=CostRules)
    profiles: ServerProfiles = field(default_factory=ServerProfiles)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    looked: asyncio.Event = field(default_factory=asyncio.Event)

    async def seen(self, since: datetime) -> NodeHours:
        """Return what was seen since then, the first sample included."""
        await self._first_look()
        return await self.samples.seen(since)

    async def used(self, first: date, last: date) -> HubUsage:
        """Return what servers and homes used on these days, the first sample included."""
        await self._first_look()
        return await self.usage.used(first, last)

    async def _first_look(self) -> None:
        self.asked.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_WITHIN):
                await self.looked.wait()


async def sample(costs: Costs, reads: Reads) -> bool:
    """Take a sample, unless some replica has in these five minutes or is about to; return True if it was taken.

    Raise Unavailable: half a sample is none.
    """
    if not await costs.lease.hold(reads.now, _LEASE) or await costs.samples.has(reads.now):
        return False
    nodes = await reads.kube.nodes()
    moment, used = bucket(reads.now), await _usage(costs, reads, nodes)
    pools = {} if reads.azure is None else {pool.name: pool for pool in await reads.azure.pools()}
    counts = Counter(node.pool for node in nodes if node.pool)
    sizes = {node.pool: node.instance_type for node in nodes}
    names = sorted({*counts, *pools})
    looks = [_look(name, counts[name], pools.get(name), sizes) for name in names]
    return await costs.samples.keep(moment, looks, lambda connection: costs.usage.add(connection, moment, used))


async def _usage(costs: Costs, reads: Reads, nodes: Sequence[Node]) -> UsageLook:
    """Look at servers, and once a day at homes. Homes that cannot be listed are looked at the next time."""
    pods = await reads.kube.pods()
    profiles = await costs.profiles.of(placed(pods), reads.hub)
    wanted = await costs.usage.wants_homes(bucket(reads.now))
    claims = await attempt("Kubernetes", reads.kube.claims()) if wanted else None
    return usage_look(pods, nodes, profiles, None if isinstance(claims, Unavailable) else claims)


def _look(name: str, count: int, pool: Pool | None, sizes: Mapping[str, str]) -> Look:
    size = pool.size if pool else sizes.get(name, "")
    before = remembered_size(pool) if pool else None
    count_before = before.count if before and before.minimum is None else None
    return Look(name, size, count, held=before is not None, kept=count_before)


@contextlib.asynccontextmanager
async def sampling(costs: Costs, reads: Callable[[Caller], Reads]) -> AsyncIterator[None]:
    """Take samples while the block lasts."""
    async with background(_run(costs, reads), name="sampler"):
        yield


async def _run(costs: Costs, reads: Callable[[Caller], Reads]) -> None:
    async def look() -> None:
        try:
            await sample(costs, reads(_NOBODY))
        finally:
            costs.looked.set()

    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_FIRST):
            await costs.asked.wait()
    await repeat(look, Interval(_LOOK), _FAILURES)
