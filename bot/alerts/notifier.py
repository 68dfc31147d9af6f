"""Delivery of alerts to conversations: one card each, edited while it lasts, and a short message at its end.

What should be shown and what is shown are both in the store; the difference is made good, however often the bot starts.
A conversation that the platform says is gone is unsubscribed, and that is reported like everything else. An alert that
may not have arrived is posted again: twice is better than never.
"""

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot.alerts.card import back, card, ended, worse
from bot.alerts.finding import Severity
from bot.alerts.lifecycle import Alert, AlertState
from bot.alerts.repository import AlertCard, Alerts, Overview, Subscription
from bot.alerts.routing import Routing
from bot.chat.platform import Places, Posted
from bot.instrumentation.meter import UNCOUNTED, Meter
from cards.views import Notice

_LOG = logging.getLogger("jhub_bot.alerts")

_MOST_KEPT: Final = 1_000
# What the platform refused is tried again after so long, for as long as there is something to show.
_AGAIN: Final = timedelta(minutes=1)


class Notifier:
    """Keeper of the cards of all alerts. Only one replica delivers at a time."""

    def __init__(
        self, alerts: Alerts, places: Places, routing: Routing | None = None, meter: Meter = UNCOUNTED
    ) -> None:
        self._alerts = alerts
        self._meter = meter
        self._places = places
        self._routing = routing or Routing()
        self._posted: dict[tuple[str, str], Posted] = {}
        self._posting: set[asyncio.Task[None]] = set()
        self._tried: dict[tuple[str, str], datetime] = {}
        # Those whose cards may not be there, and which are said anew.
        self._insisted: set[tuple[str, str]] = set()

    async def deliver(self, there: Overview, now: datetime) -> None:
        """Show what is not shown yet. Raise Unavailable of the store."""
        lost = await self._lose(there, now)
        cards = {(one.alert, one.place): one for one in there.cards if one.place not in lost}
        wanting = [self._routing.effective(one) for one in there.subscriptions if one.place not in lost]
        for alert in there.alerts:
            for wanted in wanting:
                if (alert.id, wanted.place) not in cards and self._is_news(alert, wanted, now):
                    await self._undisturbed(self._post(alert, wanted.place, now))
        by_id = {alert.id: alert for alert in there.alerts}
        for known in cards.values():
            its = by_id.get(known.alert) or await self._alerts.get(known.alert)
            if its is not None and self._is_behind(its, known, now):
                await self._undisturbed(self._update(its, known, now))

    async def settled(self) -> None:
        """Return once everything that is being posted is in the store."""
        await asyncio.gather(*self._posting, return_exceptions=True)

    async def _undisturbed(self, work: Coroutine[object, object, None]) -> None:
        """Finish the work even if the engine is stopped in between: posted and not recorded would be posted again."""
        await asyncio.shield(self._start(work))

    def _start(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._posting.add(task)
        task.add_done_callback(self._posting.discard)
        return task

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
        if alert.stage is not AlertState.OPEN or alert.is_snoozed(now) or not (wanted.wants(alert) or alert.test):
            return False
        return self._may_be_loud(alert, wanted.conversation, now)

    def _may_be_loud(self, alert: Alert, conversation: str, now: datetime) -> bool:
        return alert.severity is Severity.CRITICAL or not self._routing.is_quiet(conversation, now)

    async def _post(self, alert: Alert, place: str, now: datetime) -> None:
        posted = await self._places(place).post(card(alert, now))
        self._remember((alert.id, place), posted)
        self._tried[alert.id, place] = now
        self._insisted.discard((alert.id, place))
        shown = AlertCard(alert.id, place, posted.id, alert.version, told=alert.finding.weight)
        await self._alerts.put_card(shown)
        self._meter.posted(alert.watcher, alert.severity.title)

    def _is_behind(self, alert: Alert, known: AlertCard, now: datetime) -> bool:
        posted = self._posted.get((known.alert, known.place))
        got_its_id = not known.card and posted is not None and bool(posted.id)
        if known.shown < alert.version or got_its_id or self._word(alert, known) is not None:
            return True
        return posted is not None and (self._is_due(known, posted, now) or self._is_unsure(known, posted))

    def _is_due(self, known: AlertCard, posted: Posted, now: datetime) -> bool:
        """Return True if something was refused, and long enough ago to be tried again."""
        tried = self._tried.get((known.alert, known.place))
        return posted.is_lost and (tried is None or now - tried >= _AGAIN)

    def _is_unsure(self, known: AlertCard, posted: Posted) -> bool:
        """Return True if nobody knows that the card is there, and it is not being posted anew."""
        told = bool(known.card or posted.id) or posted.is_lost
        return not told and (known.alert, known.place) not in self._insisted

    async def _update(self, alert: Alert, known: AlertCard, now: datetime) -> None:
        key = known.alert, known.place
        posted = self._posted.get(key)
        if not known.card and (posted is None or (posted.is_lost and self._is_due(known, posted, now))):
            # Whether it was ever posted died with the process that tried, or it was refused.
            await self._post(alert, known.place, now)
            return
        place = self._places(known.place)
        lost = posted is not None and posted.is_lost and bool(known.card)
        if posted is None or lost or (key in self._insisted and posted.id):
            # What was said anew was said to the end: it is edited by another.
            posted = place.card(known.card or (posted.id if posted else ""))
            self._insisted.discard(key)
        if lost:
            self._tried[key] = now
        if not posted.id:
            self._insist(key, posted, card(alert, now))
        elif lost or known.shown < alert.version:
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
        over = alert.stage is AlertState.OVER
        told = known.told if over else alert.finding.weight
        await self._alerts.put_card(replace(shown, replied=over, told=told))
        said = await place.below(posted.id).post(word)
        if not said.id:
            # Nobody would miss it who was not told that it came.
            self._start(said.finish(word))

    def _insist(self, key: tuple[str, str], posted: Posted, view: Notice) -> None:
        """Have it shown for certain: a last state is posted anew once the platform answers."""
        self._insisted.add(key)
        self._start(posted.finish(view))

    def _word(self, alert: Alert, known: AlertCard) -> Notice | None:
        """Return the message to post below the card, if any: an edit disturbs nobody, and this should."""
        over = alert.stage is AlertState.OVER
        if alert.stage is AlertState.PENDING:
            return None
        if over is not known.replied:
            return ended(alert) if over else back(alert)
        if alert.stage is AlertState.OPEN and known.told < alert.finding.weight and alert.snoozed_until is None:
            return worse(alert)
        return None

    def _remember(self, key: tuple[str, str], posted: Posted) -> None:
        if len(self._posted) >= _MOST_KEPT:
            self._posted.clear()
            self._tried.clear()
            self._insisted.clear()
        self._posted[key] = posted
