"""The life of an alert: opened once its problem has lasted, over once it has been gone for as long. Pure.

What comes back within an hour of its end is the same alert again. One that goes and comes three times within an hour
flaps: that is reported once, and it is over only after half an hour of quiet.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from bot.alerts.finding import Finding, Severity, Watcher

REMEMBERED: Final = timedelta(hours=1)
QUIET: Final = timedelta(minutes=30)
_FLAPS: Final = 3


class AlertState(Enum):
    """Stage of an alert's life."""

    PENDING = "pending"
    OPEN = "open"
    OVER = "over"


@dataclass(frozen=True)
class Alert:
    """One problem. `since` is when it was first seen, `told` when it was opened, `gone` since when it is not seen.

    `turns` are the times at which it came back. `version` grows with everything that its card should show.
    """

    id: str
    watcher: str
    finding: Finding
    stage: AlertState
    since: datetime
    seen: datetime
    told: datetime | None = None
    gone: datetime | None = None
    over: datetime | None = None
    turns: tuple[datetime, ...] = ()
    flapping: bool = False
    snoozed_until: datetime | None = None
    snoozed_by: str = ""
    acknowledged_by: str = ""
    test: bool = False
    version: int = field(default=0)

    @property
    def key(self) -> str:
        """Key of the problem among those of its watcher."""
        return self.finding.key

    @property
    def severity(self) -> Severity:
        """Severity of the latest finding."""
        return self.finding.severity

    def is_snoozed(self, now: datetime) -> bool:
        """Return True while notifications of this alert are snoozed."""
        return self.snoozed_until is not None and now < self.snoozed_until


def begun(alert_id: str, finding: Finding, watcher: Watcher, now: datetime) -> Alert:
    """Return a new alert for a problem that is seen for the first time."""
    fresh = Alert(alert_id, watcher.name, finding, AlertState.PENDING, now, now)
    return fresh if watcher.dwell else _opened(fresh, now)


def seen(alert: Alert, finding: Finding, watcher: Watcher, now: datetime) -> Alert:
    """Return the alert after its problem was seen (again)."""
    if alert.stage is AlertState.OVER:
        alert = replace(alert, stage=AlertState.PENDING, since=now)
    alert = replace(alert, seen=now)
    if alert.stage is AlertState.PENDING:
        alert = replace(alert, finding=finding)
        return _opened(alert, now) if now - alert.since >= watcher.dwell else alert
    return _still(alert, finding, now)


def unseen(alert: Alert, watcher: Watcher, now: datetime) -> Alert | None:
    """Return the alert after its problem was not seen, or None where nobody ever heard of it."""
    if alert.stage is AlertState.PENDING:
        return replace(alert, stage=AlertState.OVER) if alert.told else None
    if alert.stage is AlertState.OVER:
        return alert
    gone = alert.gone or now
    if now - gone < (max(QUIET, watcher.clear) if alert.flapping else watcher.clear):
        return replace(alert, gone=gone)
    return replace(alert, stage=AlertState.OVER, gone=None, over=gone, flapping=False, version=alert.version + 1)


def ended(alert: Alert, now: datetime) -> Alert:
    """Return the alert ended at once, whatever is seen."""
    return replace(alert, stage=AlertState.OVER, gone=None, over=now, flapping=False, version=alert.version + 1)


def unknown(alert: Alert) -> Alert:
    """Return the alert while nobody can tell: silence is not health, so the wait for its end begins anew."""
    return replace(alert, gone=None) if alert.gone else alert


def snoozed(alert: Alert, until: datetime, by: str) -> Alert:
    """Return the alert snoozed until a time by a person."""
    return replace(alert, snoozed_until=until, snoozed_by=by, version=alert.version + 1)


def acknowledged(alert: Alert, by: str) -> Alert:
    """Return the alert acknowledged by a person."""
    return replace(alert, acknowledged_by=by, version=alert.version + 1)


def is_forgotten(alert: Alert, now: datetime) -> bool:
    """Return True if the problem would be a new alert if it came back."""
    return alert.stage is AlertState.OVER and alert.over is not None and now - alert.over > REMEMBERED


def _opened(alert: Alert, now: datetime) -> Alert:
    if alert.told is None:
        return replace(alert, stage=AlertState.OPEN, told=now, version=alert.version + 1)
    back = replace(alert, stage=AlertState.OPEN, over=None, version=alert.version + 1, acknowledged_by="")
    return _turned(back, now)


def _still(alert: Alert, finding: Finding, now: datetime) -> Alert:
    before = alert
    if alert.gone is not None:
        alert = _turned(replace(alert, gone=None), now)
    if finding.weight > alert.finding.weight:
        # What has become worse is worth hearing of again.
        alert = replace(alert, snoozed_until=None, snoozed_by="", acknowledged_by="")
    alert = replace(alert, finding=finding)
    changed = alert.finding != before.finding or alert.flapping != before.flapping
    return replace(alert, version=before.version + 1) if changed else alert


def _turned(alert: Alert, now: datetime) -> Alert:
    turns = (*(turn for turn in alert.turns if now - turn <= REMEMBERED), now)
    return replace(alert, turns=turns, flapping=alert.flapping or len(turns) >= _FLAPS)
