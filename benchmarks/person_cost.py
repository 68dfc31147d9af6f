"""Cost by person of 5,000 people over 30 days: the time of the whole answer, and the records of one day.

Everybody works on every day, with random hours and a random share of a node, which compresses worst. Beside it, for the
ratio, the same sums in a table with a row for each person and day, added up by the database, without a card.
"""

import random
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import repeat
from types import SimpleNamespace
from typing import cast
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from measuring import Figure

from bot.jobs.pool_sampler import Costs
from bot.jobs.pool_samples import Look, Samples
from bot.jobs.usage_day import PersonSums, UsageDay
from bot.jobs.usage_look import PARTS, NodeLook, ServerLook, UsageLook
from bot.jobs.usage_records import UsageRecords
from bot.runtime.leases import Lease
from bot.store.database import Database
from bot.store.tables import usage_days, usage_people
from bot.store.timestamps import written
from cards.adaptive import render
from cards.pages import all_pages
from commands.framework.command import Level
from commands.nodes import cost
from commands.nodes.arguments import Days, Division
from commands.ports.context import Caller, Reads
from commands.ports.usage import CostRules, DiskPrice

_PEOPLE, _DAYS, _ROUNDS = 5_000, 30, 7
_LOOKS = 288
_SIZE, _CLASS = "Standard_E8s_v5", "managed-csi"
_NOW = datetime(2026, 11, 30, 12, 2, tzinfo=UTC)
_NAMES = [f"person.{number:05}@example.org" for number in range(1, _PEOPLE + 1)]
_ROW = ("day", "person", "profile", "size", "looks", "share")


async def person_cost() -> list[Figure]:
    """Return the figures of the answer's time and of a day's records, and print what they are made of."""
    days = _month()
    with tempfile.TemporaryDirectory() as folder:
        ours, plain = Database(f"sqlite:///{folder}/ours.sqlite"), Database(f"sqlite:///{folder}/rows.sqlite")
        ours.migrate()
        empty = ours.run_now(_size)
        largest = ours.run_now(lambda connection: _fill(connection, days))
        grown = (ours.run_now(_size) - empty) / _DAYS
        plain.run_now(lambda connection: _fill_rows(connection, days))
        rows = plain.run_now(_size) / _DAYS
        costs = _costs(ours)
        answer, card = await _best(lambda: _answer(costs)), await _best(lambda: _shown(costs))
        busy = await _best(lambda: _answer(costs), time.process_time)
        added = await _best(lambda: plain.run(_sums))
        look = await _time_of(lambda: _add(costs))
        for one in (ours, plain):
            one.close()
    print(f"  a day's records: {largest / 1_000:.1f} kB; the file grows by {grown / 1_000:.1f} kB, names included")
    print(f"  as a row for each person and day: {rows / 1_000:.1f} kB a day, {rows / grown:.1f} times as much")
    print(f"  the answer: {answer:.3f} s, {busy:.3f} s of CPU; with its first card: {card:.3f} s")
    print(f"  the bare sum of such rows: {added:.3f} s; the answer takes {answer / added:.1f} times as long")
    print(f"  another look at all of them, added to a full day: {look:.3f} s, once in five minutes")
    return [
        Figure("cost by person, 5,000 people, 30 days: the answer", answer, 1.0, "s"),
        Figure("the records of a day of 5,000 people", largest / 1_000, 100.0, "kB"),
    ]


def _month() -> dict[date, UsageDay]:
    chance = random.Random(1)  # noqa: S311 - made-up hours
    return {_NOW.date() - timedelta(days=ago): _day(chance) for ago in range(_DAYS)}


def _day(chance: random.Random) -> UsageDay:
    nodes = {("users", _SIZE): [300 * PARTS * _LOOKS, 200 * PARTS * _LOOKS, 100 * PARTS * _LOOKS]}
    day, everybody = UsageDay(_LOOKS, nodes=nodes, home_days=1), range(1, _PEOPLE + 1)
    day.homes[_CLASS, 10] = PersonSums()
    day.homes[_CLASS, 10].add(everybody, repeat(1, _PEOPLE), repeat(0, _PEOPLE))
    for number in everybody:
        looks, share = chance.randint(1, _LOOKS), chance.randint(1_000, 30_000)
        its = day.servers.setdefault((f"profile-{chance.randint(1, 5)}", _SIZE), PersonSums())
        its.add((number,), (looks,), (looks * share,))
    return day


def _fill(connection: sa.Connection, days: dict[date, UsageDay]) -> int:
    """Store the month. Return the size of its largest day."""
    people = [{"number": place, "name": name, "seen": f"{_NOW:%F}"} for place, name in enumerate(_NAMES, 1)]
    connection.execute(usage_people.insert(), people)
    stored = [{"day": f"{day}", "began": written(_NOW), "content": its.written()} for day, its in days.items()]
    connection.execute(usage_days.insert(), stored)
    return max(len(cast("bytes", one["content"])) for one in stored)


def _fill_rows(connection: sa.Connection, days: dict[date, UsageDay]) -> None:
    connection.execute(sa.text(f"CREATE TABLE use ({', '.join(_ROW)}, PRIMARY KEY (day, person, profile, size))"))
    rows = [
        dict(zip(_ROW, (f"{day}", _NAMES[number - 1], profile, size, looks, sums.second[number]), strict=True))
        for day, its in days.items()
        for (profile, size), sums in its.servers.items()
        for number, looks in sums.first.items()
    ]
    connection.execute(sa.table("use", *map(sa.column, _ROW)).insert(), rows)


def _sums(connection: sa.Connection) -> int:
    return len(connection.execute(sa.text("SELECT person, size, sum(looks), sum(share) FROM use GROUP BY 1, 2")).all())


def _size(connection: sa.Connection) -> int:
    """Return the size of the database, whether it is in its file yet or not."""
    pages, size = (connection.execute(sa.text(f"PRAGMA {name}")).scalar_one() for name in ("page_count", "page_size"))
    return int(pages * size)


def _costs(database: Database) -> Costs:
    usage, lease = UsageRecords(database, ZoneInfo("UTC"), timedelta(days=400)), Lease(database, "sampler", "bot-0")
    costs = Costs(Samples(database), usage, lease, "EUR", {_SIZE: Decimal("0.504")})
    costs.looked.set()
    return costs


async def _answer(costs: Costs) -> None:
    await cost.run(cost.Args(Division("user"), Days("30")), _reads(costs))


async def _shown(costs: Costs) -> None:
    view = await cost.run(cost.Args(Division("user"), Days("30")), _reads(costs))
    render(all_pages(view)[0])


def _reads(costs: Costs) -> Reads:
    """Return what the command reads, and nothing else."""
    rules = CostRules(disks={_CLASS: DiskPrice(tiers=((16, Decimal("1.20")),))})
    priced = SimpleNamespace(currency=costs.currency, prices=costs.prices, rules=rules, used=costs.used)
    return cast("Reads", SimpleNamespace(caller=Caller("", "Olu", Level.OPERATOR), cost=priced, now=_NOW))


async def _add(costs: Costs) -> None:
    servers = tuple(ServerLook(name, "profile-1", _SIZE, 6_000) for name in _NAMES)
    look = UsageLook(servers, (NodeLook("users", _SIZE, 300, 300 * PARTS, 0),))
    nodes = [Look("users", _SIZE, 300)]
    assert await costs.samples.keep(_NOW, nodes, lambda one: costs.usage.add(one, _NOW, look))  # noqa: S101


async def _best(work: Callable[[], Awaitable[object]], clock: Callable[[], float] = time.monotonic) -> float:
    """Return the shortest of several times: what else the machine does only adds to it."""
    return min([await _time_of(work, clock) for _ in range(_ROUNDS)])


async def _time_of(work: Callable[[], Awaitable[object]], clock: Callable[[], float] = time.monotonic) -> float:
    begun = clock()
    await work()
    return clock() - begun
