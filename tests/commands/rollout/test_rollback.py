"""Going back: how helm does it, and what is said when it does not work."""

import pytest

from clients.errors import Conflict
from clients.helm import FailureReason, UpgradeResult
from clients.kube import Crash
from commands.rollout import rollback
from tests.commands.rollout.revisions import HISTORY, at, planned
from tests.world import (
    Doing,
    Helm,
    World,
    components,
    pod,
)


async def test_helm_is_asked_for_that_revision_and_the_new_one_gets_the_bots_mark():
    world = World(releases=HISTORY)
    plan = await planned(world, 3)
    doing = Doing(world, Helm(None))

    def ends():
        world.releases = [at(6, "three", "deployed", description="Rollback to 3"), *world.releases]
        return UpgradeResult(True)

    doing.helm.ends = ends
    view = await rollback.apply(plan, doing)
    (asked,) = doing.helm.asked
    assert (asked["rollback"], asked["revision"], asked["wait_seconds"]) == (True, 3, 600)
    assert world.releases[0].by_bot.operation == "op-9"
    assert view.title == "Revision 3 is live again"


async def test_what_helm_ended_while_the_bot_was_gone_is_marked_and_not_done_again():
    plan = await planned(World(releases=HISTORY), 3)
    world = World(releases=[at(6, "three", "deployed", description="Rollback to 3"), *HISTORY])
    doing = Doing(world, Helm(None))
    view = await rollback.apply(plan, doing)
    assert view.title == "Revision 3 is live again"
    assert not doing.helm.asked
    assert world.releases[0].by_bot.operation == "op-9"


async def test_a_failure_leads_on():
    world = World(releases=HISTORY)
    plan = await planned(world, 3)
    view = await rollback.apply(
        plan, Doing(world, Helm(lambda: UpgradeResult(False, FailureReason.OTHER, "Helm says: no")))
    )
    assert (view.title, view.cause) == ("The rollback to revision 3 failed", "Helm says: no")
    assert [button.title for button in view.buttons] == ["Retry", "Show log"]


async def test_what_somebody_else_did_meanwhile_voids_the_consent():
    plan = await planned(World(releases=HISTORY), 3)
    with pytest.raises(Conflict):
        await rollback.apply(plan, Doing(World(releases=[at(6, "theirs", "deployed"), *HISTORY]), Helm(None)))


CRASHES = pod("hub-2", "hub", ready=0, phase="Running", restarts=4, crash=Crash("hub", "Error", 1))


async def test_a_hub_that_cannot_live_there_ends_it_with_the_cause():
    seen = [*components(), CRASHES]
    world = World(releases=HISTORY, watched=[components(), seen], pods=seen)
    doing = Doing(world, Helm(None))
    view = await rollback.apply(await planned(world, 3), doing)
    assert doing.helm.stopped
    assert "hub exits soon after it starts (exit code 1)" in view.cause
