"""Tests of the hub in the store: an outcome each, and whether anything may be left of its user."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Final

import sqlalchemy as sa

from bot.store.database import Database
from bot.store.tables import hub_tests
from bot.store.timestamps import read, read_or_none, written
from commands.ports.hub_tests import HubTestRecord, HubTestRules

# How long a test is remembered whose user is gone.
_KEPT: Final = timedelta(days=400)
_LONGEST_CAUSE: Final = 2_000


class HubTests:
    """The tests of one hub: `HubTestReads` and `HubTestRecords` of `commands.ports.hub_tests`.

    `of` returns the tests of another hub by its name, None where there is no such hub.
    """

    def __init__(
        self, database: Database, rules: HubTestRules, of: "Callable[[str], HubTests | None]" = lambda _: None
    ) -> None:
        self._database = database
        self._rules = rules
        self._of = of

    @property
    def rules(self) -> HubTestRules:
        """The settings."""
        return self._rules

    async def left(self) -> Sequence[HubTestRecord]:
        """Return the tests of whose user something may be left, the oldest first."""
        there = sa.select(hub_tests).where(sa.not_(hub_tests.c.removed)).order_by(hub_tests.c.began)
        return await self._records(there)

    async def recent(self, limit: int = 10) -> Sequence[HubTestRecord]:
        """Return the tests that were begun last, the newest first."""
        return await self._records(sa.select(hub_tests).order_by(hub_tests.c.began.desc()).limit(limit))

    async def passed_elsewhere(self, tag: str) -> HubTestRecord | None:
        """Return the last test of that tag on the hub `rules.required_on`, if it passed; else None."""
        other = self._of(self._rules.required_on)
        last = await other.last(tag) if other else None
        return last if last and last.passed else None

    async def last(self, tag: str) -> HubTestRecord | None:
        """Return the last test of that tag that has ended, None if there is none."""
        its = sa.and_(hub_tests.c.tag == tag, hub_tests.c.ended != "")
        found = await self._records(sa.select(hub_tests).where(its).order_by(hub_tests.c.ended.desc()).limit(1))
        return next(iter(found), None)

    async def begin(self, record: HubTestRecord) -> None:
        """Store a test that begins. One of that operation stays as it is. Forget very old ones."""
        its = hub_tests.c.operation == record.operation
        old = sa.and_(hub_tests.c.removed, hub_tests.c.began < written(record.began - _KEPT))

        def work(connection: sa.Connection) -> None:
            if connection.execute(sa.select(hub_tests.c.operation).where(its)).first() is None:
                connection.execute(hub_tests.insert().values(_row_of(record)))
                connection.execute(hub_tests.delete().where(old))

        await self._database.run(work)

    async def end(self, record: HubTestRecord) -> None:
        """Store how a test ended; again, it stays as it is."""
        its = sa.and_(hub_tests.c.operation == record.operation, hub_tests.c.ended == "")
        names = ("ended", "seconds", "failed", "cause")
        values = {name: value for name, value in _row_of(record).items() if name in names}
        await self._database.run(lambda connection: connection.execute(hub_tests.update().where(its).values(values)))

    async def remove(self, operations: Sequence[str]) -> None:
        """Note that nothing is left of the users of these tests."""
        if operations:
            its = hub_tests.c.operation.in_(list(operations))
            update = hub_tests.update().where(its).values(removed=True)
            await self._database.run(lambda connection: connection.execute(update))

    async def _records(self, query: "sa.Select[Any]") -> Sequence[HubTestRecord]:
        rows = await self._database.run(lambda connection: connection.execute(query).all())
        return [_record(row) for row in rows]


def _row_of(record: HubTestRecord) -> dict[str, object]:
    return {
        **vars(record),
        "began": written(record.began),
        "ended": written(record.ended) if record.ended else "",
        "cause": record.cause[:_LONGEST_CAUSE],
    }


def _record(row: "sa.Row[Any]") -> HubTestRecord:
    return HubTestRecord(
        operation=row.operation,
        began=read(row.began),
        by=row.by,
        tag=row.tag,
        profile=row.profile,
        ended=read_or_none(row.ended),
        seconds=row.seconds,
        failed=row.failed,
        cause=row.cause,
        removed=row.removed,
    )
