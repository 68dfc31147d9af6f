"""Deleting a home: what is planned, what is refused, what is done in which order, and that it survives any crash."""

import copy
from dataclasses import replace

import pytest

from bot.changes.serialization import dump, load
from cards.text import render
from cards.views import Failure, Notice
from clients.errors import NotFound, Unavailable
from clients.hub import HubServer
from clients.kube import StorageClass
from commands.framework.argument_types import ObjectName, ServerName, Upn
from commands.framework.errors import UserError
from commands.framework.plan_digest import digest
from commands.kubernetes.claim_names import new_name, old_name
from commands.storage import delete as storage_delete
from commands.storage.deletion import Deletion
from commands.storage.snapshots import recorded_original
from tests.world import NOW, OLU, Doing, World, empty, home, mounted, pod, snapshot, user, volume, words
from tests.world.crash import through_crash

ANN = "ann@example.org"


def args(typed=ANN, server=None, claim=None, **more):
    return storage_delete.Args(
        Upn.parse(typed),
        ServerName.parse(server) if server else None,
        ObjectName.parse(claim) if claim else None,
        **more,
    )


async def planned(world, *given, **more):
    return await storage_delete.plan(args(*given, **more), world.reads)


def at_work(**more):
    """Ann's server runs and mounts her home."""
    claim = home(ANN)
    return World(claims=[claim], pods=[mounted(claim)], users=[user(ANN, True)], **more)


def away(**more):
    """Ann has a home and no server."""
    return World(**{"claims": [home(ANN)], "users": [user(ANN)], **more})


# Planning


async def test_the_plan_holds_exactly_what_will_be_hit():
    plan = await planned(at_work(), stop_server=True)
    assert (plan.user, plan.claim.name, plan.claim.uid) == (ANN, "claim-ann", "uid-ann@example.org")
    assert [(one.name, one.uid) for one in plan.pods] == [("jupyter-ann", "uid-jupyter-ann")]
    assert (plan.snapshot_class, plan.reclaim_policy, plan.known, plan.remakes) == (
        "csi-azuredisk",
        "Delete",
        True,
        True,
    )


async def test_the_card_says_what_happens_to_whom():
    said = render(storage_delete.preview(await planned(at_work(), stop_server=True)))
    for needed in (
        ANN,
        "claim-ann, 10 GiB",
        "The server is stopped (jupyter-ann)",
        "A snapshot is taken first",
        "14 days",
    ):
        assert needed in said
    assert "no way back" not in said


async def test_the_plan_survives_storing_and_consent_is_bound_to_its_targets():
    plan = await planned(at_work(), stop_server=True)
    assert load(Deletion, dump(Deletion, plan)) == plan
    same = digest("storage delete", OLU, plan)
    assert digest("storage delete", OLU, replace(plan, last_activity=None)) == same
    others = [
        replace(plan, claim=replace(plan.claim, uid="another")),
        replace(plan, pods=()),
        replace(plan, snapshot_class=""),
        replace(plan, user="bob@example.org"),
    ]
    assert same not in {digest("storage delete", OLU, one) for one in others}


async def test_in_use_is_refused_with_the_line_that_would_do_it():
    with pytest.raises(UserError, match="in use: pod jupyter-ann mounts it") as refused:
        await planned(at_work())
    assert refused.value.hints == (f"/jhub storage delete {ANN} --stop-server",)


async def test_a_server_that_only_starts_is_in_use():
    world = away(users=[user(ANN, False)])
    with pytest.raises(UserError, match="its server runs or is starting"):
        await planned(world)
    assert (await planned(world, stop_server=True)).stops


async def test_a_finished_pod_holds_nothing():
    claim = home(ANN)
    assert not (await planned(away(claims=[claim], pods=[mounted(claim, phase="Succeeded")]))).stops


@pytest.mark.parametrize(
    "holder",
    [pod("backup-1", "backup", claims=("claim-ann",)), mounted(home(ANN), user="bob@example.org")],
    ids=["somebody's job", "another user's server"],
)
async def test_a_pod_that_is_no_server_of_theirs_is_not_ended(holder):
    with pytest.raises(UserError, match=f"{holder.name}, which is not a server of {ANN}"):
        await planned(away(pods=[holder]), stop_server=True)


async def test_the_server_with_the_other_home_is_left_alone():
    real, fresh = home(ANN, old_name(ANN)), home(ANN, new_name(ANN))
    world = World(claims=[real, fresh], pods=[mounted(fresh)], users=[user(ANN, True)])
    plan = await planned(world, claim=old_name(ANN))
    assert (plan.stops, plan.remakes, plan.claim.name) == (False, False, old_name(ANN))


async def test_several_homes_are_refused_until_one_is_named():
    with pytest.raises(UserError, match="has 2 homes"):
        await planned(away(claims=[home(ANN, old_name(ANN)), empty(ANN, new_name(ANN))]))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"snapshot_classes": []}, "no snapshot class fits its storage class “managed-csi”"),
        ({"volumes": []}, "its volume pvc-ann no longer exists"),
    ],
)
async def test_without_a_way_back_it_has_to_be_asked_for(change, why):
    with pytest.raises(UserError, match=why) as refused:
        await planned(away(**change))
    assert "Once deleted, the home cannot be restored." in str(refused.value)
    assert refused.value.hints == (f"/jhub storage delete {ANN} --no-snapshot",)
    plan = await planned(away(**change), no_snapshot=True)
    assert "No snapshot is taken: the home cannot be restored." in storage_delete.preview(plan).warnings


async def test_an_in_tree_volume_is_known_by_its_class():
    claim = home(ANN)
    world = away(
        claims=[claim],
        volumes=[replace(volume(claim), driver="")],
        storage_classes=[StorageClass("managed-csi", "disk.csi.azure.com", "Delete", True, True)],
    )
    assert (await planned(world)).snapshot_class == "csi-azuredisk"


async def test_a_retained_disk_is_said_to_stay():
    claim = home(ANN)
    plan = await planned(away(claims=[claim], volumes=[volume(claim, "Retain")]))
    assert "the disk itself stays" in words(storage_delete.preview(plan))


async def test_an_unused_claim_needs_no_snapshot():
    plan = await planned(away(claims=[empty(ANN)]))
    assert (plan.snapshot_class, plan.remakes) == ("", True)


async def test_a_restored_one_that_has_no_disk_yet_says_where_its_files_are():
    plan = await planned(away(claims=[empty(ANN, annotations={"jhub-bot/restored-from": "home-1"})]))
    assert "from the snapshot home-1" in storage_delete.preview(plan).warnings[0]


async def test_one_made_for_the_next_login_is_empty_already():
    made = empty(ANN, annotations={"jhub-bot/operation": "op-1"})
    with pytest.raises(UserError, match="is already empty"):
        await planned(away(claims=[made]))


async def test_a_claim_that_is_going_already_is_said():
    claim = home(ANN, terminating=True)
    with pytest.raises(UserError, match=r"already being deleted. Pod jupyter-ann still mounts it"):
        await planned(away(claims=[claim], pods=[mounted(claim)]))


async def test_without_the_hub_nothing_is_deleted():
    with pytest.raises(Unavailable):
        await planned(away(users=Unavailable("the hub", "did not answer within 5 s")))


async def test_a_known_user_without_a_home_is_said():
    with pytest.raises(UserError, match="has no home: the hub knows the user"):
        await planned(away(claims=[]))


async def test_a_claim_found_by_its_name_and_another_spelling_are_warned_of():
    plan = await planned(away(claims=[home("", new_name(ANN))]))
    assert "Only its name says" in storage_delete.preview(plan).warnings[0]
    plan = await planned(away(claims=[home("strasse@x.org")], users=[user("strasse@x.org")]), "straße@x.org")
    assert storage_delete.preview(plan).warnings == ("“straße@x.org” was typed; the home belongs to “strasse@x.org”.",)


# Doing


async def applied(world, **more):
    doing = Doing(world)
    return await storage_delete.apply(await planned(world, **more), doing), doing


async def test_stop_keep_delete_and_make_room_in_that_order():
    world = at_work()
    before = world.claims[0]
    view, doing = await applied(world, stop_server=True)
    assert isinstance(view, Notice)
    assert doing.titles == [
        "Stop the server",
        "Look at the claim",
        "Take a snapshot",
        "Delete the claim",
        "Prepare for the next login",
    ]
    kinds = list(dict.fromkeys(done.split()[0] for done in world.done))
    assert kinds == ["stop_server", "create_snapshot", "delete_claim", "create_claim"]
    (after,) = world.claims
    assert (after.name, after.user, after.volume, after.size) == (before.name, ANN, "", before.size)
    assert after.uid != before.uid
    assert after.labels == before.labels
    assert "pv.kubernetes.io/bind-completed" not in after.annotations


async def test_the_answer_says_how_it_comes_back_and_until_when():
    view, _ = await applied(away())
    said = render(view)
    assert f"/jhub storage restore {ANN}" in said
    assert "home-op-9" in said
    assert "until 2026-12-07 09:00 UTC" in said


async def test_the_snapshot_says_all_it_takes_to_make_the_home_again():
    world = away()
    before = world.claims[0]
    await applied(world)
    (taken,) = world.snapshots
    assert taken.labels == {"app.kubernetes.io/managed-by": "jhub-bot", "jhub-bot/operation": "op-9"}
    assert (taken.user, taken.server, taken.claim) == (ANN, "", before.name)
    kept = recorded_original(taken)
    assert (kept.name, kept.size, kept.storage_class, kept.labels) == (
        before.name,
        before.size,
        before.storage_class,
        dict(before.labels),
    )


async def test_a_user_whom_the_hub_forgot_gets_no_new_claim_and_their_pod_is_ended():
    claim = home(ANN)
    world = World(claims=[claim], pods=[mounted(claim)], users=[user("bob@example.org")])
    view, _ = await applied(world, stop_server=True)
    assert isinstance(view, Notice)
    assert world.done == ["delete_pod jupyter-ann", "create_snapshot home-op-9 of claim-ann", "delete_claim claim-ann"]
    assert world.claims == []


async def test_a_named_server_alone_is_stopped():
    claim = home(ANN, "claim-thesis", server="thesis")
    running = (HubServer("thesis", True, "", NOW, NOW), HubServer("", True, "", NOW, NOW))
    world = World(claims=[claim, home(ANN)], pods=[mounted(claim)], users=[replace(user(ANN), servers=running)])
    view, _ = await applied(world, server="thesis", stop_server=True)
    assert isinstance(view, Notice)
    assert [server.name for server in world.users[0].servers] == [""]
    assert f"/jhub storage restore {ANN} --server thesis" in words(view)


async def test_a_server_that_does_not_stop_leaves_the_home_untouched():
    world = at_work(stubborn=("jupyter-ann",))
    world.pods = [replace(world.pods[0], terminating=True)]
    view, _ = await applied(world, stop_server=True)
    assert isinstance(view, Failure)
    assert "jupyter-ann still mounts the home" in view.cause
    assert not any(done.startswith(("delete", "create")) for done in world.done)


async def test_a_snapshot_that_fails_leaves_the_home_untouched_and_says_why():
    view, doing = await applied(away(snapshot_error="disk quota exceeded"))
    assert isinstance(view, Failure)
    assert "disk quota exceeded" in view.cause
    assert doing.warned[0] == "The snapshot is not ready yet: disk quota exceeded"
    assert len(doing.world.claims) == 1


async def test_somebody_who_asks_to_stop_before_the_snapshot_is_ready_keeps_the_home():
    world = away(snapshot_error="slow")
    doing = Doing(world)
    doing.stop.set()
    view = await storage_delete.apply(await planned(world), doing)
    assert view.cause == "Somebody asked to stop before the snapshot was ready."
    assert not any(done.startswith("delete") for done in world.done)


async def test_a_server_started_meanwhile_saves_the_home():
    world = away()
    plan = await planned(world)
    world.pods = [mounted(world.claims[0])]
    view = await storage_delete.apply(plan, Doing(world))
    assert isinstance(view, Failure)
    assert "In the meantime jupyter-ann has mounted it" in view.cause
    assert not world.claims[0].terminating


async def test_what_holds_the_claim_is_said():
    world = away()
    plan = await planned(world)
    doing = Doing(world)
    holder = mounted(world.claims[0])

    async def delete_claim(*_):
        world.claims = [replace(one, terminating=True) for one in world.claims]
        world.pods = [holder]
        return True

    writes = replace(doing.writes, kube=Late(doing.writes.kube, delete_claim))
    view = await storage_delete.apply(plan, WithWrites(world, writes))
    assert isinstance(view, Failure)
    assert "marked for deletion, but pod jupyter-ann still mounts it" in view.cause
    assert f"To restore it: /jhub storage restore {ANN}" in view.advice


class Late:
    """The cluster's writer with another way to delete claims."""

    def __init__(self, kube, delete_claim):
        self._kube, self.delete_claim = kube, delete_claim

    def __getattr__(self, name):
        return getattr(self._kube, name)


class WithWrites(Doing):
    def __init__(self, world, writes):
        super().__init__(world)
        self._writes = writes

    @property
    def writes(self):
        return self._writes


async def test_another_claim_of_the_same_name_is_not_touched():
    world = away()
    plan = await planned(world)
    world.claims = [home(ANN, uid="uid-new")]
    view = await storage_delete.apply(plan, Doing(world))
    assert isinstance(view, Failure)
    assert [one.uid for one in world.claims] == ["uid-new"]


async def test_a_short_outage_in_the_middle_is_waited_out():
    world = away(snapshot_error="")
    plan = await planned(world)
    doing = Doing(world)
    reads = iter([Unavailable("Kubernetes", "did not answer within 5 s")])
    answer = world.answer

    async def sometimes(what):
        if what == "snapshots" and (error := next(reads, None)):
            raise error
        return await answer(what)

    world.answer = sometimes
    assert isinstance(await storage_delete.apply(plan, doing), Notice)
    assert any("Trying again" in line for told in doing.told for line in told)


async def test_a_crash_at_any_moment_changes_nothing_of_the_outcome():
    world = at_work()
    plan = await planned(world, stop_server=True)
    straight = copy.deepcopy(world)
    expected = await storage_delete.apply(plan, Doing(straight))
    for moment in range(100):
        crashed = copy.deepcopy(world)
        view = await through_crash(storage_delete.apply, plan, crashed, moment)
        if view is None:
            break
        assert view == expected
        assert [(c.name, c.volume, c.user) for c in crashed.claims] == [("claim-ann", "", ANN)]
        assert [(s.name, s.claim) for s in crashed.snapshots] == [("home-op-9", "claim-ann")]
        assert crashed.pods == []
    assert moment >= 8, "there were moments to die at"


async def test_a_pod_that_came_later_is_never_ended():
    claim = home(ANN)
    world = World(claims=[claim], pods=[mounted(claim)], users=[user("bob@example.org")])
    plan = await planned(world, stop_server=True)
    world.pods = [mounted(claim, uid="uid-later")]
    view = await storage_delete.apply(plan, Doing(world))
    assert isinstance(view, Failure)
    assert world.done == []


async def test_a_snapshot_is_of_this_operation_not_of_another():
    world = away(snapshots=[snapshot(home(ANN), "home-op-8")])
    await applied(world)
    assert [one.name for one in world.snapshots] == ["home-op-8", "home-op-9"]


async def test_nobody_by_that_name():
    with pytest.raises((UserError, NotFound), match="does not know the user"):
        await planned(away(), "zoe@example.org")
