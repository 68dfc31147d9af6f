"""What the card of an alert says: what is wrong, why, what to do; later that it is over."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from bot.alerts.finding import Severity
from bot.alerts.life import Alert, Stage
from cards.views import Button, ButtonStyle, Fact, Facts, Lines, Notice, Section, Tone
from commands.durations import spoken

SNOOZE, ACKNOWLEDGE = "alert-snooze", "alert-ack"
_MOST_SUBJECTS: Final = 20
_TONES: Final = {Severity.NOTE: Tone.NOTE, Severity.WARNING: Tone.WARNING, Severity.CRITICAL: Tone.BAD}


def card(alert: Alert, now: datetime) -> Notice:
    """The card as it stands now, made from the record alone."""
    if alert.stage is Stage.OVER:
        return _over(alert)
    finding = alert.finding
    return Notice(
        _title(alert, finding.title),
        finding.cause,
        _TONES[finding.severity],
        tuple(_sections(alert, now)),
        (*(replace(one, data=(("alert", alert.id), *one.data)) for one in finding.buttons), *_buttons(alert, now)),
    )


def ended(alert: Alert) -> Notice:
    """The short message at its end."""
    return Notice(_title(alert, f"Over: {alert.finding.title}"), _lasted(alert), Tone.GOOD)


def worse(alert: Alert) -> Notice:
    """The short message when it has become worse."""
    return Notice(_title(alert, f"Worse: {alert.finding.title}"), alert.finding.cause, _TONES[alert.severity])


def back(alert: Alert) -> Notice:
    """The short message when it has come back after its end."""
    tone = _TONES[alert.severity]
    if alert.flapping:
        text = "It comes and goes. Nothing more is said of it until it has been quiet for half an hour."
        return Notice(_title(alert, f"It comes and goes: {alert.finding.title}"), text, tone)
    return Notice(_title(alert, f"Back: {alert.finding.title}"), "Its card above says more.", tone)


def _title(alert: Alert, words: str) -> str:
    return f"Test: {words}" if alert.test else words


def _over(alert: Alert) -> Notice:
    facts = Facts((Fact("Alert", alert.id), Fact("Watched by", alert.watcher)))
    return Notice(_title(alert, f"Over: {alert.finding.title}"), _lasted(alert), Tone.GOOD, (facts,))


def _lasted(alert: Alert) -> str:
    end = alert.over or alert.seen
    words = f"It began at {_at(alert.since)} and was gone at {_at(end)}"
    return f"{words}, after {spoken(end - alert.since)}." if end > alert.since else f"{words}."


def _sections(alert: Alert, now: datetime) -> list[Section]:
    finding = alert.finding
    sections: list[Section] = []
    if finding.subjects:
        more = len(finding.subjects) - _MOST_SUBJECTS
        rest = (f"… and {more} more",) if more > 0 else ()
        sections.append(Lines((*finding.subjects[:_MOST_SUBJECTS], *rest), "Who or what"))
    if finding.advice:
        sections.append(Lines(finding.advice, "What helps"))
    facts = [*finding.facts, Fact("Since", _at(alert.since)), Fact("Alert", f"{alert.id} ({alert.watcher})")]
    return [*sections, Facts(tuple(facts + _standing(alert, now)))]


def _standing(alert: Alert, now: datetime) -> list[Fact]:
    facts = []
    if alert.flapping:
        facts.append(Fact("It comes and goes", "told once; over after half an hour of quiet", Tone.WARNING))
    if alert.acknowledged_by:
        facts.append(Fact("Seen to by", alert.acknowledged_by))
    if alert.is_snoozed(now) and alert.snoozed_until:
        facts.append(Fact("Snoozed", f"until {_at(alert.snoozed_until)} by {alert.snoozed_by}"))
    return facts


def _buttons(alert: Alert, now: datetime) -> tuple[Button, ...]:
    data = (("alert", alert.id),)
    seen_to = () if alert.acknowledged_by else (Button("I see to it", ACKNOWLEDGE, data, ButtonStyle.POSITIVE),)
    rest = () if alert.is_snoozed(now) else (Button("Snooze 4 h", SNOOZE, data),)
    return (*seen_to, *rest)


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
