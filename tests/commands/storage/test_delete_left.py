"""Deleting the homes of people who left: which are listed, what is spared, what fails alone, and any crash."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from bot.changes.serialization import dump, load, returned
from cards.text import render
from cards.views import Failure, Notice
from clients.errors import Unavailable
from clients.kube import SnapshotClass
from commands.framework.argument_types import Age, ServerName, Upn
from commands.framework.errors import UserError
from commands.framework.plan_digest import digest
from commands.ports.entra import Identity
from commands.storage import delete
from commands.storage.left_homes import MOST, LeftDeletion
from tests.world import NOW, OLU, Doing, World, empty, home, mounted, user
from tests.world.crash import through_crash
from tests.world.entra import People

ANN, GONE = "ann@example.org", [f"gone{number:02}@example.org" for number in range(7)]
LEFT = delete.Args(left=True, older=Age.parse("90d"))


def left(name, days=100, claim="", **more):
    return home(name, claim, created=NOW - timedelta(days=days), **more)


def world(**more):
    """Ann is there; seven people left, the last one the longest ago."""
    claims = [home(ANN), *(left(name, 100 + days) for days, name in enumerate(GONE))]
    return World(**{"claims": claims, "users": [user(ANN)], **more})


async def planned(its, args=LEFT):
    return await delete.plan(args, its.reads)


async def refusal(its, args=LEFT):
    with pytest.raises(UserError) as error:
        await planned(its, args)
    return str(error.value)


def names(plan):
    return [one.user for one in plan.homes]


# The list


async def test_the_oldest_come_first_and_who_is_there_is_not_on_it():
    assert names(await planned(world())) == list(reversed(GONE))


@pytest.mark.parametrize(
    ("claim", "why"),
    [
        (left(GONE[0], 89), ""),
        (left(GONE[0], terminating=True), "Being deleted already: 1"),
        (replace(empty(GONE[0]), created=NOW - timedelta(days=100)), "Without a disk: 1"),
        (left(GONE[0], storage_class="azurefile"), "Of a class without snapshots: 1"),
        (left("", claim="claim-x"), "Without the name of an owner: 1"),
        (left(GONE[0], component="hub"), ""),
        (left(GONE[0], claim="hub-db-dir"), ""),
    ],
    ids=["too young", "being deleted", "no disk", "no snapshots", "nobody's", "the hub's", "the hub's database"],
)
async def test_what_is_left_out_is_counted_with_the_reason(claim, why):
    plan = await planned(world(claims=[claim, left(GONE[1])]))
    assert names(plan) == [GONE[1]]
    assert plan.others == ((why,) if why else ())


async def test_a_home_in_use_is_left_out():
    claim = left(GONE[0])
    plan = await planned(world(claims=[claim, left(GONE[1])], pods=[mounted(claim)]))
    assert (names(plan), plan.others) == ([GONE[1]], ("Mounted by a pod: 1",))


async def test_who_is_still_in_the_directory_has_not_left():
    plan = await planned(world(in_directory=[GONE[6]]))
    assert GONE[6] not in names(plan)
    assert plan.others == ("Of people whom the hub does not know, but the directory does: 1",)
    assert not plan.unsure


async def test_where_only_a_team_is_known_the_card_says_that_nobody_can_tell():
    plan = await planned(world(in_directory=None))
    assert plan.unsure
    assert "The directory does not tell of some of these people" in render(delete.preview(plan))


async def test_a_directory_that_does_not_answer_makes_no_list():
    with pytest.raises(Unavailable, match="Graph"):
        await planned(world(in_directory=Unavailable("Microsoft Graph", "does not answer")))


@pytest.mark.parametrize("users", [[], Unavailable("The hub", "cannot be reached")], ids=["lost", "absent"])
async def test_a_hub_that_cannot_tell_makes_no_list(users):
    with pytest.raises((UserError, Unavailable), match=r"knows no users|cannot be reached"):
        await planned(world(users=users))


async def test_nothing_to_delete_is_said_with_what_was_left_out():
    said = await refusal(world(claims=[left(GONE[0], terminating=True)]))
    assert "No home of somebody who left is older than 90 days. Left out: Being deleted already: 1." in said


async def test_a_list_is_short_enough_to_be_read():
    claims = [left(f"p{number}@example.org", claim=f"claim-{number}") for number in range(MOST + 3)]
    plan = await planned(world(claims=claims))
    assert (len(plan.homes), plan.more) == (MOST, 3)
    assert "3 more homes fit" in render(delete.preview(plan))


@pytest.mark.parametrize(
    ("args", "why"),
    [
        (delete.Args(), "Whose home?"),
        (delete.Args(left=True), "go together"),
        (delete.Args(older=Age.parse("90d")), "go together"),
        (delete.Args(Upn.parse(ANN), left=True, older=Age.parse("90d")), "leave out the user"),
        (delete.Args(server=ServerName.parse("x"), left=True, older=Age.parse("90d")), "leave out the user"),
        (delete.Args(no_snapshot=True, left=True, older=Age.parse("90d")), "other flags"),
        (delete.Args(left=True, older=Age.parse("180m")), "younger than 30 days"),
    ],
)
async def test_what_does_not_go_together_is_refused(args, why):
    assert why in await refusal(world(), args)


async def test_the_list_survives_storing_and_consent_is_bound_to_it():
    plan = await planned(world())
    kind = returned(delete.plan)
    assert load(kind, dump(kind, plan)) == plan
    assert isinstance(load(kind, dump(kind, plan)), LeftDeletion)
    assert digest("storage delete", OLU, plan) != digest("storage delete", OLU, replace(plan, homes=plan.homes[1:]))
    assert delete.COMMAND.is_list(plan)


# Deleting them


async def done(its):
    doing = Doing(its)
    return await delete.apply(await planned(its), doing), doing


async def test_each_is_snapshotted_then_deleted_some_at_a_time():
    its = world()
    view, doing = await done(its)
    assert doing.titles == ["Delete homes 1 to 5", "Delete homes 6 to 7"]
    assert view.title == "7 homes of 7 deleted"
    assert [one.name for one in its.claims] == ["claim-ann"]
    assert {one.user for one in its.snapshots} == set(GONE)
    for name in GONE:
        short = name.partition("@")[0]
        snapshot = next(n for n, line in enumerate(its.done) if line.endswith(f"of claim-{short}"))
        assert snapshot < its.done.index(f"delete_claim claim-{short}")


async def test_nothing_is_deleted_whose_snapshot_is_not_ready():
    its = world(snapshot_error="the number of snapshots exceeds the quota")
    view, _ = await done(its)
    assert isinstance(view, Failure)
    assert view.title == "0 homes of 7 deleted, 7 not"
    assert len(its.claims) == 8
    assert not [line for line in its.done if line.startswith("delete_claim")]


async def test_who_logged_in_meanwhile_keeps_the_home_and_is_said():
    its = world()
    plan = await planned(its)
    its.users = [*its.users, user(GONE[3])]
    view = await delete.apply(plan, Doing(its))
    assert isinstance(view, Notice)
    assert view.title == "6 homes of 7 deleted"
    assert f"{GONE[3]}: its owner has logged in in the meantime" in render(view)
    assert {one.user for one in its.claims} == {ANN, GONE[3]}


async def test_who_logs_in_while_the_snapshot_is_taken_keeps_the_home(monkeypatch):
    its = world(claims=[home(ANN), left(GONE[0])])
    plan, doing = await planned(its), Doing(its)
    take = type(doing.writes.kube).create_snapshot

    async def back(self, **more):
        its.users = [*its.users, user(GONE[0])]
        return await take(self, **more)

    monkeypatch.setattr(type(doing.writes.kube), "create_snapshot", back)
    assert (await delete.apply(plan, doing)).title == "0 homes of 1 deleted"
    assert len(its.claims) == 2


async def test_another_claim_of_that_name_is_left_alone():
    its = world(claims=[home(ANN), left(GONE[0])])
    plan = await planned(its)
    its.claims = [home(ANN), left(GONE[0], uid="another")]
    view = await delete.apply(plan, Doing(its))
    assert "deleted by somebody else" in render(view)
    assert len(its.claims) == 2


async def test_who_is_in_the_directory_again_keeps_the_home():
    its = world()
    plan = await planned(its)
    its.in_directory = [GONE[0]]
    view = await delete.apply(plan, Doing(its))
    assert f"{GONE[0]}: its owner is in the directory again" in render(view)
    assert GONE[0] in {one.user for one in its.claims}
    assert GONE[0] not in {one.user for one in its.snapshots}


async def test_what_somebody_else_deletes_without_a_snapshot_is_not_said_to_have_one():
    its = world(claims=[home(ANN), left(GONE[0])])
    plan = await planned(its)
    its.claims = [replace(one, terminating=one.user == GONE[0]) for one in its.claims]
    view = await delete.apply(plan, Doing(its))
    assert f"{GONE[0]}: somebody else is deleting it" in render(view)
    assert view.title == "0 homes of 1 deleted"


async def test_what_fails_stops_no_other(monkeypatch):
    its = world()
    plan, doing = await planned(its), Doing(its)
    plain = type(doing.writes.kube).delete_claim

    async def fails(self, name, uid):
        if name == "claim-gone03":
            raise Unavailable("Kubernetes", "answered with an error (500)")
        return await plain(self, name, uid)

    monkeypatch.setattr(type(doing.writes.kube), "delete_claim", fails)
    view = await delete.apply(plan, doing)
    assert view.title == "6 homes of 7 deleted, 1 not"
    assert f"{GONE[3]}: Kubernetes answered with an error (500)" in render(view)


async def test_a_stop_leaves_the_rest_alone_and_says_so():
    its, doing = world(), None
    plan, doing = await planned(its), Doing(its)
    doing.stop.set()
    view = await delete.apply(plan, doing)
    assert "2 homes: somebody asked to stop" in render(view)
    assert {GONE[0], GONE[1]} <= {one.user for one in its.claims}


async def test_a_crash_at_any_moment_deletes_all_and_only_with_a_snapshot():
    moments = 0
    while True:
        its = world(claims=[home(ANN), *(left(name) for name in GONE[:2])])
        view = await through_crash(delete.apply, await planned(its), its, moments)
        assert {one.user for one in its.snapshots} >= set(GONE[:2])
        if view is None:
            break
        assert view.title == "2 homes of 2 deleted"
        assert [one.user for one in its.claims] == [ANN]
        assert len(its.snapshots) == 2
        moments += 1
    assert moments >= 8


async def test_snapshot_classes_are_chosen_by_the_driver():
    its = world(snapshot_classes=[SnapshotClass("files", "file.csi.azure.com", "Delete", True)])
    assert "Of a class without snapshots" in await refusal(its)


@dataclass(frozen=True)
class Remembered:
    """Who was behind each name at first."""

    ids: dict

    async def known(self):
        return {name: Identity(name, one, NOW) for name, one in self.ids.items()}


async def test_whose_name_changed_has_not_left():
    """One is there by another name, one is gone, and of the others nothing is remembered."""
    people = People({"id-0": "new.name@example.org"})
    its = world(people=people, identities=Remembered({GONE[0]: "id-0", GONE[1]: "id-1"}))
    plan = await planned(its)
    assert GONE[0] not in names(plan)
    assert GONE[1] in names(plan)
    assert plan.others == ("Of people who have another name now (/jhub storage doctor): 1",)
