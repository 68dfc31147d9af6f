"""The budget at 80 and 100 %, and people above the quota: counted, never named."""

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.alerts.finding import Severity
from bot.alerts.watchers.budget import WATCHER, look
from clients.errors import Unavailable
from commands.ports.usage import CostRules
from tests.commands.nodes.used import PRICES, RULES, nodes, server, usage
from tests.world import Cost, World


def world(used, **rules):
    return World(cost=Cost(usage=used, prices=PRICES, rules=replace(RULES, **rules)))


def spent(amount):
    """Return a month in which nodes cost so much."""
    return usage(each=[nodes(0, Decimal(amount) * 2)], hours=400)


async def found(used, **rules):
    return list(await look(world(used, **rules).reads))


@pytest.mark.parametrize("amount", [0, "79.99"])
async def test_below_80_percent_nothing_is_said(amount):
    assert await found(spent(amount), budget=Decimal(100)) == []


@pytest.mark.parametrize(
    ("amount", "title", "step"),
    [
        (80, "80 % of the budget for November 2026 is spent", 0),
        ("99.99", "99 % of the budget for November 2026 is spent", 0),
        (100, "The budget for November 2026 is spent", 1),
        (250, "The budget for November 2026 is spent", 1),
    ],
)
async def test_at_80_and_at_100_percent_it_is(amount, title, step):
    (one,) = await found(spent(amount), budget=Decimal(100))
    assert (one.title, one.step, one.key, one.severity) == (title, step, "budget 2026-11", Severity.WARNING)
    assert f"{Decimal(amount):.2f} EUR; the budget is 100.00 EUR" in one.cause
    assert "estimate" in one.cause


async def test_what_is_over_is_told_again_once_it_is_heavier():
    (nearly,), (over,) = await found(spent(80), budget=Decimal(100)), await found(spent(100), budget=Decimal(100))
    assert over.weight > nearly.weight
    assert over.key == nearly.key


async def test_it_says_what_the_month_may_come_to_and_how_much_of_it_was_recorded():
    (one,) = await found(spent(80), budget=Decimal(100))
    assert {fact.label: fact.value for fact in one.facts} == {
        "By the end of the month": "about 144.00 EUR, if all of it is like the 400 h recorded",
        "Nodes for users, not reserved": "80.00 EUR",
        "Recorded": "400 h of 720 h",
    }


async def test_people_above_the_quota_are_counted_and_not_named():
    used = usage(server("ada@example.org", 61, 1), server("ben@example.org", 70, 1), server("cyd@example.org", 60, 1))
    (one,) = await found(used, quota_hours=Decimal(60))
    assert (one.title, one.step) == ("2 people have used more than one person may in November 2026", 2)
    assert "example.org" not in repr(one)
    assert "The bot stops nobody because of it." in one.cause


async def test_one_person_is_one_person_and_many_have_no_step_beyond_the_last():
    (one,) = await found(usage(server("ada", 61, 1)), quota_hours=Decimal(60))
    assert one.title.startswith("1 person has")
    many = [server(f"user{number}", 61, 1) for number in range(250)]
    (one,) = await found(usage(*many), quota_hours=Decimal(60))
    assert one.step == 99


async def test_without_a_budget_or_a_quota_nothing_is_read():
    made = World(cost=Cost(rules=CostRules()))
    assert list(await look(made.reads)) == []
    assert made.cost.asked == []


async def test_a_store_that_is_out_is_no_finding():
    out = Unavailable("The bot's store", "cannot be read")
    with pytest.raises(Unavailable):
        await look(World(cost=Cost(usage=out, rules=CostRules(budget=Decimal(1)))).reads)


def test_it_goes_on_while_the_cluster_is_stopped():
    assert WATCHER.outside
