"""The parts that watch one hub and tell of it: the engine with its watchers, and what commands and buttons see."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from bot.alerts.engine import Engine
from bot.alerts.notifier import Notifier
from bot.alerts.repository import Alerts
from bot.alerts.routing import Routing, rules
from bot.alerts.service import AlertService
from bot.alerts.wakeup import EngineWakeup
from bot.alerts.watchers import watchers
from bot.changes.repository import Changes
from bot.chat.platform import Places
from bot.config.alerts import AlertsSection
from bot.config.types import ConfigError
from bot.instrumentation.meter import Meter
from bot.runtime.leases import Lease
from bot.secrets.reader import Secrets
from clients.heartbeat import SYSTEM as HEARTBEAT
from clients.heartbeat import Heartbeat
from commands.ports.context import Reads


@dataclass(frozen=True)
class AlertParts:
    """The parts of a hub that its alerts use, there before what commands see of the hub.

    Whoever changes what alerts are about rings by `wakeup`.
    """

    alerts: Alerts
    places: Places
    now: Callable[[], datetime]
    wakeup: EngineWakeup = field(default_factory=EngineWakeup)

    def service(self, changes: Changes) -> AlertService:
        """Build what commands and buttons see of alerts."""
        names = [one.name for one in watchers()]
        return AlertService(self.alerts, changes, names, self.now, self.places, self.wakeup.ring)


def build_engine(
    parts: AlertParts, section: AlertsSection, reads: Callable[[], Reads], lease: Lease, meter: Meter, pace: float
) -> Engine:
    """Build the engine. Raise ConfigError for rules about what nobody watches."""
    return Engine(
        watchers=watchers(),
        reads=reads,
        alerts=parts.alerts,
        lease=lease,
        delivery=Notifier(parts.alerts, parts.places, _rules(section), meter),
        now=parts.now,
        pace=pace,
        wakeup=parts.wakeup,
    )


def heartbeat_of(section: AlertsSection, secrets: Secrets) -> Heartbeat | None:
    """Build what reports to the dead man's switch; None where none is configured."""
    url = section.place_of("heartbeat_url")
    return None if url is None else Heartbeat(secrets.of(url, HEARTBEAT))


def _rules(section: AlertsSection) -> Routing:
    try:
        return rules(section, [one.name for one in watchers()])
    except ValueError as error:
        raise ConfigError(f"alerts: {error}") from None
