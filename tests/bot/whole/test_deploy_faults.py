"""Deployments in trouble, by the real helm: what the card says is true, and the next deployment or repair mends it."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from clients.errors import Conflict, Unavailable
from clients.helm import FailureReason
from clients.kube import connect
from commands.framework.effects import Effect
from commands.framework.errors import UserError
from commands.release.arguments import RevisionNumber
from commands.rollout import repair, rollback, rollback_plan
from commands.rollout.upgrade_base import live_upgrade_base
from sandbox.apiserver.objects.resource_kinds import CONFIG_MAP, JOB, PERSISTENT_VOLUME_CLAIM, POD, RESOURCE_QUOTA
from tests.bot.helm_bench import HELM, READY, Bench, helms, kill_helms, waiting

MOMENTS = 10


@pytest.fixture
async def bench(aiohttp_server, tmp_path):
    made = Bench(tmp_path)
    server = await aiohttp_server(made.app())
    made.serve_at(str(server.make_url("")).rstrip("/"))
    made.api = await connect(made.kubeconfig, timeout=1.0)
    living = asyncio.create_task(made.live())
    yield made
    living.cancel()
    assert not helms()
    await made.api.close()


def titles(card):
    return [button.title for button in card.buttons]


async def mended(bench, tag="mended"):
    if (await bench.releases.current()).is_pending:
        # As people are told to. Not all of these were marked as the bot's own: without --now they are left alone.
        await carried_out(repair, await repair.plan(repair.Args(now=True), bench.reads), bench.doing())
    done, card = await bench.deploy(tag)
    assert done.result.ok, card
    newest = await bench.releases.current()
    assert (newest.status, newest.value("singleuser", "image", "tag")) == ("deployed", tag)
    assert [status for _, status in await bench.standing()].count("deployed") == 1


async def is_true(bench, card):
    newest, live = await bench.releases.current(), await bench.releases.deployed()
    shown = {fact.label: fact.value for fact in card.now}
    assert shown["Live"].startswith(f"revision {live.revision}, tag {live.value('singleuser', 'image', 'tag')}")
    assert ("Newest revision" in shown) == (newest.status != "deployed")
    assert ("Repair" in titles(card)) == newest.is_pending


async def moments(bench):
    """The numbers of ten of the requests that helm makes in one upgrade, from the first to the last."""
    bench.when(0, None)
    await mended(bench, "measured")
    return sorted({1 + round((bench.asked - 1) * n / (MOMENTS - 1)) for n in range(MOMENTS)})


async def test_helm_killed_at_ten_moments_leaves_a_true_card_and_repair_mends_it(bench):
    await bench.install()
    left = []
    for moment in await moments(bench):
        bench.when(moment, kill_helms)
        done, card = await bench.deploy(f"tag{moment}")
        newest = await bench.releases.current()
        left.append(newest.status)
        if done.result.ok:
            assert (newest.status, newest.value("singleuser", "image", "tag")) == ("deployed", f"tag{moment}")
        else:
            await is_true(bench, card)
        await mended(bench)
    assert len(left) == MOMENTS
    assert {"pending-upgrade", "deployed"} <= set(left)


async def test_kubernetes_gone_in_the_middle_leaves_a_card_that_claims_nothing_and_repair_mends_it(bench):
    await bench.install()
    bench.when((await moments(bench))[5], lambda: setattr(bench, "up", False))
    done, card = await bench.deploy("lost")
    assert done.result.reason is FailureReason.UNREACHABLE
    assert "unknown" in card.now[0].value
    assert "127.0.0.1" not in repr(card)
    bench.up = True
    assert (await bench.standing())[0][1] == "pending-upgrade"
    await mended(bench)


async def test_a_hook_that_fails_says_so_and_the_next_deployment_mends_it(bench):
    await bench.install()
    failed = {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "it has failed"}
    bench.becomes[JOB] = lambda _: {"failed": 1, "conditions": [failed]}
    done, card = await bench.deploy("hooked", hook=True)
    assert (done.result.reason, done.result.late) == (FailureReason.HOOK_FAILED, False)
    assert "A hook of the chart failed" in card.cause
    assert titles(card) == ["Retry", "Roll back", "Show log"]
    await is_true(bench, card)
    await mended(bench)


async def test_an_image_that_never_comes_is_named_and_not_waited_for_again(bench):
    bench.seconds = 2
    await bench.install()
    message = 'failed to resolve reference "hub:gone": not found'
    bench.becomes[POD] = lambda _: waiting("ImagePullBackOff", message)
    do = bench.doing()
    done, card = await bench.deploy("gone", do, pod=True)
    assert done.result.late
    assert card.cause == "hub: The registry does not have hub:x. Waiting longer would not help."
    assert titles(card) == ["Retry", "Roll back", "Show log"]
    assert (await bench.standing())[0] == (2, "failed")
    await is_true(bench, card)
    await mended(bench)


def told(bench):
    return bench.store.get(CONFIG_MAP, "hub", "told")["data"]


async def failed_with_more(bench):
    bench.seconds = 2
    await bench.install()
    bench.becomes[POD] = lambda _: waiting("ImagePullBackOff", "not found")
    done, _ = await bench.deploy("more", extra="left behind", pod=True)
    assert not done.result.ok
    assert told(bench) == {"tag": "more", "extra": "left behind"}
    bench.seconds = 20


async def test_what_a_failed_revision_added_to_an_object_does_not_outlive_the_next_deployment(bench):
    await failed_with_more(bench)
    do = bench.doing()
    done, card = await bench.deploy("next", do)
    assert done.result.ok, card
    assert do.warned == ["Revision 2 had failed. Revision 1 is restored first, so that nothing of it stays."]
    assert told(bench) == {"tag": "next"}
    assert await bench.standing() == [(4, "deployed"), (3, "superseded"), (2, "failed"), (1, "superseded")]
    marks = [one.by_bot and one.by_bot.operation for one in await bench.releases.history()]
    assert marks[:2] == [do.operation, f"{do.operation}-before"]


async def test_the_same_again_goes_nowhere_before(bench):
    await failed_with_more(bench)
    bench.becomes[POD] = lambda _: READY
    do = bench.doing()
    done, card = await bench.deploy("more", do, extra="left behind", pod=True)
    assert done.result.ok, card
    assert do.warned == []
    assert await bench.standing() == [(3, "deployed"), (2, "failed"), (1, "superseded")]


async def test_where_kubernetes_is_gone_while_it_is_put_back_that_is_said_and_repair_mends_it(bench):
    await failed_with_more(bench)
    newest, base = await live_upgrade_base(bench.reads)
    bench.when(8, lambda: setattr(bench, "up", False))
    done, card = await bench.go_on(newest, base, "next", bench.doing())
    bench.up = True
    assert done.result.reason is FailureReason.UNREACHABLE
    assert "unknown" in card.now[0].value
    # Nobody could mark it as the bot's own: without --now it would be left alone for a while.
    await carried_out(repair, await repair.plan(repair.Args(now=True), bench.reads), bench.doing())
    await mended(bench)


async def test_an_image_that_is_still_pulled_is_waited_for_by_itself(bench):
    bench.seconds = 2
    await bench.install()
    bench.becomes[POD] = lambda _: waiting("ContainerCreating")
    do, newest = bench.doing(), await bench.releases.current()
    deploying = asyncio.create_task(bench.go_on(newest, newest, "slow", do, pod=True))
    await bench.until(lambda one: one.revision == 3)
    bench.becomes[POD] = lambda _: READY
    done, _ = await deploying
    assert done.result.ok
    assert await bench.standing() == [(3, "deployed"), (2, "failed"), (1, "superseded")]
    assert do.warned == ["Not ready in 2 s: hub: It has not started yet. Waiting longer."]


async def test_a_quota_that_is_used_up_is_told_and_once_raised_the_next_deployment_mends_it(bench):
    await bench.install()
    bench.store.create(RESOURCE_QUOTA, "hub", {"metadata": {"name": "compute"}, "spec": {"hard": {"pods": "0"}}})
    done, card = await bench.deploy("full", pod=True)
    assert not done.result.ok
    assert "exceeded quota: compute" in card.cause
    await is_true(bench, card)
    bench.store.remove(RESOURCE_QUOTA, "hub", "compute")
    await mended(bench)


async def test_what_somebody_else_changed_between_plan_and_run_is_asked_again(bench):
    await bench.install()
    newest, base = await live_upgrade_base(bench.reads)
    await bench.by_hand("upgrade", "tiny", str(bench.folder / "chart"), "--set=theirs=yes")
    with pytest.raises(Conflict, match="newest revision is 2"):
        await bench.go_on(newest, base, "stale", bench.doing())
    assert (await bench.releases.current()).value("theirs") == "yes"
    await mended(bench)
    assert (await bench.releases.current()).value("theirs") == "yes"


async def test_without_a_place_to_work_nothing_is_begun(bench):
    await bench.install()
    before = await bench.standing()
    (bench.folder / "state").write_text("as full as a disk")
    with pytest.raises(Unavailable, match="no folder to work in"):
        await bench.deploy("full")
    (bench.folder / "state").unlink()
    assert await bench.standing() == before
    await mended(bench)


# A helm that outlives the bot

OUTLIVED = """
import asyncio, sys
from pathlib import Path
from clients.helm import Helm, Target, bot_labels
target = Target("tiny", "hub", sys.argv[1] + "/chart", kubeconfig=Path(sys.argv[1] + "/config"))
helm = Helm(target, helm=Path(sys.argv[2]), state=Path(sys.argv[1] + "/state"))
values = {"pod": True, "singleuser": {"image": {"name": "example.org/notebook", "tag": "late"}}}
asyncio.run(helm.upgrade(version="0.1.0", values=values, description="Deploy late", stop=asyncio.Event(),
    labels=bot_labels(2, "ada", "op0000000000000001"), wait_seconds=20))
"""


async def outlived(bench):
    """A bot that is killed while its helm waits for a pod."""
    command = [sys.executable, "-c", OUTLIVED, str(bench.folder), str(HELM)]
    process = await asyncio.create_subprocess_exec(*command, env=os.environ | {"PYTHONPATH": str(Path.cwd())})
    await bench.until(lambda one: one.status == "pending-upgrade")
    process.kill()
    await process.wait()


async def test_a_helm_that_outlives_the_bot_is_found_again_and_its_end_is_the_operations(bench):
    await bench.install()
    bench.becomes[POD] = lambda _: waiting("ContainerCreating")
    newest = await bench.releases.current()
    await outlived(bench)
    assert await bench.helm.is_running()
    with pytest.raises(UserError, match="not finished"):
        await live_upgrade_base(bench.reads)
    with pytest.raises(UserError, match="still working"):
        await repair.plan(repair.Args(now=True), bench.reads)
    going_on = asyncio.create_task(bench.go_on(newest, newest, "late", bench.doing("op0000000000000001"), pod=True))
    await asyncio.sleep(0.3)
    assert not going_on.done()
    bench.becomes[POD] = lambda _: READY
    done, _ = await going_on
    assert done.result.ok
    assert await bench.standing() == [(2, "deployed"), (1, "superseded")]
    assert not await bench.helm.is_running()


# Rolling back and repairing


async def carried_out(command, plan, do):
    view = await command.apply(plan, do)
    return view, await do.reads.releases.current()


async def test_a_rollback_is_marked_and_done_once_however_often_it_is_begun(bench):
    await bench.install()
    await mended(bench, "newer")
    plan = await rollback.plan(rollback.Args(), bench.reads)
    assert (plan.newest, plan.target, plan.crosses, plan.way) == (2, 1, False, rollback_plan.RollbackMethod.ROLLBACK)
    do = bench.doing()
    view, newest = await carried_out(rollback, plan, do)
    assert view.title == "Revision 1 is live again"
    assert (newest.revision, newest.status, newest.by_bot.operation) == (3, "deployed", do.operation)
    assert newest.value("singleuser", "image", "tag") == "one"
    # As after a crash before the step was recorded.
    again, newest = await carried_out(rollback, plan, do)
    assert (again.title, newest.revision) == (view.title, 3)
    with pytest.raises(Conflict):
        await rollback.apply(plan, bench.doing())


async def test_what_a_failed_revision_had_made_goes_with_a_rollback(bench):
    bench.seconds = 2
    await bench.install()
    bench.becomes[POD] = lambda _: waiting("ImagePullBackOff", "not found")
    await bench.deploy("broken", pod=True)
    plan = await rollback.plan(rollback.Args(RevisionNumber("1")), bench.reads)
    assert plan.unfinished == "failed"
    _, newest = await carried_out(rollback, plan, bench.doing())
    assert (newest.revision, newest.status) == (3, "deployed")
    assert not bench.store.list(POD, "hub")


async def left_half_way(bench):
    bench.when((await moments(bench))[8], kill_helms)
    await bench.deploy("killed")
    newest = await bench.releases.current()
    assert newest.status == "pending-upgrade"
    return newest


async def test_a_half_made_upgrade_is_put_back_by_repair_and_without_an_approval(bench):
    await bench.install()
    newest = await left_half_way(bench)
    plan = await repair.plan(repair.Args(), bench.reads)
    assert (plan.way.value, plan.target) == ("rollback", newest.revision - 1)
    assert plan.impacts == ()
    view, after = await carried_out(repair, plan, bench.doing())
    assert view.title == f"Revision {newest.revision - 1} is restored"
    assert (after.revision, after.status) == (newest.revision + 1, "deployed")
    with pytest.raises(UserError, match="There is nothing to repair"):
        await repair.plan(repair.Args(), bench.reads)


async def test_a_half_made_installation_is_taken_away_and_made_again_with_its_values_and_an_approval(bench):
    bench.becomes[POD] = lambda _: waiting("ContainerCreating")
    command = ["install", "tiny", str(bench.folder / "chart"), "--set=pod=true,theirs=kept", "--wait"]
    installing = asyncio.create_task(bench.by_hand(*command))
    made = bench.store.list
    # The claim of the database is made after the record of the release.
    await bench.until(lambda one: one.status == "pending-install" and made(PERSISTENT_VOLUME_CLAIM, "hub"))
    kill_helms()
    with pytest.raises(AssertionError):
        await installing
    with pytest.raises(UserError, match="installation in progress"):
        await live_upgrade_base(bench.reads)
    with pytest.raises(UserError, match="assumes that it was killed") as refused:
        await repair.plan(repair.Args(), bench.reads)
    assert refused.value.hints == ("/jhub repair --now",)
    plan = await repair.plan(repair.Args(now=True), bench.reads)
    assert [one.effect for one in plan.impacts] == [Effect.DELETES_DATA, Effect.STOPS_EVERYBODY]
    assert "the hub's database" in repair.preview(plan).warnings[0]
    before = bench.store.get(PERSISTENT_VOLUME_CLAIM, "hub", "hub-db-dir")["metadata"]["uid"]
    bench.becomes[POD] = lambda _: READY
    view, newest = await carried_out(repair, plan, bench.doing())
    assert view.title == "The hub is installed", view
    assert (newest.status, newest.value("theirs")) == ("deployed", "kept")
    assert bench.store.get(PERSISTENT_VOLUME_CLAIM, "hub", "hub-db-dir")["metadata"]["uid"] != before
    await mended(bench)
