"""Shows alerts where they are wanted: one card each, edited while it lives, and a short word at its end.

What should be shown and what is shown are both on record; the difference is made good, however often the bot starts.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from bot.alerts.card import back, card, ended
from bot.alerts.finding import Severity
from bot.alerts.life import Alert, Stage
from bot.chat import Places, Posted
from bot.store.alerts import AlertCard, Alerts, Overview, Subscription

_LOG = logging.getLogger("jhub_bot.alerts")

_MOST_KEPT: Final = 1_000


class Delivery:
    """Brings the cards of all alerts up to date. Only one replica does, at a time."""

    def __init__(
        self,
        alerts: Alerts,
        places: Places,
        is_quiet: Callable[[str, datetime], bool] = lambda _conversation, _moment: False,
    ) -> None:
        self._alerts = alerts
        self._places = places
        self._is_quiet = is_quiet
        self._posted: dict[tuple[str, str], Posted] = {}

    async def deliver(self, there: Overview, now: datetime) -> None:
        """Show what is not shown yet. Raises Unavailable of the store."""
        cards = {(one.alert, one.place): one for one in there.cards}
        for alert in there.alerts:
            for wanted in there.subscriptions:
                if (alert.id, wanted.place) not in cards and self._is_news(alert, wanted, now):
                    await self._post(alert, wanted.place, now)
        by_id = {alert.id: alert for alert in there.alerts}
        for known in cards.values():
            its = by_id.get(known.alert) or await self._alerts.get(known.alert)
            if its is not None and (known.shown < its.version or self._has_no_id(known)):
                await self._update(its, known, now)

    def _is_news(self, alert: Alert, wanted: Subscription, now: datetime) -> bool:
        if alert.stage is not Stage.OPEN or alert.is_snoozed(now) or not (wanted.wants(alert) or alert.test):
            return False
        return alert.severity is Severity.CRITICAL or not self._is_quiet(wanted.conversation, now)

    async def _post(self, alert: Alert, place: str, now: datetime) -> None:
        posted = await self._places(place).post(card(alert, now))
        self._remember((alert.id, place), posted)
        await self._alerts.put_card(AlertCard(alert.id, place, posted.id, alert.version))

    def _has_no_id(self, known: AlertCard) -> bool:
        posted = self._posted.get((known.alert, known.place))
        return not known.card and posted is not None and bool(posted.id)

    async def _update(self, alert: Alert, known: AlertCard, now: datetime) -> None:
        posted = self._posted.get((known.alert, known.place))
        if posted is None and not known.card:
            # Whether it was ever posted died with the process that tried: better twice than never.
            await self._post(alert, known.place, now)
            return
        posted = posted or self._places(known.place).card(known.card)
        # Never finished: what is over may come back, on the same card.
        posted.update(card(alert, now))
        self._remember((known.alert, known.place), posted)
        over = alert.stage is Stage.OVER
        turned = over is not known.replied
        await self._alerts.put_card(replace(known, card=posted.id, shown=alert.version, replied=over))
        if turned:
            await self._places(known.place).post(ended(alert) if over else back(alert))

    def _remember(self, key: tuple[str, str], posted: Posted) -> None:
        if len(self._posted) >= _MOST_KEPT:
            self._posted.clear()
        self._posted[key] = posted
