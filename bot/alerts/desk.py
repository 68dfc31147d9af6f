"""Alerts as commands and buttons see them: what there is, who gets it, who sees to it."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot import answers
from bot.access import Access
from bot.alerts import life
from bot.alerts.card import ACKNOWLEDGE, SNOOZE, card
from bot.alerts.finding import Finding, Severity
from bot.alerts.life import Alert, Stage
from bot.approvals import not_counted
from bot.audit import Audit, Entry, Event
from bot.chat import Click, Places
from bot.outcomes import Outcome
from bot.store.alerts import Alerts, Subscription
from bot.store.changes import Changes, Decision
from cards.pages import only_turning
from cards.views import Notice, Tone, View
from clients.errors import Unavailable
from commands.reads import AlertChannel, AlertSeen
from commands.spec import Level

_LOG = logging.getLogger("jhub_bot.alerts")

SNOOZED_FOR: Final = timedelta(hours=4)
_ID: Final = 8


class Desk:
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

    async def open(self) -> Sequence[AlertSeen]:
        """Those that people were told of and that are not over, the worst first."""
        living = [one for one in await self._alerts.current(self._now()) if one.stage is Stage.OPEN]
        return [_seen(one) for one in sorted(living, key=lambda alert: (-alert.severity, alert.since))]

    async def recent(self, limit: int = 20) -> Sequence[AlertSeen]:
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
        return await self._changed(alert, lambda known: life.snoozed(known, until, name))

    async def acknowledge(self, alert: str, name: str) -> bool:
        """Say on its card who sees to it; False where it is over."""
        return await self._changed(alert, lambda known: life.acknowledged(known, name))

    async def test(self, operation: str, name: str) -> str:
        """Raise an alert that is only a test, once for the change `operation`; its id."""
        made, now = operation[:_ID], self._now()
        if await self._alerts.get(made) is None:
            cause = f"{name} asked for it, to check that alerts arrive here. It resolves automatically in a minute."
            finding = Finding(f"test {made}", Severity.WARNING, "This is only a test", cause)
            fresh = Alert(made, "test", finding, Stage.OPEN, now, now, told=now, test=True, version=1)
            await self._alerts.keep([fresh], [], now)
            self.changed()
        return made

    async def _changed(self, alert: str, change: Callable[[Alert], Alert]) -> bool:
        known = await self._alerts.get(alert)
        if known is None or known.stage is not Stage.OPEN:
            return False
        await self._alerts.keep([change(known)], [], self._now())
        self.changed()
        return True

    async def view(self, alert: str, page: int = 1) -> Notice | None:
        """What the alert's card shows now; None for an alert that nobody knows."""
        known = await self._alerts.get(alert)
        return card(known, self._now(), page) if known else None


class Buttons:
    """Deals with the buttons that only alerts have."""

    def __init__(self, desk: Desk, access: Access, audit: Audit, now: Callable[[], datetime]) -> None:
        self._desk = desk
        self._access = access
        self._audit = audit
        self._now = now

    @property
    def clicks(self) -> Mapping[str, Callable[[Click], Awaitable[View]]]:
        """What deals with which button."""
        return {SNOOZE: self._pressed, ACKNOWLEDGE: self._pressed}

    async def _pressed(self, click: Click) -> View:
        alert = click.data.get("alert", "")
        before = await self._desk.view(alert)
        if before is None:
            return Notice("This card is no longer active", not_counted(Decision.UNKNOWN, None), Tone.WARNING)
        if refusal := await self._may_not(click, alert):
            shown = await self._looked_at(click, before)
            return replace(shown, text=f"{refusal}\n{shown.text}", buttons=only_turning(shown.buttons))
        await self._audit.write(_entry(click, alert, Event.CONFIRMED, self._now()))
        await self._done(click, alert)
        return await self._desk.view(alert) or before

    async def view(self, click: Click, page: int) -> Notice | None:
        """The alert that a button stands on, for who may look at alerts; None for one that nobody knows."""
        view = await self._desk.view(click.data.get("alert", ""), page)
        return view and await self._looked_at(click, view)

    async def _looked_at(self, click: Click, view: Notice) -> Notice:
        try:
            level = await self._access.level(click.sender, fresh=False)
        except Unavailable:
            level = Level.ANYONE
        return view if level >= Level.VIEWER else answers.hidden(self._access.way_in(Level.VIEWER))

    async def _done(self, click: Click, alert: str) -> None:
        if click.verb == SNOOZE:
            await self._desk.snooze(alert, self._now() + SNOOZED_FOR, click.sender.name)
        else:
            await self._desk.acknowledge(alert, click.sender.name)

    async def _may_not(self, click: Click, alert: str) -> str:
        """Why this person may not; empty if they may. A refusal is on record."""
        try:
            level = await self._access.level(click.sender, fresh=True)
        except Unavailable as error:
            _LOG.warning("a click by %s was refused: %s", click.sender.object_id, error)
            return answers.unchecked(error)
        if level >= Level.OPERATOR:
            return ""
        refused = _entry(click, alert, Event.REFUSED, self._now())
        await self._audit.write(replace(refused, outcome=Outcome.REFUSED))
        return f"{answers.needs('acknowledge or snooze alerts', Level.OPERATOR)} Nothing was changed."


def _entry(click: Click, alert: str, event: Event, now: datetime) -> Entry:
    return Entry(
        key=f"alert {alert} {click.id} {event.value}",
        at=now,
        event=event,
        object_id=click.sender.object_id,
        name=click.sender.name,
        conversation=click.conversation.id,
        command="",
        detail={"alert": alert, "pressed": click.verb},
    )


def _seen(alert: Alert) -> AlertSeen:
    return AlertSeen(
        id=alert.id,
        watcher=alert.watcher,
        severity=alert.severity.title,
        title=f"Test: {alert.finding.title}" if alert.test else alert.finding.title,
        cause=alert.finding.cause,
        since=alert.since,
        over=alert.over if alert.stage is Stage.OVER else None,
        snoozed_until=alert.snoozed_until,
        seen_to_by=alert.acknowledged_by,
        flapping=alert.flapping,
    )
