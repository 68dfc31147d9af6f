"""The buttons of an alert's card: acknowledge and snooze."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot.access.access import Access
from bot.alerts.card import ACKNOWLEDGE, SNOOZE
from bot.alerts.service import AlertService
from bot.audit.entry import Audit, AuditEntry, AuditEvent
from bot.changes import replies
from bot.changes.approval_card import not_counted
from bot.changes.model import Decision
from bot.chat.platform import Click
from bot.instrumentation.outcomes import Outcome
from cards.pages import only_turning
from cards.views import Notice, Tone, View
from clients.errors import Unavailable
from commands.framework.command import Level

_LOG = logging.getLogger("jhub_bot.alerts")


SNOOZED_FOR: Final = timedelta(hours=4)


class AlertActions:
    """Handler of the buttons that only alerts have."""

    def __init__(self, service: AlertService, access: Access, audit: Audit, now: Callable[[], datetime]) -> None:
        self._service = service
        self._access = access
        self._audit = audit
        self._now = now

    @property
    def clicks(self) -> Mapping[str, Callable[[Click], Awaitable[View]]]:
        """Handlers by the verb of the button."""
        return {SNOOZE: self._pressed, ACKNOWLEDGE: self._pressed}

    async def _pressed(self, click: Click) -> View:
        alert = click.data.get("alert", "")
        before = await self._service.view(alert)
        if before is None:
            return Notice("This card is no longer active", not_counted(Decision.UNKNOWN, None), Tone.WARNING)
        if refusal := await self._may_not(click, alert):
            shown = await self._looked_at(click, before)
            return replace(shown, text=f"{refusal}\n{shown.text}", buttons=only_turning(shown.buttons))
        await self._audit.write(_entry(click, alert, AuditEvent.CONFIRMED, self._now()))
        await self._done(click, alert)
        return await self._service.view(alert) or before

    async def view(self, click: Click, page: int) -> Notice | None:
        """Return the card of the alert that a button belongs to, or None for an unknown alert.

        Whoever may not look at alerts gets a notice that it is hidden.
        """
        view = await self._service.view(click.data.get("alert", ""), page)
        return view and await self._looked_at(click, view)

    async def _looked_at(self, click: Click, view: Notice) -> Notice:
        try:
            level = await self._access.level(click.sender, fresh=False)
        except Unavailable:
            level = Level.ANYONE
        return view if level >= Level.VIEWER else replies.hidden(self._access.way_in(Level.VIEWER))

    async def _done(self, click: Click, alert: str) -> None:
        if click.verb == SNOOZE:
            await self._service.snooze(alert, self._now() + SNOOZED_FOR, click.sender.name)
        else:
            await self._service.acknowledge(alert, click.sender.name)

    async def _may_not(self, click: Click, alert: str) -> str:
        """Return why the person may not press the button, or an empty string if they may. Record a refusal."""
        try:
            level = await self._access.level(click.sender, fresh=True)
        except Unavailable as error:
            _LOG.warning("a click by %s was refused: %s", click.sender.object_id, error)
            return replies.unchecked(error)
        if level >= Level.OPERATOR:
            return ""
        refused = _entry(click, alert, AuditEvent.REFUSED, self._now())
        await self._audit.write(replace(refused, outcome=Outcome.REFUSED))
        return f"{replies.needs('acknowledge or snooze alerts', Level.OPERATOR)} Nothing was changed."


def _entry(click: Click, alert: str, event: AuditEvent, now: datetime) -> AuditEntry:
    return AuditEntry.of(
        click.sender,
        event,
        key=f"alert {alert} {click.id} {event.value}",
        at=now,
        conversation=click.conversation.id,
        detail={"alert": alert, "pressed": click.verb},
    )
