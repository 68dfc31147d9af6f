"""Homes that fill up in the sandbox: seen through the whole bot, from kubelet's measurement to the card."""

import asyncio

import pytest

from bot.chat.intercepted import ViewEvent
from bot.instrumentation.outcomes import Outcome
from cards.text import render
from cards.views import Notice, Status, Table, Tone

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(600)]

# A scrape comes after 15 s, and the last half minute is known at its end; an alert is looked for once in 50 s.
_WITHIN = 180.0
# Whoever asks more often is asked to slow down.
_APART = 3.0


async def _asked(heard, line):
    world, views = heard
    views.clear()
    outcome = await world.command(world.person("operator"), line)
    said = [view for kind, view in views if kind is not ViewEvent.UPDATED]
    view = next(view for view in said if not (isinstance(view, Notice) and view.tone is Tone.WORKING and not view.text))
    return outcome, view


async def _until(heard, line, holds):
    async with asyncio.timeout(_WITHIN):
        while not holds((await _asked(heard, line))[1]):
            await asyncio.sleep(_APART)
    return (await _asked(heard, line))[1]


async def _broken(heard, line):
    _, card = await _asked(heard, line)
    return next(fact.value for part in card.sections for fact in getattr(part, "facts", ()))


def rows(view):
    return [[cell.text for cell in row] for part in view.sections if isinstance(part, Table) for row in part.rows]


async def test_a_healthy_hub_has_room_everywhere(heard):
    outcome, view = await _asked(heard, "/jhub storage list --full")
    assert outcome is Outcome.ANSWERED
    assert isinstance(view, Status)
    assert view.headline.startswith("No home is at 90 % or above, of ")
    shares = [row[1] for row in rows(view)]
    known = [int(one.removesuffix(" %")) for one in shares if one != "unknown"]
    assert known == sorted(known, reverse=True)
    assert shares[-1] == "unknown", "those that nobody measured stand last"
    assert {"now"} < {row[3] for row in rows(view)}
    assert "The hub’s database" in render(view)


async def test_a_home_that_fills_up_is_seen_from_the_list_to_the_alert(heard):
    await _asked(heard, "/jhub alerts here on")
    who = await _broken(heard, "/sandbox break full-home nearly")
    card = await _until(heard, f"/jhub why {who}", lambda view: "nearly full" in view.text)
    assert card.tone is Tone.WARNING
    _, listed = await _asked(heard, "/jhub storage list --full")
    assert rows(listed)[0][0].startswith(who.partition(",")[0])
    assert listed.headline.startswith("1 home is at 90 % or above")
    _, shown = await _asked(heard, f"/jhub storage show {who}")
    assert "93 % of 9.8 GiB used" in render(shown)
    alerts = await _until(heard, "/jhub alerts", lambda view: f"The home of {who} is nearly full" in render(view))
    assert alerts.title == "Alerts"


async def test_what_the_server_says_is_what_was_measured(heard):
    who = await _broken(heard, "/sandbox break home")
    card = await _until(heard, f"/jhub why {who}", lambda view: "Kubelet measured the same: 100 %" in view.text)
    assert card.text.startswith("Their home is full.")
    await _asked(heard, "/sandbox heal home")


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("absent", "Prometheus cannot be reached"),
        ("denied", "Prometheus refused the bot (403)"),
        ("wrong", "Prometheus returned an answer that cannot be read"),
        ("partial", "Prometheus warns that this is not all"),
    ],
)
async def test_prometheus_at_fault_is_said_and_everything_else_works(heard, how, words):
    await _asked(heard, f"/sandbox break prometheus {how}")
    outcome, view = await _asked(heard, "/jhub storage list --full")
    assert words in render(view)
    assert (outcome is Outcome.ANSWERED) is (how == "partial")
    assert (await _asked(heard, "/jhub storage list"))[0] is Outcome.ANSWERED
    _, doctor = await _asked(heard, "/jhub doctor")
    assert "How full homes are" in render(doctor)
    await _asked(heard, "/sandbox heal prometheus")
    await asyncio.sleep(_APART)


async def test_two_orders_at_once_are_refused(heard):
    outcome, view = await _asked(heard, "/jhub storage list --full --sort age")
    assert outcome is Outcome.REFUSED or outcome is Outcome.INVALID
    assert "leave out --sort" in render(view)
