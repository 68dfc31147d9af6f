"""Repairing what a killed helm left half-way: what is planned, what is told, what is refused, and who must agree."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from clients.errors import Conflict
from clients.helm import Chart, UpgradeResult
from clients.kube import Crash
from commands.framework.effects import Effect
from commands.framework.errors import UserError
from commands.ports.operations import WorkState
from commands.release.pending import RepairMethod, repair_method, revision_to_restore
from commands.rollout import repair
from commands.rollout.restore_revision import restore_unfinished
from tests.world import NOW, Doing, Helm, World, by_olu, components, home, pod, release, work


def pending(revision, what="upgrade", minutes=60, **more):
    begun = NOW - timedelta(minutes=minutes)
    return release(revision, "new", f"pending-{what}", last_deployed=begun, **more)


def database():
    return replace(home(""), name="hub-db-dir", component="hub", volume="pvc-db")


@pytest.mark.parametrize(
    ("statuses", "way", "target"),
    [
        (("pending-upgrade", "deployed", "superseded"), RepairMethod.ROLLBACK, 2),
        (("pending-upgrade", "failed", "deployed"), RepairMethod.ROLLBACK, 1),
        (("pending-rollback", "failed", "superseded"), RepairMethod.ROLLBACK, 1),
        (("pending-upgrade", "failed", "failed"), RepairMethod.ROLLBACK, 2),
        (("pending-install",), RepairMethod.UNINSTALL, 0),
        (("pending-install", "uninstalled"), RepairMethod.UNINSTALL, 0),
        (("uninstalling", "superseded"), RepairMethod.UNINSTALL, 0),
        (("pending-upgrade",), RepairMethod.UNINSTALL, 0),
    ],
)
def test_the_way_out(statuses, way, target):
    history = [release(len(statuses) - number, status=status) for number, status in enumerate(statuses)]
    assert repair_method(history) == (way, target)


@pytest.mark.parametrize(
    ("history", "args", "said"),
    [
        ([], repair.Args(), "no release"),
        ([release(3)], repair.Args(), "There is nothing to repair: revision 3 is live"),
        ([release(3, status="failed")], repair.Args(), "revision 3 is failed"),
        ([pending(4, minutes=5), release(3)], repair.Args(), "In 25 min the bot assumes that it was killed"),
    ],
    ids=["none", "live", "failed", "somebody else's"],
)
async def test_what_needs_no_repair_or_must_wait_is_refused(history, args, said):
    with pytest.raises(UserError) as refused:
        await repair.plan(args, World(releases=history).reads)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    "newest",
    [pending(4), pending(4, minutes=1, labels=by_olu(4))],
    ids=["long ago", "the bot's own, which is known to be dead"],
)
async def test_what_is_dead_is_put_back_with_no_more_than_a_yes(newest):
    plan = await repair.plan(repair.Args(), World(releases=[newest, release(3)]).reads)
    assert (plan.way, plan.target, plan.impacts) == (RepairMethod.ROLLBACK, 3, ())
    assert "helm rollback makes revision 3 the newest again" in " ".join(repair.preview(plan).consequences)


async def test_what_another_replica_works_on_is_left_alone():
    running = work(id="op-1", state=WorkState.RUNNING)
    world = World(releases=[pending(4, minutes=1, labels=by_olu(4)), release(3)], works=[running])
    with pytest.raises(UserError, match="still working"):
        await repair.plan(repair.Args(now=True), world.reads)


async def test_a_first_installation_tells_what_goes_and_takes_a_snapshot_first():
    world = World(releases=[pending(1, "install")], claims=[database()])
    plan = await repair.plan(repair.Args(), world.reads)
    assert [one.effect for one in plan.impacts] == [Effect.DELETES_DATA, Effect.STOPS_EVERYBODY]
    (warning,) = repair.preview(plan).warnings
    assert "the hub's database" in warning
    assert "A snapshot of it is taken first" in warning
    assert "Homes stay" in " ".join(repair.preview(plan).consequences)


async def test_it_is_taken_away_and_made_again_in_that_order_with_its_own_values():
    first = pending(1, "install")
    world = World(releases=[first], claims=[database()])
    plan = await repair.plan(repair.Args(), world.reads)
    doing = Doing(world, Helm(None))

    def ends():
        if len(doing.helm.asked) == 1:
            world.releases = [replace(first, status="uninstalled")]
        return UpgradeResult(True)

    doing.helm.ends = ends
    view = await repair.apply(plan, doing)
    removed, installed = doing.helm.asked
    assert removed["uninstall"]
    assert (installed["install"], installed["values"], installed["version"]) == (True, first.values, "4.4.0")
    assert world.done == ["create_snapshot hub-db-op-9 of hub-db-dir"]
    assert view.title == "The hub is installed"
    # A crash after the removal: it is not removed once more.
    doing.helm.asked.clear()
    assert (await repair.uninstall(plan.removal, doing)).ok
    assert not doing.helm.asked


async def test_without_its_snapshot_nothing_is_taken_away():
    world = World(releases=[pending(1, "install")], claims=[database()], snapshot_error="quota")
    plan = await repair.plan(repair.Args(), world.reads)
    doing = Doing(world, Helm(None))
    doing.stop.set()
    view = await repair.apply(plan, doing)
    assert view.title == "Nothing was repaired"
    assert not doing.helm.asked


async def test_what_somebody_else_repaired_meanwhile_is_left_alone():
    plan = await repair.plan(repair.Args(), World(releases=[pending(1, "install")]).reads)
    with pytest.raises(Conflict):
        await repair.apply(plan, Doing(World(releases=[release(2)]), Helm(None)))


@pytest.mark.parametrize(
    ("newest", "live", "wanted"),
    [
        (release(4, "other", "failed"), release(3), 3),
        (release(4, "wanted", "failed"), release(3), 0),
        (release(4, "wanted", "failed", chart=Chart("jupyterhub", "4.3.0", "5.4.0")), release(3), 3),
        (release(4, "live", "failed"), release(3, "live"), 0),
        (release(4, "other"), release(4, "other"), 0),
        (release(4, "other", "failed"), None, 0),
        (None, None, 0),
        (pending(4), release(3), 0),
    ],
)
def test_what_was_live_is_put_back_after_what_failed_unless_it_is_wanted_again(newest, live, wanted):
    assert revision_to_restore(newest, live, "4.4.0", release(5, "wanted").values) == wanted


CRASHES = pod("hub-2", "hub", ready=0, phase="Running", restarts=9, crash=Crash("hub", "Error", 1))


async def test_what_is_put_back_and_cannot_live_is_no_obstacle_to_an_upgrade():
    world = World(releases=[pending(4), release(3)], watched=[components(), [*components(), CRASHES]])
    doing = Doing(world, Helm(None))
    assert await restore_unfinished(doing) is None
    assert doing.helm.stopped


async def test_a_hub_that_crashes_is_taken_away_all_the_same():
    world = World(releases=[pending(1, "install")], watched=[components(), [*components(), CRASHES]])
    plan = await repair.plan(repair.Args(), world.reads)
    doing = Doing(world, Helm(lambda: UpgradeResult(True)))
    stops = []
    doing.helm.uninstall = partial(_uninstall, stops)
    assert (await repair.uninstall(plan.removal, doing)).ok
    assert stops == [False]


async def _uninstall(stops, *, stop, **_):
    # Long enough for the watch to have shown all it has.
    for _round in range(50):
        await asyncio.sleep(0)
    stops.append(stop.is_set())
    return UpgradeResult(True)
