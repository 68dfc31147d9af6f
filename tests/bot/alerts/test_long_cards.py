"""An alert that hits hundreds names all of them, in pages that whoever presses gets."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.alerts.card import card
from bot.alerts.finding import Finding, Severity
from bot.alerts.lifecycle import Alert, AlertState
from bot.alerts.repository import Alerts
from cards import adaptive
from cards.times import minute, timed
from cards.views import Fact, Lines

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HIT = tuple(f"u{n:03}@example.org" for n in range(150))
STORM = Alert(
    "3f9a41c0",
    "servers",
    Finding("stuck", Severity.CRITICAL, "150 servers do not start", "No node has room.", subjects=HIT),
    AlertState.OPEN,
    NOW - timedelta(minutes=5),
    NOW,
    version=1,
)


def named(view) -> list[str]:
    return [line for part in view.sections if isinstance(part, Lines) for line in part.lines]


def test_everybody_who_is_hit_is_named_and_every_page_can_be_acknowledged():
    first = card(STORM, NOW)
    shown = [card(STORM, NOW, number + 1) for number in range(first.page.count)]
    assert [name for view in shown for name in named(view)] == list(HIT)
    assert all({"Acknowledge", "Snooze 4 h"} <= {one.title for one in view.buttons} for view in shown)
    following = next(one for one in first.buttons if one.title == "Next page")
    assert (following.verb, dict(following.data)) == ("page", {"alert": STORM.id, "page": "2"})
    assert card(STORM, NOW, 99) == shown[-1]


def test_an_ended_alert_is_one_page_again():
    over = replace(STORM, stage=AlertState.OVER, over=NOW)
    assert card(over, NOW).page is None


async def test_what_a_finding_says_of_times_is_kept_with_the_alert(database):
    end = datetime(2026, 11, 29, 14, 2, tzinfo=UTC)
    facts = (Fact("Expires", minute(end)),)
    told = replace(STORM, finding=replace(STORM.finding, cause=timed("It ends at ", minute(end), "."), facts=facts))
    alerts = Alerts(database)
    await alerts.keep([told], [], NOW)
    back = await alerts.get(told.id)
    assert back == told
    assert adaptive.render(card(back, NOW)) == adaptive.render(card(told, NOW))
    assert "{{TIME(2026-11-29T14:02:00Z)}}" in str(adaptive.render(card(back, NOW)))
