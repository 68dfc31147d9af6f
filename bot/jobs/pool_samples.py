"""Samples of how many nodes the pools had, one for each five minutes over all replicas, and their sums."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

import sqlalchemy as sa

from bot.store.database import Database
from bot.store.tables import samples
from bot.store.timestamps import read, written
from commands.ports.azure import NodeHours, PoolObservation

# A look stands for so long.
BUCKET: Final = timedelta(minutes=5)
# Ten days more than is ever asked for.
_KEPT: Final = timedelta(days=40)
_HOUR: Final = Decimal(int(timedelta(hours=1) / BUCKET))


@dataclass(frozen=True)
class Look:
    """State of a pool. `held` is True if its count is held by `scale`; `kept` is the count it gets back, if any."""

    pool: str
    size: str
    nodes: int
    held: bool = False
    kept: int | None = None


def bucket(moment: datetime) -> datetime:
    """Return the beginning of the five minutes that the moment belongs to."""
    return datetime.fromtimestamp(moment.timestamp() // BUCKET.total_seconds() * BUCKET.total_seconds(), UTC)


class Samples:
    """The samples in the store. Every method raises Unavailable when the store cannot be read or written."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def has(self, moment: datetime) -> bool:
        """Return True if some replica has taken a sample in those five minutes."""
        query = sa.select(samples.c.pool).where(samples.c.bucket == written(bucket(moment))).limit(1)
        return await self._database.run(lambda connection: connection.execute(query).first() is not None)

    async def keep(
        self, moment: datetime, looks: Sequence[Look], beside: Callable[[sa.Connection], None] = lambda _: None
    ) -> bool:
        """Store what was seen. Return False where some replica has taken a sample in those five minutes before.

        `beside` stores more in the same transaction, in which nobody else stores a sample.
        """
        its = written(bucket(moment))

        def work(connection: sa.Connection) -> bool:
            if connection.dialect.name != "sqlite":
                connection.execute(sa.text("LOCK TABLE samples IN SHARE ROW EXCLUSIVE MODE"))
            if connection.execute(sa.select(samples.c.pool).where(samples.c.bucket == its).limit(1)).first():
                return False
            rows = [_row(connection, its, look) for look in looks]
            connection.execute(samples.insert(), rows)
            beside(connection)
            connection.execute(samples.delete().where(samples.c.bucket < written(moment - _KEPT)))
            return True

        return await self._database.run(work) if looks else False

    async def seen(self, since: datetime) -> NodeHours:
        """Return what was seen since then, the pools by name."""
        return await self._database.run(lambda connection: _seen(connection, since))


def _row(connection: sa.Connection, its: str, look: Look) -> dict[str, object]:
    baseline = _baseline(connection, its, look) if look.held else None
    return {
        "bucket": its,
        "pool": look.pool,
        "size": look.size,
        "nodes": look.nodes,
        "held": look.held,
        "baseline": baseline,
    }


def _baseline(connection: sa.Connection, its: str, look: Look) -> int | None:
    """Return the count of the pool before it was held, by the sample before this one.

    Where there is none, it is the count that is kept.
    """
    earlier = sa.and_(samples.c.pool == look.pool, samples.c.bucket < its)
    query = sa.select(samples).where(earlier).order_by(samples.c.bucket.desc()).limit(1)
    last = connection.execute(query).first()
    if last is None or (last.held and last.baseline is None):
        return look.kept
    return int(last.baseline if last.held else last.nodes)


def _seen(connection: sa.Connection, since: datetime) -> NodeHours:
    inside = samples.c.bucket >= written(since)
    spared = sa.case((samples.c.baseline > samples.c.nodes, samples.c.baseline - samples.c.nodes), else_=0)
    unclear = sa.case((sa.and_(samples.c.held, samples.c.baseline.is_(None)), 1), else_=0)
    sums = (sa.func.sum(samples.c.nodes), sa.func.sum(spared), sa.func.sum(unclear))
    names = (samples.c.pool, samples.c.size)
    rows = connection.execute(sa.select(*names, *sums).where(inside).group_by(*names).order_by(*names)).all()
    looks = connection.execute(sa.select(sa.func.count(samples.c.bucket.distinct())).where(inside)).scalar()
    first = connection.execute(sa.select(sa.func.min(samples.c.bucket))).scalar()
    pools = (PoolObservation(pool, size, *(_hours(one) for one in counts)) for pool, size, *counts in rows)
    return NodeHours(read(first) if first else None, _hours(looks), tuple(pools))


def _hours(looks: int | None) -> Decimal:
    return Decimal(looks or 0) / _HOUR
