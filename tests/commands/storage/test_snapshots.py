"""Which snapshots expire, and the list of them."""

from dataclasses import replace

from cards.text import render
from cards.views import Tone
from clients.errors import Unavailable
from clients.kube import SnapshotClass
from commands.storage import snapshot_list as storage_snapshots
from commands.storage.snapshots import class_for, expire
from tests.world import Doing, World, empty, home, snapshot

ANN = "ann@example.org"


def several():
    claim = home(ANN)
    return [
        snapshot(claim, "young", 13),
        snapshot(claim, "due", 14),
        snapshot(claim, "old", 40),
        snapshot(claim, "by-hand", 40, labels={}),
        snapshot(claim, "going", 40, terminating=True),
        snapshot(claim, "undated", created=None),
    ]


async def test_only_the_bots_own_and_only_what_is_due_goes():
    world = World(snapshots=several())
    removed = await expire(world.reads, Doing(world).writes.kube)
    assert [(one.name, one.user, one.problem) for one in removed] == [("due", ANN, ""), ("old", ANN, "")]
    assert [one.name for one in world.snapshots] == ["young", "by-hand", "going", "undated"]


async def test_one_that_a_restored_home_still_needs_is_kept():
    waiting = empty(ANN, annotations={"jhub-bot/restored-from": "old"})
    world = World(snapshots=[snapshot(home(ANN), "old", 40)], claims=[waiting])
    (kept,) = await expire(world.reads, Doing(world).writes.kube)
    assert "a restored home is created from it" in kept.problem
    assert len(world.snapshots) == 1
    world.claims = [replace(waiting, volume="pvc-1", phase="Bound")]
    (gone,) = await expire(world.reads, Doing(world).writes.kube)
    assert (gone.problem, world.snapshots) == ("", [])


async def test_what_cannot_be_removed_is_said_and_the_others_go():
    world = World(snapshots=several())
    kube = Doing(world).writes.kube
    plain = kube.delete_snapshot

    async def refuses(name, uid):
        if name == "due":
            raise Unavailable("Kubernetes", "refused: the bot may not delete a snapshot (403)")
        return await plain(name, uid)

    kube.delete_snapshot = refuses
    due, old = await expire(world.reads, kube)
    assert "may not delete a snapshot" in due.problem
    assert old.problem == ""


def test_the_class_for_a_driver():
    by_default = SnapshotClass("b", "disk", "Retain", True)
    deletes, keeps = SnapshotClass("c", "disk", "Delete", False), SnapshotClass("a", "disk", "Retain", False)
    assert class_for("disk", [keeps, deletes, by_default]) == "b"
    assert class_for("disk", [keeps, deletes]) == "c"
    assert class_for("files", [keeps, deletes]) == ""
    assert class_for("", [SnapshotClass("a", "", "Delete", True)]) == ""


async def test_the_list_says_whose_how_old_and_until_when():
    world = World(snapshots=[*several(), snapshot(home(""), "strange", 1, ready=False, error="no such disk")])
    view = await storage_snapshots.run(storage_snapshots.Args(), world.reads)
    assert view.tone is Tone.WARNING
    rows = {row[1].text: [cell.text for cell in row] for row in view.sections[-1].rows}
    assert rows["young"] == [ANN, "young", "10 GiB", "13 days ago", "ready", "in 24 h"]
    assert rows["old"][-1] == "at the next daily clean-up"
    assert rows["by-hand"][-1] == "never"
    assert rows["strange"][0] == "—"
    assert "no such disk" in view.problems[0]


async def test_no_snapshots_says_where_they_come_from():
    view = await storage_snapshots.run(storage_snapshots.Args(), World().reads)
    assert "keeps it for 14 days" in render(view)
