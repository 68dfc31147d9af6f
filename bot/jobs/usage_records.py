"""The days of use in the store, and their sums over a range of days.

A look is added in the transaction that stores the look at the pools, which happens once in five minutes over all
replicas, whatever restarts and whatever the clock does: nothing is counted twice, and what nobody saw is in no sum.
"""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from bot.jobs.usage_day import PersonSums, UsageDay
from bot.jobs.usage_look import PARTS, UsageLook
from bot.store.database import Database
from bot.store.tables import usage_days, usage_people
from bot.store.timestamps import read, written
from commands.ports.usage import DayOfNodes, HomeUse, HubUsage, NodeUse, ServerUse

# Looks in an hour: one in five minutes.
_HOUR: Final = 12
_NODE_HOUR: Final = Decimal(_HOUR * PARTS)
_FIRST_NUMBER: Final = 1


class UsageRecords:
    """The records of use. Days are those of `zone`; each is kept for `kept`, and so are the names in it.

    Every method but `add` raises Unavailable when the store cannot be read or written.
    """

    def __init__(self, database: Database, zone: ZoneInfo, kept: timedelta) -> None:
        self._database = database
        self._zone = zone
        self._kept = kept

    def day_of(self, moment: datetime) -> date:
        """Return the day that the moment is counted for."""
        return moment.astimezone(self._zone).date()

    async def wants_homes(self, moment: datetime) -> bool:
        """Return True if homes were not looked at on that day: they change seldom, and there may be thousands."""
        day = await self._database.run(lambda connection: _day(connection, self.day_of(moment)))
        return not day.home_days

    async def invent(self, looks: Sequence[tuple[datetime, UsageLook, int]]) -> None:
        """Store a past that nobody sampled, for demonstrations: looks that stand for so many samples each.

        Those after the first one that is stored are passed over.
        """

        def work(connection: sa.Connection) -> None:
            began = connection.execute(sa.select(sa.func.min(usage_days.c.began))).scalar()
            for moment, look, times in looks:
                if began is None or written(moment) < began:
                    self.add(connection, moment, look, times)

        await self._database.run(work)

    def add(self, connection: sa.Connection, moment: datetime, look: UsageLook, times: int = 1) -> None:
        """Add a look to its day, in the transaction of the caller, who lets nobody else add at the same time.

        It stands for `times` samples.
        """
        today = self.day_of(moment)
        day, people = _day(connection, today), _People(connection, today)
        is_new = not day.looks
        day.add(look, people.number, times)
        content = day.written()
        if is_new:
            connection.execute(
                usage_days.insert().values(day=today.isoformat(), began=written(moment), content=content)
            )
            self._forget(connection, today)
        else:
            connection.execute(usage_days.update().where(usage_days.c.day == today.isoformat()).values(content=content))
        people.keep()

    def _forget(self, connection: sa.Connection, today: date) -> None:
        oldest = (today - self._kept).isoformat()
        connection.execute(usage_days.delete().where(usage_days.c.day < oldest))
        connection.execute(usage_people.delete().where(usage_people.c.seen < oldest))

    async def used(self, first: date, last: date) -> HubUsage:
        """Return what was used on the days from `first` to `last`, both included."""
        inside = usage_days.c.day.between(first.isoformat(), last.isoformat())

        def work(connection: sa.Connection) -> tuple[str | None, list[tuple[str, bytes]], _People]:
            began = connection.execute(sa.select(sa.func.min(usage_days.c.began))).scalar()
            kept = sa.select(usage_days.c.day, usage_days.c.content).where(inside).order_by(usage_days.c.day)
            rows = [(day, content) for day, content in connection.execute(kept)]
            return began, rows, _People(connection, last)

        # Added up beside the transaction: others need the store meanwhile.
        return await asyncio.to_thread(_usage, *await self._database.run(work))

    async def carry_over(self, old: str, new: str) -> None:
        """Count what the user `old` has used for the user `new` from now on, who may have used something, too."""
        change = usage_people.update().where(usage_people.c.name == old).values(name=new)
        await self._database.run(lambda connection: connection.execute(change))


class _People:
    """Numbers for names, as the store has them; a name that was carried over may have several, of which one is used."""

    def __init__(self, connection: sa.Connection, today: date) -> None:
        self._connection = connection
        self._today = today.isoformat()
        rows = connection.execute(sa.select(usage_people).order_by(usage_people.c.number.desc())).all()
        self.names: dict[int, str] = {row.number: row.name for row in rows}
        self._numbers = {row.name: row.number for row in rows}
        self._unseen = {row.number for row in rows if row.seen != self._today}
        self._next = rows[0].number + 1 if rows else _FIRST_NUMBER
        self._met: dict[str, int] = {}

    def number(self, name: str) -> int:
        """Return the number of a name, a new one for one that was never seen."""
        if name not in self._met:
            self._met[name] = self._numbers.get(name) or self._take()
        return self._met[name]

    def _take(self) -> int:
        self._next += 1
        return self._next - 1

    def keep(self) -> None:
        """Store who is new, and on which day those were seen last who were seen today for the first time."""
        new = [
            {"number": number, "name": name, "seen": self._today}
            for name, number in self._met.items()
            if name not in self._numbers
        ]
        again = [{"its": number} for number in self._met.values() if number in self._unseen]
        if new:
            self._connection.execute(usage_people.insert(), new)
        if again:
            its = usage_people.c.number == sa.bindparam("its")
            self._connection.execute(usage_people.update().where(its).values(seen=self._today), again)

    def by_name(self, sums: PersonSums) -> Iterable[tuple[str, int, int]]:
        """Yield names with their sums, which are added up where a name has several numbers."""
        merged = PersonSums()
        people = [self._numbers.get(self.names.get(person, ""), person) for person in sums.first]
        merged.add(people, sums.first.values(), sums.second.values())
        return ((self.names.get(one, ""), first, merged.second[one]) for one, first in merged.first.items())


def _day(connection: sa.Connection, day: date) -> UsageDay:
    row = connection.execute(sa.select(usage_days).where(usage_days.c.day == day.isoformat())).first()
    return UsageDay().add_written(row.content) if row else UsageDay()


def _usage(began: str | None, rows: Sequence[tuple[str, bytes]], people: _People) -> HubUsage:
    total, days = UsageDay(), []
    for day, content in rows:
        total.add_written(content)
        days.append(DayOfNodes(date.fromisoformat(day), _nodes(total)))
    return HubUsage(
        read(began) if began else None,
        Decimal(total.looks) / _HOUR,
        total.home_days,
        tuple(
            ServerUse(name, profile, size, Decimal(looks) / _HOUR, share / _NODE_HOUR)
            for (profile, size), sums in sorted(total.servers.items())
            for name, looks, share in people.by_name(sums)
        ),
        tuple(
            HomeUse(name, storage_class, gib, count)
            for (storage_class, gib), sums in sorted(total.homes.items())
            for name, count, _ in people.by_name(sums)
        ),
        tuple(days),
    )


def _nodes(day: UsageDay) -> tuple[NodeUse, ...]:
    return tuple(NodeUse(*key, *(one / _NODE_HOUR for one in its)) for key, its in sorted(day.nodes.items()))
