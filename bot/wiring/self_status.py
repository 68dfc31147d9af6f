"""The bot's own status: implements `commands.ports.bot_state.OwnReads`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.alerts.repository import Alerts
from bot.runtime.replicas import Replicas
from commands.ports.bot_state import OwnApp


@dataclass(frozen=True)
class BotStatus:
    """The bot's status by its records and its configuration; without `replicas` it does not look after those."""

    alerts: Alerts
    replicas: Replicas | None = None
    apps: Sequence[OwnApp] = ()

    async def lost(self, since: datetime) -> Sequence[tuple[str, str, datetime]]:
        """Return the conversations that were lost since then: their ids, who had asked for alerts there, and when."""
        return [(one.conversation, one.by, one.at) for one in await self.alerts.lost(since)]

    async def missing(self, since: datetime) -> Sequence[tuple[str, datetime]]:
        """Return the replicas whose work was taken over since then, and when each was last seen."""
        return [] if self.replicas is None else await self.replicas.missing(since)
