"""Bringing a home back: from which snapshot, to which claim, what is never overwritten, and after any crash."""

import copy
from dataclasses import replace

import pytest

from bot.changes.serialization import dump, load
from cards.text import render
from cards.views import Failure, Notice, Tone
from clients.kube import Event, StorageClass
from commands.framework.argument_types import ObjectName, ServerName, Upn
from commands.framework.errors import UserError
from commands.storage import delete as storage_delete
from commands.storage import restore as storage_restore
from commands.storage.restore_steps import Restoration
from tests.world import NOW, Doing, World, empty, home, mounted, snapshot, user
from tests.world.crash import through_crash

ANN = "ann@example.org"
AT_ONCE = [StorageClass("managed-csi", "disk.csi.azure.com", "Delete", True, False)]


async def planned(world, name="", typed=ANN, server=None):
    args = storage_restore.Args(
        Upn.parse(typed), ObjectName.parse(name) if name else None, ServerName.parse(server) if server else None
    )
    return await storage_restore.plan(args, world.reads)


async def deleted(**more):
    """The world after Ann's home was deleted by the bot."""
    claim = home(ANN, size=20 * 2**30, labels={"component": "singleuser-storage", "chart": "jupyterhub-4.4.0"})
    world = World(claims=[claim], users=[user(ANN)], **more)
    args = storage_delete.Args(Upn.parse(ANN))
    await storage_delete.apply(await storage_delete.plan(args, world.reads), Doing(world, operation="del"))
    world.done.clear()
    return world


async def test_back_under_its_name_with_labels_annotations_and_size():
    world = await deleted()
    plan = await planned(world)
    assert (plan.snapshot, plan.claim, plan.size, plan.replaces.name) == (
        "home-del",
        "claim-ann",
        20 * 2**30,
        "claim-ann",
    )
    assert load(Restoration, dump(Restoration, plan)) == plan
    view = await storage_restore.apply(plan, Doing(world))
    assert isinstance(view, Notice)
    assert world.done == ["delete_claim claim-ann", "create_claim claim-ann from home-del"]
    (claim,) = world.claims
    assert (claim.user, claim.size, claim.labels["chart"]) == (ANN, 20 * 2**30, "jupyterhub-4.4.0")
    assert claim.annotations["jhub-bot/restored-from"] == "home-del"
    assert "at the user's next login" in view.text
    with pytest.raises(UserError, match="is already restored from home-del"):
        await planned(world)


async def test_where_the_class_binds_at_once_the_disk_is_waited_for():
    world = await deleted()
    world.storage_classes = AT_ONCE
    view = await storage_restore.apply(await planned(world), Doing(world))
    assert (view.tone, view.text) == (Tone.GOOD, "Its disk is ready: the user can start a server.")


async def test_a_disk_that_does_not_come_is_said_with_what_the_cluster_says():
    world = await deleted()
    world.storage_classes = AT_ONCE
    plan = await planned(world)
    world.events = [Event("Warning", "ProvisioningFailed", "quota", "PersistentVolumeClaim", plan.claim, 1, None, NOW)]
    # The class that was planned with made disks at once; now none comes.
    world.storage_classes = [replace(AT_ONCE[0], binds_late=True)]
    doing = Doing(world)
    view = await storage_restore.apply(plan, doing)
    assert view.tone is Tone.WARNING
    assert doing.warned[0] == "ProvisioningFailed: quota"


async def test_a_user_whom_the_hub_forgot_gets_it_back_too():
    world = World(snapshots=[snapshot(home("Ann@example.org"))], users=[user("bob@example.org")])
    plan = await planned(world)
    assert (plan.user, plan.claim, plan.replaces) == ("Ann@example.org", "claim-Ann", None)


async def test_the_newest_ready_one_of_the_bot_is_taken():
    claim = home(ANN)
    world = World(
        snapshots=[
            snapshot(claim, "home-old", 5),
            snapshot(claim, "home-new", 2),
            snapshot(claim, "home-unready", 1, ready=False),
            snapshot(claim, "home-going", 1, terminating=True),
            snapshot(claim, "by-hand", 1, labels={}),
            snapshot(home("bob@example.org"), "home-bob", 0),
            snapshot(replace(claim, server="thesis"), "home-thesis", 0),
        ]
    )
    assert (await planned(world)).snapshot == "home-new"
    assert (await planned(world, "home-old")).snapshot == "home-old"
    assert (await planned(world, "by-hand")).snapshot == "by-hand"
    assert (await planned(world, server="thesis")).snapshot == "home-thesis"
    for name, why in [
        ("home-bob", "home-bob is not a snapshot of ann"),
        ("home-unready", "is not ready yet"),
        ("home-going", "is being removed"),
    ]:
        with pytest.raises(UserError, match=why):
            await planned(world, name)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"claims": [home(ANN)]}, r"has a home: claim-ann \(10 GiB\)\. It is not overwritten"),
        ({"claims": [home(ANN, "claim-other-name")]}, "has a home: claim-other-name"),
        ({"claims": [empty(ANN)], "pods": [mounted(empty(ANN), phase="Pending")]}, "has a home"),
        ({"users": [user(ANN, False)]}, "is running or starting: stop it first"),
        ({"claims": [home("bob@example.org", "claim-ann")]}, "that is not ann@example.org's"),
        ({"claims": [empty(ANN, terminating=True)]}, "still being deleted"),
        ({"storage_classes": []}, "“managed-csi”, which the cluster no longer has"),
        ({"snapshots": []}, "There is no snapshot of ann@example.org"),
    ],
)
async def test_what_is_in_the_way_is_said_and_left_alone(change, why):
    world = await deleted()
    world.claims = []
    for name, value in change.items():
        setattr(world, name, value)
    with pytest.raises(UserError, match=why):
        await planned(world)


async def test_the_way_to_an_older_state_is_shown():
    world = World(claims=[home(ANN)], users=[user(ANN)], snapshots=[snapshot(home(ANN), "home-1")])
    with pytest.raises(UserError) as refused:
        await planned(world)
    assert refused.value.hints == (f"/jhub storage delete {ANN}", f"/jhub storage restore {ANN} home-1")


async def test_a_snapshot_without_our_record_is_restored_as_kubespawner_makes_homes():
    plan = await planned(World(snapshots=[snapshot(home(ANN), "by-hand", labels={})]), "by-hand")
    assert (plan.claim, plan.size, plan.storage_class) == ("claim-ann", 10 * 2**30, "")


@pytest.mark.parametrize("record", ["", "[]", "{", '{"size": "big"}', '{"size": 1, "access_modes": {}}'])
async def test_a_record_that_cannot_be_read_is_none(record):
    broken = snapshot(home(ANN), annotations={"jhub-bot/claim": record})
    assert (await planned(World(snapshots=[broken]))).size == 10 * 2**30


async def test_the_hubs_database_is_never_made_from_a_snapshot():
    world = World(snapshots=[snapshot(home(ANN, "hub-db-dir"))])
    with pytest.raises(UserError, match="does not say which home"):
        await planned(world)


async def test_who_logs_in_meanwhile_keeps_what_they_have():
    world = await deleted()
    plan = await planned(world)
    world.claims = [replace(world.claims[0], volume="pvc-fresh", phase="Bound")]
    view = await storage_restore.apply(plan, Doing(world))
    assert isinstance(view, Failure)
    assert "no longer empty" in view.cause
    assert world.done == []


async def test_a_claim_that_somebody_else_made_meanwhile_is_not_taken_for_ours():
    world = await deleted()
    world.claims = []
    plan = await planned(world)
    world.claims = [empty(ANN)]
    view = await storage_restore.apply(plan, Doing(world))
    assert isinstance(view, Failure)
    assert "claim-ann was created in the meantime" in view.cause


async def test_a_snapshot_that_has_gone_meanwhile_is_said():
    world = await deleted()
    plan = await planned(world)
    world.snapshots = [replace(world.snapshots[0], uid="another")]
    view = await storage_restore.apply(plan, Doing(world))
    assert "no longer exists" in view.cause


async def test_the_card_says_what_becomes_what():
    said = render(storage_restore.preview(await planned(await deleted())))
    assert "home-del, taken 2026-11-23 09:00 UTC" in said
    assert "claim-ann, 20 GiB" in said
    assert "The empty claim claim-ann, which was never used, is replaced." in said


async def test_a_crash_at_any_moment_changes_nothing_of_the_outcome():
    world = await deleted()
    world.storage_classes = AT_ONCE
    plan = await planned(world)
    for moment in range(100):
        crashed = copy.deepcopy(world)
        view = await through_crash(storage_restore.apply, plan, crashed, moment)
        if view is None:
            break
        assert isinstance(view, Notice)
        (claim,) = crashed.claims
        assert (claim.name, claim.annotations["jhub-bot/restored-from"]) == ("claim-ann", "home-del")
    assert moment >= 4
