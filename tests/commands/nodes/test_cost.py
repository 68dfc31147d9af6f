"""What the nodes cost: sums, prices, gaps, and what is said of what nobody knows."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from cards.text import render
from cards.views import Chart, Facts, Notice, Status, Table
from commands.nodes import cost
from commands.ports.azure import NodeHours, PoolObservation
from tests.world import NOW, Cost, World

E8, D4 = "Standard_E8s_v5", "Standard_D4s_v5"


def pool(name, size, hours, spared=0, unclear=0):
    return PoolObservation(name, size, *map(Decimal, (hours, spared, unclear)))


def seen(days, *pools, hours=None, first=None):
    return NodeHours(first or NOW - timedelta(days=60), Decimal(days * 24 if hours is None else hours), pools)


async def asked(**more):
    return await cost.run(cost.Args(), World(cost=Cost(**more)).reads)


def table(view):
    (found,) = [section for section in view.sections if isinstance(section, Table)]
    return [[cell.text for cell in row] for row in found.rows]


WHOLE = {
    "week": seen(7, pool("core", D4, 168), pool("users", E8, "100.5", 40)),
    "month": seen(30, pool("core", D4, 720), pool("users", E8, "431.5", 170)),
    "prices": {E8: Decimal("0.504"), "standard_d4s_V5": Decimal("0.2")},
}


async def test_hours_and_money_by_pool_and_what_was_saved():
    view = await asked(**WHOLE)
    assert isinstance(view, Status)
    assert view.problems == ()
    assert table(view) == [
        ["core", D4, "168 h, 33.60 EUR", "720 h, 144.00 EUR", "—"],
        ["users", E8, "100 h, 50.65 EUR", "432 h, 217.48 EUR", "170 h, 85.68 EUR"],
    ]
    assert view.headline == "268 h of nodes, 84.25 EUR in the last 7 days"
    (totals,) = [section for section in view.sections if isinstance(section, Facts)]
    assert [fact.value for fact in totals.facts][1:] == [
        "1,152 h of nodes, 361.48 EUR",
        "170 h of nodes, 85.68 EUR",
    ]
    (chart,) = [section for section in view.sections if isinstance(section, Chart)]
    assert [(one.label, one.value) for one in chart.slices] == [("core", 720), ("users", 432)]


async def test_it_says_how_it_counts_what_was_saved():
    assert "the nodes it had then minus the nodes it has, times the hours" in " ".join(
        render(await asked(**WHOLE)).split()
    )


async def test_without_prices_there_is_no_money():
    view = await asked(**{**WHOLE, "prices": {}})
    assert "EUR" not in render(view)
    assert view.problems == ("No prices are configured (cost.prices), so only hours are shown.",)


async def test_a_size_without_a_price_is_named_and_in_no_sum():
    view = await asked(**{**WHOLE, "prices": {E8: Decimal("0.504")}, "currency": "DKK"})
    assert table(view)[0][2] == "168 h"
    assert view.headline.endswith("50.65 DKK in the last 7 days")
    assert view.problems == (
        f"No price for {D4} (cost.prices): only their hours are shown, and the costs do not include them.",
    )


async def test_hours_that_nobody_saw_are_named():
    view = await asked(**{**WHOLE, "month": replace(WHOLE["month"], hours=Decimal(620))})
    assert view.problems == ("Not recorded for 100 h of the last 30 days: the sums do not include those hours.",)


async def test_a_bot_that_has_just_begun_says_since_when():
    began = NOW - timedelta(hours=2)
    fresh = NodeHours(began, Decimal(2), (pool("core", D4, 2),))
    view = await asked(week=fresh, month=fresh, prices=WHOLE["prices"])
    assert view.problems == ("Recorded since 2026-11-23 07:00 UTC; nothing is known of the time before.",)
    assert table(view) == [["core", D4, "2.0 h, 0.40 EUR", "2.0 h, 0.40 EUR", "—"]]


async def test_a_hold_from_before_anybody_looked_is_named():
    month = seen(30, pool("users", E8, 0, 0, 12))
    view = await asked(week=month, month=month, prices=WHOLE["prices"])
    assert "Held for 12 h since before recording began" in view.problems[0]


async def test_a_pool_that_is_gone_since_last_week_keeps_its_row():
    view = await asked(**{**WHOLE, "week": seen(7, pool("core", D4, 168))})
    assert table(view)[1][2] == "0.0 h, 0.00 EUR"


async def test_before_the_first_look_there_is_nothing():
    assert isinstance(await asked(), Notice)
