"""The report: what counts as lately, what each record adds, what a silent system costs."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from cards.text import render
from cards.views import Chart, Tone
from clients.errors import Unavailable
from commands.diagnostics import report
from commands.framework.argument_types import Age
from commands.framework.errors import UserError
from commands.ports.alerts import AlertSummary
from commands.ports.azure import NodeHours, PoolObservation
from commands.ports.operations import WorkState
from tests.commands.nodes.used import PRICES, RULES, home, nodes, server, usage
from tests.world import NOW, Cost, World, release, user, work


def ended(outcome, days=1, **more):
    return work(state=WorkState.ENDED, outcome=outcome, changed=NOW - timedelta(days=days), **more)


def alert(days=1, over=True, watcher="cert"):
    since = NOW - timedelta(days=days, hours=2)
    end = since + timedelta(hours=2) if over else None
    return AlertSummary("a", watcher, "warning", f"{watcher} wrong", "", since, end, None, "", flapping=False)


def a_world():
    size = "Standard_E8s_v5"
    seen = NodeHours(
        NOW - timedelta(days=7), Decimal(168), (PoolObservation("users", size, Decimal(100), Decimal(20), Decimal()),)
    )
    old = replace(user("old@example.org"), last_activity=NOW - timedelta(days=20))
    return World(
        users=[user("ann@example.org", True), user("bob@example.org"), old],
        releases=[
            release(4, "7c1d2e9"),
            release(3, status="failed"),
            release(2, last_deployed=NOW - timedelta(days=9)),
        ],
        ended=[ended("done"), ended("failed", title="Deploy 0ddba11"), ended("expired"), ended("failed", days=8)],
        alerts=[alert(), alert(over=False, watcher="nodes"), alert(days=9)],
        cost=Cost(seen, seen, prices={"standard_e8s_v5": Decimal("0.5")}),
    )


async def asked(world, since=None):
    return await report.run(report.Args(since), world.reads)


async def test_a_week_is_summed_up():
    view = await asked(a_world())
    shown = " ".join(render(view).split())
    assert view.headline == "2 of 3 users were active, 2 deployments, 2 alerts"
    for words in (
        "2 revisions (7c1d2e9, 3f9a41c), 1 failed",
        "1 done, 1 not carried out",
        "1: Deploy 0ddba11",
        "Node hours 100 h",
        "50.00 EUR, 10.00 EUR saved by scaling down",
        "2 alerts, 1 still open",
        "cert wrong (2 h)",
    ):
        assert words in shown
    charts = [section.title for section in view.sections if isinstance(section, Chart)]
    assert charts == ["Users", "How changes ended", "Node hours by pool", "Alerts by watcher"]


async def test_more_time_has_more_in_it():
    view = await asked(a_world(), Age("30d"))
    assert view.headline == "3 of 3 users were active, 3 deployments, 3 alerts"
    with pytest.raises(UserError, match="30 days at most"):
        await asked(a_world(), Age("31d"))


async def test_an_empty_week_is_said_to_be():
    view = await asked(World(users=[], releases=[], alerts=[], ended=[]))
    assert view.headline == "0 of 0 users were active, no deployments, no alerts"
    assert "Failures" in render(view)


async def test_whoever_is_silent_costs_its_own_part_only():
    world = a_world()
    world.users = Unavailable("The hub", "cannot be reached")
    view = await asked(world)
    assert (view.tone, view.problems) == (Tone.WARNING, ("The hub cannot be reached.",))
    assert view.headline == "2 deployments, 2 alerts"


def with_use(**rules):
    """A world in which a week of nodes and homes was recorded, and 61 hours of one person's servers."""
    used = usage(server("ada@example.org", 61, 40), homes=[home("ada@example.org", 7)], each=[nodes(40, 20, 8)])
    cost = Cost(usage=used, prices=PRICES, rules=replace(RULES, **rules))
    return replace(a_world(), cost=cost)


async def test_the_weeks_cost_is_drawn_by_parts_and_by_day():
    view = await asked(with_use())
    (chart,) = [one for one in view.sections if isinstance(one, Chart) and one.title == "Cost in EUR"]
    assert [(one.label, one.value) for one in chart.slices] == [
        ("Servers", 20),
        ("Nodes for users, not reserved", 10),
        ("Other nodes", 4),
    ]
    shown = render(view)
    assert f"Mon 23 Nov  34.00  {'▇' * 24}" in shown
    assert "Costs are estimates" in shown


async def test_budget_and_quota_are_reported_without_names():
    shown = render(await asked(with_use(budget=Decimal(40), quota_hours=Decimal(60))))
    words = " ".join(shown.split())
    assert "34.34 EUR, 85 % of the budget of 40.00 EUR" in words
    assert "1 person used more than 60 h of servers in November 2026" in words
    assert "ada@example.org" not in shown


async def test_the_cost_of_the_period_is_of_whole_days():
    world = with_use()
    await asked(world, Age.parse("3d"))
    assert (date(2026, 11, 21), date(2026, 11, 23)) in world.cost.asked
