"""Transitions of a watcher's alerts after one look: what it found is matched with the alerts that are known. Pure."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.alerts import lifecycle
from bot.alerts.finding import Finding, Watcher
from bot.alerts.lifecycle import Alert, AlertState

# That it was seen is known to within this time.
_SEEN_WITHIN: Final = timedelta(minutes=5)


def transitions(
    known: Sequence[Alert], watcher: Watcher, findings: Sequence[Finding] | None, now: datetime
) -> tuple[list[Alert], list[str]]:
    """Return the alerts of a watcher that changed, and the ids of those to drop because nobody ever heard of them.

    `findings` is None where the watcher could not tell.
    """
    if findings is None:
        after = [(alert, lifecycle.unknown(alert)) for alert in known]
        return [new for old, new in after if new != old], []
    by_key = {alert.key: alert for alert in known if not lifecycle.is_forgotten(alert, now)}
    wrong = {finding.key: finding for finding in findings}
    still = [(by_key.get(key), _found(by_key.get(key), finding, watcher, now)) for key, finding in wrong.items()]
    gone = [(old, lifecycle.unseen(old, watcher, now)) for key, old in by_key.items() if key not in wrong]
    changed = [new for old, new in (*still, *gone) if new is not None and new != old]
    return changed, [old.id for old, new in gone if new is None]


def _found(old: Alert | None, finding: Finding, watcher: Watcher, now: datetime) -> Alert:
    if old is None:
        return lifecycle.begun(secrets.token_hex(4), finding, watcher, now)
    new = lifecycle.seen(old, finding, watcher, now)
    # That it is still so is not worth a write each time.
    same = new.stage is old.stage is AlertState.OPEN and new.version == old.version and new.gone == old.gone
    return old if same and now - old.seen < _SEEN_WITHIN else new
