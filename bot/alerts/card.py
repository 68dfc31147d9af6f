"""The card of an alert while it lasts and once it is resolved, and the messages below it."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from bot.alerts.finding import Severity
from bot.alerts.lifecycle import Alert, AlertState
from cards.pages import one_page
from cards.times import minute, timed
from cards.views import Button, ButtonStyle, Fact, Facts, Lines, Notice, Section, Tone
from commands.timing.durations import spoken

SNOOZE, ACKNOWLEDGE = "alert-snooze", "alert-ack"
_TONES: Final = {Severity.NOTE: Tone.NOTE, Severity.WARNING: Tone.WARNING, Severity.CRITICAL: Tone.BAD}


def card(alert: Alert, now: datetime, page: int = 1) -> Notice:
    """Return a page of the card as it stands now, made from the record alone."""
    whole = _over(alert) if alert.stage is AlertState.OVER else _living(alert, now)
    return one_page(whole, page, (("alert", alert.id),))


def _living(alert: Alert, now: datetime) -> Notice:
    finding = alert.finding
    return Notice(
        _title(alert, finding.title),
        finding.cause,
        _TONES[finding.severity],
        tuple(_sections(alert, now)),
        (*(replace(one, data=(("alert", alert.id), *one.data)) for one in finding.buttons), *_buttons(alert, now)),
    )


def ended(alert: Alert) -> Notice:
    """Return the short message for the end of an alert."""
    return Notice(_title(alert, f"Resolved: {alert.finding.title}"), _lasted(alert), Tone.GOOD)


def worse(alert: Alert) -> Notice:
    """Return the short message for an alert that has become worse."""
    return Notice(_title(alert, f"Worse: {alert.finding.title}"), alert.finding.cause, _TONES[alert.severity])


def back(alert: Alert) -> Notice:
    """Return the short message for an alert that has come back after its end."""
    tone = _TONES[alert.severity]
    if alert.flapping:
        text = (
            "This problem keeps coming back. There will be no more messages until it has stayed away for half an hour."
        )
        return Notice(_title(alert, f"Keeps coming back: {alert.finding.title}"), text, tone)
    return Notice(_title(alert, f"Back again: {alert.finding.title}"), "See its card above.", tone)


def _title(alert: Alert, words: str) -> str:
    return f"Test: {words}" if alert.test else words


def _over(alert: Alert) -> Notice:
    facts = Facts((Fact("Alert", alert.id), Fact("Watcher", alert.watcher)))
    return Notice(_title(alert, f"Resolved: {alert.finding.title}"), _lasted(alert), Tone.GOOD, (facts,))


def _lasted(alert: Alert) -> str:
    end = alert.over or alert.seen
    length = f", after {spoken(end - alert.since)}" if end > alert.since else ""
    return timed("It began at ", minute(alert.since), " and ended at ", minute(end), f"{length}.")


def _sections(alert: Alert, now: datetime) -> list[Section]:
    finding = alert.finding
    sections: list[Section] = []
    if finding.subjects:
        sections.append(Lines(finding.subjects, "Affected"))
    if finding.advice:
        sections.append(Lines(finding.advice, "What to do"))
    facts = [*finding.facts, Fact("Since", minute(alert.since)), Fact("Alert", f"{alert.id} ({alert.watcher})")]
    return [*sections, Facts(tuple(facts + _standing(alert, now)))]


def _standing(alert: Alert, now: datetime) -> list[Fact]:
    facts = []
    if alert.flapping:
        facts.append(Fact("Keeps coming back", "reported once; resolved after half an hour without it", Tone.WARNING))
    if alert.acknowledged_by:
        facts.append(Fact("Acknowledged by", alert.acknowledged_by))
    if alert.is_snoozed(now) and alert.snoozed_until:
        facts.append(Fact("Snoozed", timed("until ", minute(alert.snoozed_until), f" by {alert.snoozed_by}")))
    return facts


def _buttons(alert: Alert, now: datetime) -> tuple[Button, ...]:
    data = (("alert", alert.id),)
    acknowledge = () if alert.acknowledged_by else (Button("Acknowledge", ACKNOWLEDGE, data, ButtonStyle.POSITIVE),)
    rest = () if alert.is_snoozed(now) else (Button("Snooze 4 h", SNOOZE, data),)
    return (*acknowledge, *rest)
