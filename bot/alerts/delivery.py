"""Shows alerts where they are wanted: one card each, edited while it lives, and a short word at its end.

What should be shown and what is shown are both on record; the difference is made good, however often the bot starts.
A conversation that the platform says is gone is taken off the list, and that is told like everything else.
"""

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import replace
from datetime import datetime
from typing import Final

from bot.alerts.card import back, card, ended, worse
from bot.alerts.finding import Severity
from bot.alerts.life import Alert, Stage
from bot.alerts.rules import Rules
from bot.chat import Places, Posted
from bot.meter import UNCOUNTED, Meter
from bot.store.alerts import AlertCard, Alerts, Overview, Subscription
from cards.views import Notice

_LOG = logging.getLogger("jhub_bot.alerts")

_MOST_KEPT: Final = 1_000


class Delivery:
    """Brings the cards of all alerts up to date. Only one replica does, at a time."""

    def __init__(self, alerts: Alerts, places: Places, rules: Rules | None = None, meter: Meter = UNCOUNTED) -> None:
        self._alerts = alerts
        self._meter = meter
        self._places = places
        self._rules = rules or Rules()
        self._posted: dict[tuple[str, str], Posted] = {}
        self._posting: set[asyncio.Task[None]] = set()

    async def deliver(self, there: Overview, now: datetime) -> None:
        """Show what is not shown yet. Raises Unavailable of the store."""
        lost = await self._lose(there, now)
        cards = {(one.alert, one.place): one for one in there.cards if one.place not in lost}
        wanting = [self._rules.wanted(one) for one in there.subscriptions if one.place not in lost]
        for alert in there.alerts:
            for wanted in wanting:
                if (alert.id, wanted.place) not in cards and self._is_news(alert, wanted, now):
                    await self._undisturbed(self._post(alert, wanted.place, now))
        by_id = {alert.id: alert for alert in there.alerts}
        for known in cards.values():
            its = by_id.get(known.alert) or await self._alerts.get(known.alert)
            if its is not None and self._is_behind(its, known):
                await self._undisturbed(self._update(its, known, now))

    async def settled(self) -> None:
        """Return once what is being posted is on record."""
        await asyncio.gather(*self._posting, return_exceptions=True)

    async def _undisturbed(self, work: Coroutine[object, object, None]) -> None:
        """Posted and not on record would be posted again: whoever stops the engine in between does not stop this."""
        task = asyncio.create_task(work)
        self._posting.add(task)
        task.add_done_callback(self._posting.discard)
        await asyncio.shield(task)

    # Conversations that are gone

    async def _lose(self, there: Overview, now: datetime) -> set[str]:
        gone = {place for (_, place), posted in self._posted.items() if posted.is_banished}
        for place in gone:
            await self._alerts.lose(place, now)
            self._posted = {key: one for key, one in self._posted.items() if key[1] != place}
        if gone and all(one.place in gone for one in there.subscriptions):
            _LOG.error("the bot may not write in any conversation that gets alerts any more: nobody hears of them")
        return gone

    # Cards

    def _is_news(self, alert: Alert, wanted: Subscription, now: datetime) -> bool:
        if alert.stage is not Stage.OPEN or alert.is_snoozed(now) or not (wanted.wants(alert) or alert.test):
            return False
        return self._may_be_loud(alert, wanted.conversation, now)

    def _may_be_loud(self, alert: Alert, conversation: str, now: datetime) -> bool:
        return alert.severity is Severity.CRITICAL or not self._rules.is_quiet(conversation, now)

    async def _post(self, alert: Alert, place: str, now: datetime) -> None:
        posted = await self._places(place).post(card(alert, now))
        self._remember((alert.id, place), posted)
        shown = AlertCard(alert.id, place, posted.id, alert.version, told=alert.finding.weight)
        await self._alerts.put_card(shown)
        self._meter.posted(alert.watcher, alert.severity.title)

    def _is_behind(self, alert: Alert, known: AlertCard) -> bool:
        posted = self._posted.get((known.alert, known.place))
        got_its_id = not known.card and posted is not None and bool(posted.id)
        return known.shown < alert.version or got_its_id or self._word(alert, known) is not None

    async def _update(self, alert: Alert, known: AlertCard, now: datetime) -> None:
        posted = self._posted.get((known.alert, known.place))
        if posted is None and not known.card:
            # Whether it was ever posted died with the process that tried: better twice than never.
            await self._post(alert, known.place, now)
            return
        place = self._places(known.place)
        posted = posted or place.card(known.card)
        if known.shown < alert.version:
            # Never finished: what is over may come back, on the same card.
            posted.update(card(alert, now))
        self._remember((known.alert, known.place), posted)
        shown = replace(known, card=posted.id, shown=alert.version)
        word = self._word(alert, known)
        if word is None or not self._may_be_loud(alert, place.id, now):
            # A word that waits for the end of quiet hours is no news in each round until then.
            if shown != known:
                await self._alerts.put_card(shown)
            return
        over = alert.stage is Stage.OVER
        told = known.told if over else alert.finding.weight
        await self._alerts.put_card(replace(shown, replied=over, told=told))
        await place.below(posted.id).post(word)

    def _word(self, alert: Alert, known: AlertCard) -> Notice | None:
        """What is to be said aloud below the card: an edit disturbs nobody, and this should."""
        over = alert.stage is Stage.OVER
        if alert.stage is Stage.PENDING:
            return None
        if over is not known.replied:
            return ended(alert) if over else back(alert)
        if alert.stage is Stage.OPEN and known.told < alert.finding.weight and alert.snoozed_until is None:
            return worse(alert)
        return None

    def _remember(self, key: tuple[str, str], posted: Posted) -> None:
        if len(self._posted) >= _MOST_KEPT:
            self._posted.clear()
        self._posted[key] = posted
