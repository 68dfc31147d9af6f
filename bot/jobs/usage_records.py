"""The days of use in the store, and their sums over a range of days.

A look is added in the transaction that stores the look at the pools, which happens once in five minutes over all
replicas, whatever restarts and whatever the clock does: nothing is counted twice, and what nobody saw is in no sum.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from bot.jobs.usage_day import UsageDay
from bot.jobs.usage_look import PARTS, UsageLook
from bot.store.database import Database
from bot.store.tables import usage_days, usage_people
from bot.store.timestamps import read, written
from commands.ports.usage import DayOfNodes, HomeUse, NodeUse, ServerUse, Usage

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
        return day.homes is None

    def add(self, connection: sa.Connection, moment: datetime, look: UsageLook) -> None:
        """Add a look to its day, in the transaction of the caller, who lets nobody else add at the same time."""
        today = self.day_of(moment)
        day, people = _day(connection, today), _People(connection, today)
        is_new = not day.looks
        day.add(look, people.number)
        its = {"looks": day.looks, "content": day.written()}
        if is_new:
            connection.execute(usage_days.insert().values(day=today.isoformat(), began=written(moment), **its))
            self._forget(connection, today)
        else:
            connection.execute(usage_days.update().where(usage_days.c.day == today.isoformat()).values(**its))
        people.keep()

    def _forget(self, connection: sa.Connection, today: date) -> None:
        oldest = (today - self._kept).isoformat()
        connection.execute(usage_days.delete().where(usage_days.c.day < oldest))
        connection.execute(usage_people.delete().where(usage_people.c.seen < oldest))

    async def used(self, first: date, last: date) -> Usage:
        """Return what was used on the days from `first` to `last`, both included."""
        inside = usage_days.c.day.between(first.isoformat(), last.isoformat())

        def work(connection: sa.Connection) -> Usage:
            began = connection.execute(sa.select(sa.func.min(usage_days.c.began))).scalar()
            rows = connection.execute(sa.select(usage_days).where(inside).order_by(usage_days.c.day)).all()
            days = {date.fromisoformat(row.day): UsageDay.read(row.looks, row.content) for row in rows}
            return _usage(read(began) if began else None, days, _names(connection))

        return await self._database.run(work)

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
        self._numbers = {row.name: row.number for row in rows}
        self._next = rows[0].number + 1 if rows else _FIRST_NUMBER
        self._unseen = {row.number for row in rows if row.seen != self._today}
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
        again = [{"its": number} for name, number in self._met.items() if number in self._unseen]
        if new:
            self._connection.execute(usage_people.insert(), new)
        if again:
            its = usage_people.c.number == sa.bindparam("its")
            self._connection.execute(usage_people.update().where(its).values(seen=self._today), again)


def _day(connection: sa.Connection, day: date) -> UsageDay:
    row = connection.execute(sa.select(usage_days).where(usage_days.c.day == day.isoformat())).first()
    return UsageDay.read(row.looks, row.content) if row else UsageDay()


def _names(connection: sa.Connection) -> dict[int, str]:
    return {row.number: row.name for row in connection.execute(sa.select(usage_people)).all()}


def _usage(began: datetime | None, days: Mapping[date, UsageDay], names: Mapping[int, str]) -> Usage:
    servers = _summed((day.servers for day in days.values()), names)
    homes = _summed((day.homes for day in days.values() if day.homes is not None), names)
    return Usage(
        began,
        Decimal(sum(day.looks for day in days.values())) / _HOUR,
        sum(day.homes is not None for day in days.values()),
        tuple(
            ServerUse(name, profile, size, Decimal(looks) / _HOUR, share / _NODE_HOUR)
            for (name, (profile, size)), (looks, share) in servers
        ),
        tuple(HomeUse(name, kind, gib, count) for (name, (kind, gib)), (count, _) in homes),
        tuple(DayOfNodes(day, _nodes(its)) for day, its in days.items()),
    )


def _nodes(day: UsageDay) -> tuple[NodeUse, ...]:
    return tuple(NodeUse(*key, *(Decimal(one) / _NODE_HOUR for one in its)) for key, its in sorted(day.nodes.items()))


def _summed(
    days: Iterable[Mapping[tuple[int, Any], list[int]]], names: Mapping[int, str]
) -> list[tuple[tuple[str, Any], list[int]]]:
    """Return the sums of all days by name and kind, in the order of those."""
    by_number: dict[tuple[int, Any], list[int]] = defaultdict(lambda: [0, 0])
    for day in days:
        for key, (first, second) in day.items():
            its = by_number[key]
            its[0] += first
            its[1] += second
    by_name: dict[tuple[str, Any], list[int]] = defaultdict(lambda: [0, 0])
    for (number, kind), its in by_number.items():
        total = by_name[names.get(number, ""), kind]
        total[0] += its[0]
        total[1] += its[1]
    return sorted(by_name.items())
