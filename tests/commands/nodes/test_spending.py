"""What a month costs: parts that add up, months of any length, summer time, disks by tier, forecasts, quotas."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from commands.nodes.budget import bars, forecast, month_facts, over_quota, percent, quota_facts, quota_words
from commands.nodes.money import Money
from commands.nodes.spending import home_cost, midnight, month_of, parts_of, people, spending
from commands.ports.usage import CostRules, DiskPrice
from tests.commands.nodes.used import D4, DISKS, E8, PRICES, RULES, home, nodes, server, usage
from tests.world import Cost, World

MONEY = Money("EUR", {size.lower(): price for size, price in PRICES.items()})


def at(zone, *moment):
    return month_of(datetime(*moment, tzinfo=UTC), CostRules(zone=ZoneInfo(zone)))


@pytest.mark.parametrize(
    ("month", "first", "hours", "days"),
    [
        (at("UTC", 2026, 2, 10), date(2026, 2, 1), 28 * 24, 28),
        (at("UTC", 2028, 2, 29, 23, 59), date(2028, 2, 1), 29 * 24, 29),
        # An hour comes twice in October, and one is skipped in March.
        (at("Europe/Berlin", 2026, 10, 25, 1), date(2026, 10, 1), 31 * 24 + 1, 31),
        (at("Europe/Berlin", 2027, 3, 28, 1), date(2027, 3, 1), 31 * 24 - 1, 31),
        # It is the next month there already.
        (at("Europe/Berlin", 2026, 11, 30, 23, 30), date(2026, 12, 1), 31 * 24, 31),
        (at("America/Sao_Paulo", 2027, 1, 1, 1), date(2026, 12, 1), 31 * 24, 31),
    ],
)
def test_a_month_is_as_long_as_it_is_where_the_hub_is(month, first, hours, days):
    assert (month.first, month.hours, month.days) == (first, hours, days)


def test_a_day_begins_at_its_first_moment_where_midnight_is_skipped():
    # Chile's clocks went from 24:00 to 01:00.
    begins = midnight(date(2026, 9, 6), CostRules(zone=ZoneInfo("America/Santiago")))
    assert begins == datetime(2026, 9, 6, 4, tzinfo=UTC)


def test_shares_what_is_left_and_the_hubs_own_nodes_add_up_to_the_pools():
    used = usage(
        server("ada", 10, 4),
        server("ben", 10, 6),
        each=[nodes(10, 20, pool="users"), nodes(0, 0, 50, size=D4, pool="core")],
    )
    parts = parts_of(used, MONEY, RULES)
    assert (parts.servers, parts.idle, parts.other) == (5, 10, 10)
    assert parts.nodes == 30 * PRICES[E8] + 50 * PRICES[D4]
    assert parts.servers == sum(one.servers for one in people(used, MONEY, RULES))


@pytest.mark.parametrize(
    ("gib", "storage_class", "a_month"),
    [(4, "managed-csi", "0.73"), (8, "managed-csi", "0.73"), (9, "managed-csi", "1.46"), (20, "files", "1.00")],
)
def test_a_disk_is_billed_as_the_smallest_tier_that_holds_it_or_by_size(gib, storage_class, a_month):
    rules = CostRules(disks={**DISKS, "files": DiskPrice(Decimal("0.05"))})
    assert home_cost(home("ada", 365, gib, storage_class), rules) * 730 == Decimal(a_month) * 365 * 24


@pytest.mark.parametrize(("gib", "storage_class"), [(17, "managed-csi"), (4, "unheard-of"), (4, "")])
def test_a_disk_above_all_tiers_or_of_another_class_has_no_price(gib, storage_class):
    assert home_cost(home("ada", 1, gib, storage_class), RULES) is None


def test_people_are_ranked_by_cost_then_hours_then_name():
    used = usage(server("ada", 1, 1), server("ben", 9, 3), server("cyd", 5, 0), server("dan", 6, 0), server("al", 5, 0))
    assert [one.name for one in people(used, MONEY, RULES)] == ["ben", "ada", "dan", "al", "cyd"]


def test_one_person_has_the_sum_of_all_profiles_sizes_and_homes():
    used = usage(
        server("ada", 3, 1, "large"), server("ada", 4, 2, size=D4), homes=[home("ada", 365), home("ada", 365, 8)]
    )
    (ada,) = people(used, MONEY, RULES)
    assert (ada.hours, ada.node_hours, ada.servers) == (7, 3, Decimal("0.9"))
    assert ada.gib_months * 730 == 18 * 365 * 24
    assert ada.amount == ada.servers + ada.homes


async def seen(used, **rules):
    """Return this month, of which tests say that it is November 2026, until the 23rd."""
    return await spending(World(cost=Cost(usage=used, prices=PRICES, rules=replace(RULES, **rules))).reads)


async def test_the_month_is_asked_for_from_its_first_day():
    world = World()
    await spending(world.reads)
    assert world.cost.asked == [(date(2026, 11, 1), date(2026, 11, 23))]


async def test_a_forecast_has_the_hours_that_are_missing_in_it():
    """100 hours with 25 EUR of nodes; the month has 720, and homes cost the same on each of its 30 days."""
    found = await seen(usage(homes=[home("ada", 5)], each=[nodes(50)], hours=100, home_days=5))
    assert found.parts.homes * 730 == Decimal("1.46") * 5 * 24
    assert found.forecast == 25 * Decimal("7.2") + found.parts.homes * 6
    assert forecast(found, MONEY) == "about 181.44 EUR, if all of it is like the 100 h recorded"


@pytest.mark.parametrize("hours", [0, 1, "23.9"])
async def test_less_than_a_day_is_no_forecast(hours):
    found = await seen(usage(each=[nodes(1)], hours=hours, home_days=0))
    assert found.forecast is None
    assert forecast(found, MONEY) == "not known before a day of it is recorded"


def test_a_budget_that_is_nearly_spent_is_not_spent():
    assert percent(Decimal("99.999"), Decimal(100)) == 99
    assert percent(Decimal(100), Decimal(100)) == 100
    assert percent(Decimal("0.01"), Decimal(1_000_000_000)) == 0


@pytest.mark.parametrize(("used", "tone"), [(158, "note"), (160, "warning"), (199, "warning"), (200, "bad")])
async def test_what_is_spent_has_the_tone_of_its_part_of_the_budget(used, tone):
    found = await seen(usage(each=[nodes(used)]), budget=Decimal(100))
    fact, _ = month_facts(found, MONEY, replace(RULES, budget=Decimal(100)))
    assert fact.tone.value == tone
    assert fact.label == "November 2026 so far"
    assert fact.value == f"{used / 2:.2f} EUR, {used // 2} % of the budget of 100.00 EUR"


@pytest.mark.parametrize(
    ("rules", "above"),
    [
        ({}, []),
        ({"quota_hours": Decimal(10)}, ["ben"]),
        ({"quota_amount": Decimal(2)}, ["ada"]),
        ({"quota_hours": Decimal(10), "quota_amount": Decimal(2)}, ["ada", "ben"]),
        ({"quota_hours": Decimal(11)}, []),
    ],
)
def test_above_the_quota_is_more_than_the_quota(rules, above):
    used = usage(server("ada", 10, 5), server("ben", 11, 1))
    assert [one.name for one in over_quota(used, MONEY, CostRules(**rules))] == above


def test_a_quota_is_told_without_names():
    rules = CostRules(quota_hours=Decimal(10), quota_amount=Decimal(2))
    assert quota_words(rules, MONEY) == "10 h of servers or 2.00 EUR"
    assert quota_facts(None, MONEY, CostRules()) == ()


def test_days_are_bars_beside_their_amounts():
    used = usage(each=[nodes(10)])
    days = (*used.days, replace(used.days[0], day=date(2026, 11, 24), nodes=(nodes(5),)))
    (section,) = bars(days, MONEY)
    assert section.lines == (f"Mon 23 Nov  5.00  {'▇' * 24}", f"Tue 24 Nov  2.50  {'▇' * 12}")
    assert bars(used.days, Money("EUR", {})) == ()
