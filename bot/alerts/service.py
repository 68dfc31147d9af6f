"""Alerts as commands and buttons see them: what there is, who gets it, who sees to it."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from bot.alerts import lifecycle
from bot.alerts.card import card
from bot.alerts.finding import Finding, Severity
from bot.alerts.lifecycle import Alert, AlertState
from bot.alerts.repository import Alerts, Subscription
from bot.changes.repository import Changes
from bot.chat.platform import Places
from cards.views import Notice
from commands.ports.alerts import AlertChannel, AlertSummary

_LOG = logging.getLogger("jhub_bot.alerts")


_ID: Final = 8


class AlertService:
    """Implements `commands.reads.AlertReads` and `commands.writes.AlertWrites`; `clicks` are its buttons' verbs.

    `changed` is called when a card may have to be edited.
    """

    def __init__(
        self,
        alerts: Alerts,
        changes: Changes,
        watchers: Sequence[str],
        now: Callable[[], datetime],
        places: Places,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._alerts = alerts
        self._changes = changes
        self._places = places
        self._watchers = watchers
        self._now = now
        self.changed = changed

    # Reading

    @property
    def watchers(self) -> Sequence[str]:
        """The names of what is watched."""
        return self._watchers

    async def open(self) -> Sequence[AlertSummary]:
        """Those that people were told of and that are not over, the worst first."""
        living = [one for one in await self._alerts.current(self._now()) if one.stage is AlertState.OPEN]
        return [_seen(one) for one in sorted(living, key=lambda alert: (-alert.severity, alert.since))]

    async def recent(self, limit: int = 20) -> Sequence[AlertSummary]:
        """Those that people were told of, the newest first."""
        return [_seen(one) for one in await self._alerts.recent(limit)]

    async def channels(self) -> Sequence[AlertChannel]:
        """Who gets alerts."""
        listed = await self._alerts.subscriptions()
        return [AlertChannel(one.conversation, one.minimum.title, one.only, one.by) for one in listed]

    # Writing

    async def subscribe(self, operation: str, minimum: str, only: Sequence[str]) -> None:
        """Have alerts go to where the change `operation` was asked for."""
        asked = await self._changes.get(operation)
        if asked is None:
            raise LookupError(f"change {operation} is not on record")
        severity, by = Severity[minimum.upper()], asked.requester.name
        # Not the thread in which it was typed: the channel, in which each alert begins one of its own.
        own = self._places(asked.place).own
        await self._alerts.subscribe(Subscription(own.id, own.address, severity, tuple(only), by, self._now()))
        self.changed()

    async def unsubscribe(self, operation: str) -> bool:
        """Have none go there any more; False where none did."""
        asked = await self._changes.get(operation)
        return asked is not None and await self._alerts.unsubscribe(self._places(asked.place).own.id)

    async def forget(self, covers: Callable[[str], bool]) -> None:
        """Have nothing go any more to the places whose addresses these are: the bot was removed from them."""
        there = await self._alerts.overview(self._now())
        # Cards may also be where alerts are not wanted any more: there is nobody left to edit them for.
        places = {*(one.place for one in there.subscriptions), *(one.place for one in there.cards)}
        gone = {place for place in places if covers(place)}
        for place in sorted(gone):
            await self._alerts.lose(place, self._now())
        if gone and there.subscriptions and all(one.place in gone for one in there.subscriptions):
            _LOG.error("the bot was removed from every conversation that gets alerts: nobody hears of them")
        self.changed()

    async def snooze(self, alert: str, until: datetime, name: str) -> bool:
        """Say no more of an alert until then, unless it becomes worse; False where it is over."""
        return await self._changed(alert, lambda known: lifecycle.snoozed(known, until, name))

    async def acknowledge(self, alert: str, name: str) -> bool:
        """Say on its card who sees to it; False where it is over."""
        return await self._changed(alert, lambda known: lifecycle.acknowledged(known, name))

    async def test(self, operation: str, name: str) -> str:
        """Raise an alert that is only a test, once for the change `operation`; its id."""
        made, now = operation[:_ID], self._now()
        if await self._alerts.get(made) is None:
            cause = f"{name} asked for it, to check that alerts arrive here. It resolves automatically in a minute."
            finding = Finding(f"test {made}", Severity.WARNING, "This is only a test", cause)
            fresh = Alert(made, "test", finding, AlertState.OPEN, now, now, told=now, test=True, version=1)
            await self._alerts.keep([fresh], [], now)
            self.changed()
        return made

    async def _changed(self, alert: str, change: Callable[[Alert], Alert]) -> bool:
        known = await self._alerts.get(alert)
        if known is None or known.stage is not AlertState.OPEN:
            return False
        await self._alerts.keep([change(known)], [], self._now())
        self.changed()
        return True

    async def view(self, alert: str, page: int = 1) -> Notice | None:
        """What the alert's card shows now; None for an alert that nobody knows."""
        known = await self._alerts.get(alert)
        return card(known, self._now(), page) if known else None


def _seen(alert: Alert) -> AlertSummary:
    return AlertSummary(
        id=alert.id,
        watcher=alert.watcher,
        severity=alert.severity.title,
        title=f"Test: {alert.finding.title}" if alert.test else alert.finding.title,
        cause=alert.finding.cause,
        since=alert.since,
        over=alert.over if alert.stage is AlertState.OVER else None,
        snoozed_until=alert.snoozed_until,
        seen_to_by=alert.acknowledged_by,
        flapping=alert.flapping,
    )
