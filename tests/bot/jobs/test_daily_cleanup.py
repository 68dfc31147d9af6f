"""The daily job: expired snapshots go, once, and it is told where the homes were deleted."""

import pytest

from bot.jobs.daily_cleanup import Housekeeping
from clients.errors import Unavailable
from clients.kube import DaemonSet
from commands.images.puller_spec import labels_of, name_of
from tests.bot.people import OLU
from tests.world import Doing, World, home, snapshot, work

ANN = "ann@example.org"


def job(bench, world, places=None, tests=None):
    room = places or (lambda _: bench.room)
    kube = Doing(world).writes.kube
    return Housekeeping(lambda _: world.reads, kube, bench.changes, bench.trail, room, bench.clock, tests or no_tests)


async def no_tests(_at):
    """No test of the hub has left anything."""


async def deletion(bench):
    """A change on record, in whose name a snapshot was taken."""
    await bench.type(OLU, "tear door")
    (asked,) = await bench.changes.open()
    return asked


async def test_the_place_of_the_deletion_hears_of_it(bench):
    asked = await deletion(bench)
    labels = {"app.kubernetes.io/managed-by": "jhub-bot", "jhub-bot/operation": asked.id}
    world = World(snapshots=[snapshot(home(ANN), "old", 40, labels=labels), snapshot(home(ANN), "young", 1)])
    cards = len(bench.room.cards)
    await job(bench, world).daily("20261124031700")
    assert [one.name for one in world.snapshots] == ["young"]
    assert len(bench.room.cards) == cards + 1
    assert bench.room.shown.title == "1 expired snapshot removed"


async def test_every_removal_is_in_the_trail_and_a_second_run_of_the_same_day_adds_nothing(bench):
    world = World(snapshots=[snapshot(home(ANN), "old", 40)])
    for _ in range(2):
        await job(bench, world).expire_snapshots("20261124031700")
    told = [line for line in await bench.trail.page() if line.event == "expired snapshot"]
    assert [line.detail for line in reversed(told)] == [told[1].detail, told[0].detail]
    assert len(told) == 2
    assert "old" in told[0].detail


async def test_without_a_trail_nothing_is_removed(bench, monkeypatch):
    world = World(snapshots=[snapshot(home(ANN), "old", 40)])

    async def out(_entry):
        raise Unavailable("the bot's store", "cannot be written")

    monkeypatch.setattr(bench.trail, "write", out)
    await job(bench, world).expire_snapshots("20261124031700")
    assert len(world.snapshots) == 1


@pytest.mark.parametrize("label", ["", "no-such-change"])
async def test_a_snapshot_of_an_unknown_deletion_goes_in_silence(bench, label):
    labels = {"app.kubernetes.io/managed-by": "jhub-bot", "jhub-bot/operation": label}
    world = World(snapshots=[snapshot(home(ANN), "old", 40, labels=labels)])
    await job(bench, world).expire_snapshots("20261124031700")
    assert world.snapshots == []
    assert bench.room.cards == []


def puller(operation):
    labels = labels_of(operation)
    return DaemonSet(name_of(operation), f"uid-{operation}", labels, ("image:1",), 2, 0, is_observed=True)


async def test_a_puller_that_nobody_removes_any_more_goes_and_is_in_the_trail(bench):
    world = World(works=[work(id="op-1")], daemon_sets=[puller("op-1"), puller("op-2")])
    await job(bench, world).daily("20261124031700")
    assert world.daemon_sets == [puller("op-1")]
    told = [line.detail for line in await bench.trail.page() if line.event == "removed puller"]
    assert len(told) == 1
    assert "jhub-bot-prepull-op-2" in told[0]


async def test_while_nobody_knows_what_is_at_work_no_puller_goes(bench):
    world = World(works=Unavailable("The bot's store", "cannot be read"), daemon_sets=[puller("op-2")])
    await job(bench, world).daily("20261124031700")
    assert world.daemon_sets == [puller("op-2")]


async def test_what_tests_of_the_hub_have_left_is_looked_after_whatever_comes_of_it(bench):
    asked = []

    async def out(at):
        asked.append(at)
        raise Unavailable("the bot's store", "cannot be read")

    await job(bench, World(), tests=out).daily("20261124031700")
    assert asked == ["20261124031700"]
