"""The homes there are: what is counted, what is shown first, and that no outage makes orphans."""

import tracemalloc
from dataclasses import replace
from datetime import timedelta

import pytest

from cards.text import render
from cards.views import Facts, Table, Tone
from clients.errors import Unavailable
from commands.framework.argument_types import Age
from commands.framework.errors import UserError
from commands.kubernetes.claim_names import new_name
from commands.storage import list as storage_list
from commands.storage.arguments import Order
from tests.world import NOW, World, empty, home, mounted, user

ANN, BOB, EVE = "ann@example.org", "bob@example.org", "eve@example.org"
SILENT = Unavailable("the hub", "did not answer within 5 s")


async def card(world, **given):
    kinds = {"unused": Age.parse, "sort": Order.parse, "orphaned": bool}
    return await storage_list.run(storage_list.Args(**{k: kinds[k](v) for k, v in given.items()}), world.reads)


def rows(view):
    return [[cell.text for cell in row] for s in view.sections if isinstance(s, Table) for row in s.rows]


def facts(view):
    return {fact.label: fact.value for s in view.sections if isinstance(s, Facts) for fact in s.facts}


def world(**more):
    claims = [
        home(ANN, size=5 * 2**30),
        home(BOB, size=20 * 2**30, created=NOW - timedelta(days=300)),
        home(EVE, size=10 * 2**30),
        home(ANN, "hub-db-dir", component="hub"),
    ]
    users = [user(ANN), replace(user(BOB), last_activity=NOW - timedelta(days=120))]
    return World(**{"claims": claims, "users": users, "pods": [mounted(claims[0])], **more})


async def test_the_largest_first_with_owner_class_age_and_last_use():
    view = await card(world())
    assert rows(view) == [
        [BOB, "20 GiB", "managed-csi", "300 days", "120 days ago"],
        [EVE, "10 GiB", "managed-csi", "100 days", "not in the hub"],
        [ANN, "5 GiB", "managed-csi", "100 days", "now"],
    ]
    assert facts(view)["All homes"] == "3, 35 GiB; 1 in use"
    assert facts(view)["Without an owner"] == "1, 10 GiB: /jhub storage list --orphaned"


async def test_other_orders():
    assert [row[0] for row in rows(await card(world(), sort="name"))] == [ANN, BOB, EVE]
    assert rows(await card(world(), sort="age"))[0][0] == BOB


async def test_orphans_alone():
    view = await card(world(), orphaned=True)
    assert [row[0] for row in rows(view)] == [EVE]
    assert view.headline == "1 home without an owner in the hub, 10 GiB"


async def test_the_owner_is_found_in_any_case_and_by_the_claims_name():
    claims = [home("ANN@example.org"), home("", new_name(BOB)), home("", "claim-zzz")]
    view = await card(world(claims=claims, pods=[]), orphaned=True)
    assert [row[0] for row in rows(view)] == ["nobody (claim-zzz)"]


async def test_unused_is_not_used_for_so_long_and_never_what_is_mounted():
    assert [row[0] for row in rows(await card(world(), unused="90d"))] == [BOB, EVE]
    assert [row[0] for row in rows(await card(world(), unused="110d"))] == [BOB]
    assert rows(await card(world(), unused="121d")) == []


@pytest.mark.parametrize("silence", [SILENT, []], ids=["silent hub", "a hub that lost everybody"])
async def test_no_outage_makes_orphans(silence):
    view = await card(world(users=silence))
    assert view.tone is Tone.WARNING
    assert "owners cannot be checked now" in view.problems[0]
    assert "not in the hub" not in render(view)
    assert "Without an owner" not in facts(view)
    for flag in ({"orphaned": True}, {"unused": "90d"}):
        with pytest.raises(UserError, match="the bot cannot tell"):
            await card(world(users=silence), **flag)


async def test_without_a_disk_is_counted():
    assert facts(await card(world(claims=[empty(ANN)])))["Without a disk"] == "1, not used yet"


async def test_named_servers_are_told_apart():
    view = await card(world(claims=[home(ANN), home(ANN, "claim-t", server="thesis")], pods=[]))
    assert [row[0] for row in rows(view)] == [ANN, f"{ANN}, server “thesis”"]


class Pages(World):
    """Claims that exist only while their page is looked at."""

    pages = 40

    async def answer(self, what):
        return Numbered(self.pages) if what == "claims" else await super().answer(what)


class Numbered:
    def __init__(self, pages):
        self._pages = pages

    def __len__(self):
        return self._pages * 500

    def __getitem__(self, part):
        return [home(f"user{n}@example.org", size=n * 2**20) for n in range(part.start, part.stop)]


def _claim_size():
    tracemalloc.start()
    held = Numbered(2)[slice(0, 1_000)]
    size = tracemalloc.get_traced_memory()[0] / len(held)
    tracemalloc.stop()
    return size


async def test_memory_is_that_of_what_is_listed_and_not_of_the_claims():
    async def peak(pages):
        many = Pages(users=[user(ANN)])
        many.pages = pages
        tracemalloc.start()
        view = await card(many)
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used, view

    few, _ = await peak(2)
    many, view = await peak(40)
    assert many - few < 19_000 * _claim_size()
    assert facts(view)["All homes"].startswith("20,000, ")
    assert [row[0] for row in rows(view)] == [f"user{n}@example.org" for n in reversed(range(20_000))]
