"""Cost by user, profile and group: rows that add up, who may see names, and what is said of what is not known."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from cards.text import render
from cards.views import Chart, Facts, Notice, Table
from clients.errors import Unavailable
from commands.framework.command import Level
from commands.framework.errors import Refused, UserError
from commands.nodes import cost
from commands.nodes.arguments import Days, Division
from commands.ports.usage import UNKNOWN_PROFILE, CostRules
from tests.commands.nodes.used import PRICES, RULES, home, nodes, server, usage
from tests.world import NOW, Cost, World, user

USED = usage(
    server("ada@example.org", 20, 8, "large"),
    server("ada@example.org", 10, 1),
    server("ben@example.org", 4, 1, UNKNOWN_PROFILE),
    homes=[home("ada@example.org"), home("left@example.org")],
    each=[nodes(10, 20), nodes(0, 0, 30, pool="core")],
)


def world(used=USED, *, level=Level.OPERATOR, prices=PRICES, rules=RULES, **more):
    return World(level=level, cost=Cost(usage=used, prices=prices, rules=rules), **more)


async def asked(by, made=None, days=None):
    args = cost.Args(Division.parse(by), Days.parse(days) if days else None)
    return await cost.run(args, (made or world()).reads)


def rows(view):
    (table,) = [section for section in view.sections if isinstance(section, Table)]
    return [[cell.text for cell in row] for row in table.rows]


def facts(view):
    return {fact.label: fact.value for section in view.sections if isinstance(section, Facts) for fact in section.facts}


async def test_by_user_each_has_servers_and_homes():
    view = await asked("user")
    assert rows(view) == [
        ["ada@example.org", "30", "9.0", "9.9", "5.94"],
        ["left@example.org", "0.0", "0.0", "9.9", "1.44"],
        ["ben@example.org", "4.0", "1.0", "0.0", "0.50"],
    ]
    assert view.headline == "3 people: 34 h of servers, 7.88 EUR of them and their homes in 30 days"
    assert view.problems == ()


async def test_the_parts_add_up_to_the_pools():
    shown = facts(await asked("user"))
    assert shown == {
        "Reserved by servers": "10 h of nodes, 5.00 EUR",
        "Nodes for users, not reserved": "20 h of nodes, 10.00 EUR",
        "Other nodes (the hub itself)": "30 h of nodes, 15.00 EUR",
        "All nodes": "60 h of nodes, 30.00 EUR",
        "Homes": "20 GiB-months, 2.88 EUR",
        "Together": "32.88 EUR",
    }
    (chart,) = [section for section in (await asked("user")).sections if isinstance(section, Chart)]
    assert [(one.label, one.value) for one in chart.slices] == [
        ("Servers", 5),
        ("Nodes for users, not reserved", 10),
        ("Other nodes", 15),
        ("Homes", 3),
    ]


async def test_by_profile_the_unknown_and_the_missing_ones_are_told_apart():
    assert rows(await asked("profile")) == [
        ["large", "20", "8.0", "4.00"],
        ["(none chosen)", "10", "1.0", "0.50"],
        ["(not known)", "4.0", "1.0", "0.50"],
    ]


async def test_by_group_who_is_in_several_counts_in_each_with_an_equal_part():
    users = [
        replace(user("ada@example.org"), groups=("physics", "geo")),
        replace(user("ben@example.org"), groups=()),
    ]
    view = await asked("group", world(users=users))
    assert rows(view) == [
        ["geo", "15", "4.5", "4.9", "2.97"],
        ["physics", "15", "4.5", "4.9", "2.97"],
        ["(no longer in the hub)", "0.0", "0.0", "9.9", "1.44"],
        ["(in no group)", "4.0", "1.0", "0.0", "0.50"],
    ]
    assert "with an equal part, so the rows add up" in " ".join(render(view).split())


async def test_groups_need_the_hub():
    with pytest.raises(Unavailable):
        await asked("group", world(users=Unavailable("the hub", "is out")))


async def test_names_are_for_operators():
    viewer = world(level=Level.VIEWER)
    with pytest.raises(Refused, match="for operators and above"):
        await asked("user", viewer)
    assert viewer.cost.asked == []
    for by in ("profile", "group"):
        assert "ada@example.org" not in render(await asked(by, viewer))


async def test_days_end_today_and_begin_so_many_before():
    made = world()
    for days in ("1", "7", None):
        await asked("profile", made, days)
    assert made.cost.asked == [
        (date(2026, 11, 23), date(2026, 11, 23)),
        (date(2026, 11, 17), date(2026, 11, 23)),
        (date(2026, 10, 25), date(2026, 11, 23)),
    ]


async def test_what_is_no_longer_kept_is_said_before_anything_is_read():
    made = world(rules=CostRules(kept_days=90))
    with pytest.raises(UserError, match="kept for 90 days") as caught:
        await asked("profile", made, "91")
    assert caught.value.hints == ("/jhub cost --by profile --days 90",)
    assert made.cost.asked == []


@pytest.mark.parametrize("days", ["0", "-1", "1e9", "99999", "1.5", "٣", "", "d", "3651", "0x10", "1 000"])
def test_what_is_no_number_of_days(days):
    with pytest.raises(ValueError, match="whole number from 1 to 3650"):
        Days.parse(days)


@pytest.mark.parametrize(("typed", "by"), [("user", "user"), ("Users", "user"), ("GROUPS", "group")])
def test_ways_to_divide_are_taken_in_either_number(typed, by):
    assert Division.parse(typed) == by


@pytest.mark.parametrize("typed", ["", "s", "pool", "user,profile", "userss", "nonsense", "💸"])
def test_other_ways_to_divide_are_refused(typed):
    with pytest.raises(ValueError, match="--by user, --by profile or --by group"):
        Division.parse(typed)


async def test_days_alone_say_what_they_go_with():
    with pytest.raises(UserError, match="goes with --by"):
        await cost.run(cost.Args(None, Days("7")), world().reads)


async def test_without_prices_there_are_hours_alone():
    view = await asked("user", world(prices={}))
    assert rows(view)[0] == ["ada@example.org", "30", "9.0", "9.9"]
    assert "EUR" not in render(view)
    assert view.problems == ("No prices are configured (cost.prices), so only hours are shown.",)


async def test_what_has_no_price_is_named():
    used = usage(server("ada", 1, 1, size="X1"), homes=[home("ada", gib=99)], each=[nodes(1, size="X1")])
    assert (await asked("user", world(used))).problems == (
        "No price for X1 (cost.prices): the amounts do not include those nodes.",
        "No price for disks of managed-csi with 99 GiB (cost.disks): the amounts do not include those homes.",
    )


async def test_hours_that_nobody_saw_are_named():
    """The range begins at midnight 30 days ago, and today is nine hours old."""
    whole = 29 * 24 + 9
    view = await asked("user", world(replace(USED, hours=Decimal(whole - 30))))
    assert view.problems == (
        f"Not recorded for 30 h of {whole} h, as the bot or the cluster was out: the sums do not include those hours.",
    )


async def test_a_bot_that_has_just_begun_says_since_when():
    began = NOW - timedelta(hours=2)
    view = await asked("user", world(replace(USED, began=began, hours=Decimal(2))))
    assert view.problems == ("Recorded since 2026-11-23 07:00 UTC; nothing is known of the time before.",)


async def test_homes_that_were_never_counted_are_missed():
    view = await asked("user", world(replace(USED, homes=(), home_days=0)), "7")
    assert "Homes were not counted on any of these 7 days" in " ".join(view.problems)


async def test_servers_that_reserve_nothing_are_told():
    view = await asked("user", world(replace(USED, servers=(server("ada", 5, 0),))))
    (said,) = view.problems
    assert said.startswith("Servers of 5.0 h requested neither CPU nor memory, or ran on a node that could not be seen")


async def test_a_server_without_a_name_has_a_row():
    view = await asked("user", world(replace(USED, servers=(server("", 5, 1),), homes=())))
    assert rows(view)[0][0] == "(no name)"


async def test_before_the_first_look_there_is_nothing():
    assert isinstance(await asked("user", World()), Notice)


async def test_the_pools_have_the_month_beside_them():
    made = world(rules=replace(RULES, budget=Decimal(40), quota_hours=Decimal(25)))
    seen = replace(made.cost, month=replace(made.cost.month, first=NOW - timedelta(days=60), hours=Decimal(720)))
    made.cost = seen
    view = await cost.run(cost.Args(), made.reads)
    shown = facts(view)
    assert shown["November 2026 so far"] == "32.88 EUR, 82 % of the budget of 40.00 EUR"
    assert shown["Above the quota"] == "1 person used more than 25 h of servers in November 2026"
    assert "ada" not in render(view)


async def test_the_title_says_the_time_on_record_where_it_is_shorter_and_the_first_page_that_it_is_estimated():
    view = await asked("user", world(replace(USED, began=NOW - timedelta(minutes=1))))
    assert view.headline.endswith("in 1 min on record")
    kinds = [type(one).__name__ for one in view.sections]
    assert kinds.index("Lines") < kinds.index("Table")
    assert "each look counts for five minutes" in view.sections[kinds.index("Lines")].lines[0]
