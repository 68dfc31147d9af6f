"""Sampler of the node pools: every five minutes, once over all replicas. `cost` adds the samples up."""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from bot.jobs.pool_samples import Look, Samples
from bot.runtime.periodic import FailureLog, Interval, background, repeat
from clients.azure.aks import Pool
from commands.framework.command import Level
from commands.nodes.pools import remembered_size
from commands.ports.azure import NodeHours
from commands.ports.context import Caller, Reads

_UNSEEN: Final = "the pools were not looked at"
_FAILURES: Final = FailureLog(logging.getLogger("jhub_bot.sampler"), _UNSEEN, _UNSEEN)

_NOBODY: Final = Caller("", "the bot", Level.ANYONE)
# Between two looks at the clock, in seconds.
_LOOK: Final = 20.0
# The first look is taken so many seconds after the start, or as soon as somebody asks: a start asks nobody outside.
_FIRST: Final = 3.0
# How long the first question waits for the first look, in seconds.
_WITHIN: Final = 1.0


@dataclass(frozen=True)
class Costs:
    """Samples and prices: the implementation of `commands.ports.azure.CostReads`."""

    samples: Samples
    currency: str
    prices: Mapping[str, Decimal]
    disks: Mapping[str, Decimal] = field(default_factory=dict)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    looked: asyncio.Event = field(default_factory=asyncio.Event)

    async def seen(self, since: datetime) -> NodeHours:
        """Return what was seen since then, the first sample included."""
        self.asked.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_WITHIN):
                await self.looked.wait()
        return await self.samples.seen(since)


async def sample(samples: Samples, reads: Reads) -> bool:
    """Take a sample, unless some replica has in these five minutes; return True if it was taken.

    Raise Unavailable: half a sample is none.
    """
    if await samples.has(reads.now):
        return False
    nodes = await reads.kube.nodes()
    pools = {} if reads.azure is None else {pool.name: pool for pool in await reads.azure.pools()}
    counts = Counter(node.pool for node in nodes if node.pool)
    sizes = {node.pool: node.instance_type for node in nodes}
    names = sorted({*counts, *pools})
    return await samples.keep(reads.now, [_look(name, counts[name], pools.get(name), sizes) for name in names])


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
            await sample(costs.samples, reads(_NOBODY))
        finally:
            costs.looked.set()

    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_FIRST):
            await costs.asked.wait()
    await repeat(look, Interval(_LOOK), _FAILURES)
