"""Alerts, the cards that show them, and who wants them: what every replica finds as the last one left it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from bot.alerts.finding import Severity
from bot.alerts.lifecycle import REMEMBERED, Alert, AlertState
from bot.changes.serialization import dump, load
from bot.store.database import Database
from bot.store.tables import alert_cards, alerts, subscriptions
from bot.store.timestamps import read, written
from cards.times import decoded, encoded

# How long an alert that is over is kept, for looking back.
_KEPT: Final = timedelta(days=90)

# Made once: to make one takes longer than to run it, and each round asks for all of them.
_CURRENT: Final = sa.select(alerts.c.content).where(
    sa.or_(alerts.c.stage != AlertState.OVER.value, alerts.c.over >= sa.bindparam("since"))
)
_WANTED: Final = sa.select(subscriptions).where(subscriptions.c.lost == "").order_by(subscriptions.c.since)
# The messages of alerts that are not told to their end.
_UNFINISHED: Final = (
    sa.select(alert_cards)
    .join(alerts, alerts.c.id == alert_cards.c.alert)
    .where(sa.or_(alerts.c.stage != AlertState.OVER.value, ~alert_cards.c.replied))
)
_OLD: Final = sa.select(alerts.c.id).where(alerts.c.over != "", alerts.c.over < sa.bindparam("since"))
_CHANGE: Final = sa.update(alerts).where(alerts.c.id == sa.bindparam("its"))
_CHANGE_CARD: Final = sa.update(alert_cards).where(
    alert_cards.c.alert == sa.bindparam("of"), alert_cards.c.place == sa.bindparam("at")
)


@dataclass(frozen=True)
class AlertCard:
    """A message that shows an alert. `card` is empty until it is known; `shown` is the version that it shows.

    `replied` is whether its end was told, `told` how bad it was (`Finding.weight`) when it was last told of aloud.
    """

    alert: str
    place: str
    card: str = ""
    shown: int = 0
    replied: bool = False
    told: int = 0


@dataclass(frozen=True)
class Subscription:
    """A conversation that wants alerts: from `minimum` on, of the watchers in `only`, or of all where that is empty."""

    conversation: str
    place: str
    minimum: Severity
    only: tuple[str, ...]
    by: str
    since: datetime

    def wants(self, alert: Alert) -> bool:
        """Whether this alert is one of those."""
        return alert.severity >= self.minimum and (not self.only or alert.watcher in self.only)


@dataclass(frozen=True)
class Lost:
    """A conversation that wanted alerts, at `by`'s wish, until the bot could not write there any more."""

    conversation: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Overview:
    """What there is at one moment: alerts that live or could come back, messages to keep up to date, who wants any."""

    alerts: list[Alert]
    cards: list[AlertCard]
    subscriptions: list[Subscription]


class Alerts:
    """All alerts in the store. Every method raises Unavailable when it cannot be read or written."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def overview(self, now: datetime) -> Overview:
        """All there is to know for a round of watching, as of one moment."""

        def work(connection: sa.Connection) -> Overview:
            return Overview(
                [_alert(row) for row in connection.execute(_CURRENT, _remembered(now)).scalars()],
                # SQLAlchemy's public way to a row's names.
                [AlertCard(**row._mapping) for row in connection.execute(_UNFINISHED)],  # noqa: SLF001 - SQLAlchemy's public way
                [_subscription(row) for row in connection.execute(_WANTED)],
            )

        return await self._database.run(work)

    async def current(self, now: datetime) -> list[Alert]:
        """Those that are not over, and those that would be the same ones again if their trouble came back."""
        return await self._many(_CURRENT, _remembered(now))

    async def recent(self, limit: int) -> list[Alert]:
        """Those that people were told of, the newest first."""
        told = sa.or_(alerts.c.stage == AlertState.OPEN.value, alerts.c.over != "")
        return await self._many(sa.select(alerts.c.content).where(told).order_by(alerts.c.seen.desc()).limit(limit))

    async def get(self, alert: str) -> Alert | None:
        """The alert of that id."""
        found = await self._many(sa.select(alerts.c.content).where(alerts.c.id == alert))
        return found[0] if found else None

    async def keep(self, changed: Sequence[Alert], dropped: Sequence[str], now: datetime) -> None:
        """Write what became of some alerts, and forget others, all at once."""

        def work(connection: sa.Connection) -> None:
            for alert in changed:
                _put(connection, alert)
            old = connection.execute(_OLD, {"since": written(now - _KEPT)}).scalars().all()
            for one in (*dropped, *old):
                connection.execute(alert_cards.delete().where(alert_cards.c.alert == one))
                connection.execute(alerts.delete().where(alerts.c.id == one))

        await self._database.run(work)

    async def _many(self, query: "sa.Select[Any]", given: Mapping[str, str] | None = None) -> list[Alert]:
        rows = await self._database.run(lambda connection: connection.execute(query, given).scalars().all())
        return [_alert(row) for row in rows]

    # Cards

    async def put_card(self, card: AlertCard) -> None:
        """Remember a message."""
        values = vars(card)
        its = {"of": card.alert, "at": card.place}

        def work(connection: sa.Connection) -> None:
            if not connection.execute(_CHANGE_CARD, its | values).rowcount:
                connection.execute(alert_cards.insert().values(values))

        await self._database.run(work)

    # Subscriptions

    async def subscriptions(self) -> list[Subscription]:
        """Who wants alerts."""
        rows = await self._database.run(lambda connection: connection.execute(_WANTED).all())
        return [_subscription(row) for row in rows]

    async def subscribe(self, wanted: Subscription) -> None:
        """Have alerts go to a conversation, as it wants them from now on."""
        values = vars(wanted) | {
            "minimum": int(wanted.minimum),
            "only": ",".join(wanted.only),
            "since": written(wanted.since),
            "lost": "",
        }

        def work(connection: sa.Connection) -> None:
            connection.execute(subscriptions.delete().where(subscriptions.c.conversation == wanted.conversation))
            connection.execute(subscriptions.insert().values(values))

        await self._database.run(work)

    async def unsubscribe(self, conversation: str) -> bool:
        """Have none go there any more; False where none did."""
        its = subscriptions.delete().where(subscriptions.c.conversation == conversation, subscriptions.c.lost == "")
        return await self._database.run(lambda connection: connection.execute(its).rowcount > 0)

    async def lose(self, place: str, now: datetime) -> Lost | None:
        """Have nothing go to a place any more, to which nothing can go; what was lost, None where nothing was."""
        its = sa.and_(subscriptions.c.place == place, subscriptions.c.lost == "")

        def work(connection: sa.Connection) -> Lost | None:
            connection.execute(alert_cards.delete().where(alert_cards.c.place == place))
            row = connection.execute(sa.select(subscriptions).where(its)).first()
            if row is None:
                return None
            connection.execute(sa.update(subscriptions).where(its).values(lost=written(now)))
            return Lost(row.conversation, row.by, now)

        return await self._database.run(work)

    async def lost(self, since: datetime) -> list[Lost]:
        """The conversations that were lost since then, and have not been found again."""
        its = sa.select(subscriptions).where(subscriptions.c.lost >= written(since)).order_by(subscriptions.c.lost)
        rows = await self._database.run(lambda connection: connection.execute(its).all())
        return [Lost(row.conversation, row.by, read(row.lost)) for row in rows]


def _remembered(now: datetime) -> dict[str, str]:
    return {"since": written(now - REMEMBERED)}


def _alert(content: str) -> Alert:
    made: Alert = load(Alert, json.loads(content))
    return decoded(made)


def _put(connection: sa.Connection, alert: Alert) -> None:
    values = {
        "key": alert.key,
        "watcher": alert.watcher,
        "stage": alert.stage.value,
        "seen": written(alert.seen),
        "over": written(alert.over) if alert.over else "",
        "content": json.dumps(dump(Alert, encoded(alert)), ensure_ascii=False),
    }
    if not connection.execute(_CHANGE, {"its": alert.id, **values}).rowcount:
        connection.execute(alerts.insert().values(id=alert.id, **values))


def _subscription(row: "sa.Row[Any]") -> Subscription:
    return Subscription(
        conversation=row.conversation,
        place=row.place,
        minimum=Severity(row.minimum),
        only=tuple(one for one in row.only.split(",") if one),
        by=row.by,
        since=read(row.since),
    )
