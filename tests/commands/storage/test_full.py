"""Homes by how full they are, and what is said where that is not known."""

from datetime import timedelta

import pytest

from cards.text import render
from cards.views import Facts, Table, Tone
from clients.errors import Unavailable
from commands.framework.argument_types import Age, Upn
from commands.framework.errors import UserError
from commands.storage import list as storage_list
from commands.storage import show as storage_show
from commands.storage.arguments import Order
from tests.world import NOW, World, home, mounted, user
from tests.world.prometheus import GIB, PrometheusReads, usage

ANN, BOB, EVE, ZOE = (f"{name}@example.org" for name in ("ann", "bob", "eve", "zoe"))
DAY = timedelta(days=1)
SILENT = Unavailable("Prometheus", "cannot be reached")


async def listed(world, **given):
    return await storage_list.run(storage_list.Args(full=True, **given), world.reads)


def rows(view):
    return [[cell.text for cell in row] for s in view.sections if isinstance(s, Table) for row in s.rows]


def facts(view):
    return {fact.label: fact for s in view.sections if isinstance(s, Facts) for fact in s.facts}


def world(*known, **more):
    claims = [
        home(ANN),
        home(BOB),
        home(EVE),
        home(ANN, "hub-db-dir", component="hub"),
        home("", "shared", component="x"),
    ]
    return World(
        **{
            "claims": claims,
            "users": [user(ANN), user(BOB)],
            "pods": [mounted(claims[0])],
            "prometheus": PrometheusReads(list(known)),
            **more,
        }
    )


async def test_the_fullest_first_and_those_that_nobody_measured_last():
    view = await listed(world(usage("claim-ann", 40), usage("claim-bob", 95, mounted=False, seen=NOW - 3 * DAY)))
    assert rows(view) == [
        [BOB, "95 %", "512 MiB of 10 GiB", "3 days ago"],
        [ANN, "40 %", "6 GiB of 10 GiB", "now"],
        [EVE, "unknown", "of 10 GiB", "—"],
    ]
    assert view.headline == "1 home is at 90 % or above, of 2 that were measured"
    assert facts(view)["Not measured"].value.startswith("1: no server mounted them within 7 days")
    assert view.tone is Tone.WARNING


@pytest.mark.parametrize(
    ("known", "headline", "tone"),
    [
        ((20, 30, 40), "No home is at 90 % or above", Tone.GOOD),
        ((20, 90, 91), "2 homes are at 90 % or above", Tone.WARNING),
        ((20, 90, 100), "1 home is full; 1 more at 90 % or above", Tone.BAD),
        ((100, 100, 100), "3 homes are full", Tone.BAD),
        ((100, 20), "1 home is full, of 2 that were measured", Tone.BAD),
        ((), "No home is at 90 % or above, of 0 that were measured", Tone.NOTE),
    ],
)
async def test_the_headline_counts(known, headline, tone):
    names = ("claim-ann", "claim-bob", "claim-eve")
    view = await listed(world(*(usage(name, share) for name, share in zip(names, known, strict=False))))
    assert (view.headline, view.tone) == (headline, tone)


async def test_files_that_run_out_count_as_well():
    (first, *_) = rows(await listed(world(usage("claim-ann", 20, files=640_000), usage("claim-bob", 90))))
    assert first == [ANN, "97 %", "15,360 of 655,360 files", "now"]


async def test_the_hubs_database_and_other_volumes_are_no_homes():
    view = await listed(world(usage("hub-db-dir", 93, capacity=GIB), usage("shared", 100), usage("claim-gone", 99)))
    assert [row[1] for row in rows(view)] == ["unknown"] * 3
    assert facts(view)["The hub’s database"].tone is Tone.WARNING
    assert facts(view)["shared"].value == "100 % of 10 GiB used, nothing left"
    assert "claim-gone" not in render(view), "it is no claim any more"


async def test_what_was_measured_of_an_earlier_claim_of_that_name_is_not_said_of_this_one():
    made = [home(ANN, created=NOW - DAY)]
    old = usage("claim-ann", 100, mounted=False, seen=NOW - 2 * DAY)
    assert rows(await listed(world(old, claims=made)))[0][1] == "unknown"


async def test_it_can_be_limited_as_the_list_can():
    its = world(usage("claim-eve", 95), usage("claim-ann", 99))
    view = await listed(its, orphaned=True)
    assert rows(view) == [[EVE, "95 %", "512 MiB of 10 GiB", "now"]]
    assert view.headline == "1 home without an owner in the hub is at 90 % or above"
    assert (await listed(its, unused=Age.parse("300d"))).headline == "No homes not used for 300 days"


async def test_a_partial_answer_is_said_to_be_one():
    its = world(
        usage("claim-ann", 10), prometheus=PrometheusReads([usage("claim-ann", 10)], warnings=("store b: down",))
    )
    view = await listed(its)
    assert view.problems == ("Prometheus warns that this is not all: store b: down",)
    assert view.tone is Tone.WARNING


async def test_without_prometheus_it_says_which_setting_is_missing():
    with pytest.raises(UserError, match=r"prometheus\.url is not configured") as refused:
        await listed(world(prometheus=None))
    assert refused.value.hints == ("/jhub storage list",)
    with pytest.raises(Unavailable, match="Prometheus cannot be reached"):
        await listed(world(prometheus=PrometheusReads(SILENT)))


async def test_one_order_at_a_time():
    with pytest.raises(UserError, match="leave out --sort"):
        await listed(world(), sort=Order.parse("age"))


async def test_the_usual_list_asks_prometheus_nothing():
    its = world()
    await storage_list.run(storage_list.Args(), its.reads)
    assert its.prometheus.asked == []


# One user's


async def shown(its):
    return facts(await storage_show.run(storage_show.Args(Upn.parse(ANN)), its.reads)).get("How full")


async def test_one_users_home_says_how_full_it_is_and_when_that_was_measured():
    its = world(usage("claim-ann", 97))
    assert ((await shown(its)).value, (await shown(its)).tone) == ("97 % of 10 GiB used, 307.2 MiB left", Tone.WARNING)
    assert its.prometheus.asked[0] == ["claim-ann"], "nobody else's is asked for"
    old = await shown(world(usage("claim-ann", 40, mounted=False, seen=NOW - 2 * DAY)))
    assert old.value == "40 % of 10 GiB used, 6 GiB left; measured 2 days ago"
    files = await shown(world(usage("claim-ann", 40, files=655_360)))
    assert files.value.endswith("; 655,360 of at most 655,360 files")
    assert files.tone is Tone.BAD


@pytest.mark.parametrize(
    ("prometheus", "value"),
    [
        (PrometheusReads(SILENT), "unknown: Prometheus cannot be reached"),
        (PrometheusReads([]), "unknown: not measured within 7 days"),
        (PrometheusReads([], warnings=("store b: down",)), "unknown: Prometheus warns: store b: down"),
    ],
)
async def test_what_is_not_known_is_said_to_be_unknown(prometheus, value):
    assert (await shown(world(prometheus=prometheus))).value == value


async def test_without_prometheus_nothing_is_said():
    assert await shown(world(prometheus=None)) is None


async def test_five_thousand_homes_are_listed():
    names = [f"user{number}@example.org" for number in range(5_000)]
    claims = [home(name) for name in names]
    known = [usage(claim.name, number / 50) for number, claim in enumerate(claims)]
    its = world(*known, claims=claims, users=[user(name) for name in names], pods=[])
    view = await listed(its)
    assert len(rows(view)) == 5_000
    assert rows(view)[0][:2] == ["user4999@example.org", "100 %"]
    assert view.headline == "25 homes are full; 475 more at 90 % or above"
