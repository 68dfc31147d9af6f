"""Deploying a tag: what is planned, what is refused, what is done, and what is said when it does not work."""

import asyncio
from dataclasses import replace

import pytest

from cards.text import render
from cards.views import Failure, Notice, Tone
from clients.errors import Unavailable
from clients.helm import FailureReason, UpgradeResult
from clients.kube import Crash
from commands.framework.errors import UserError
from commands.framework.plan_digest import digest
from commands.images.arguments import ImageTag
from commands.rollout import deploy
from commands.rollout import pod_watch as upgrade_watch
from tests.commands.outside import (
    IMAGE,
    NOW,
    OLU,
    SECRET,
    Doing,
    Helm,
    World,
    by_olu,
    cannot_pull,
    components,
    pod,
    release,
    server,
    unready,
    words,
)

TAG = "7c1d2e9"


async def planned(world, tag=TAG):
    return await deploy.plan(deploy.Args(ImageTag.parse(tag)), world.reads)


async def applied(before, after=None, *, ends=lambda: UpgradeResult(True), stop=False):
    """Plan in one world and apply in what it becomes while helm runs."""
    plan = await planned(before)
    doing = Doing(before, Helm(ends))

    def ended():
        doing.world = after or before
        return ends()

    doing.helm.ends = ended if ends else None
    if stop:
        doing.stop.set()
    async with asyncio.timeout(240):
        return await deploy.apply(plan, doing), doing


# Planning


async def test_the_plan_changes_the_tag_and_says_what_stays():
    plan = await planned(World(pods=[*components(), server("a@x"), server("b@x", terminating=True)]))
    assert (plan.before, plan.after, plan.revision, plan.servers) == ("3f9a41c", TAG, 3, 1)
    view = deploy.preview(plan)
    (difference,) = view.differences
    assert (difference.path, difference.before, difference.after) == ("singleuser.image.tag", "3f9a41c", TAG)
    assert f"Image {IMAGE}; chart jupyterhub 4.4.0 stays as it is." in view.consequences
    assert "Becomes revision 4 of jupyterhub." in view.consequences
    (kept,) = [line for line in view.consequences if "running server" in line]
    assert kept == "1 running server keeps the old image until its next restart; nobody is interrupted (a@x)."


@pytest.mark.parametrize(
    ("world", "said"),
    [
        (World(releases=[]), "no release “jupyterhub” in jhub"),
        (World(releases=[release(4, TAG, "pending-upgrade", last_deployed=NOW), release(3)]), "4 is not finished"),
        (World(releases=[release(1, TAG, "pending-install")]), "Revision 1 is not finished"),
        (World(releases=[release(4, TAG)]), f"Tag {TAG} is already live, since revision 4."),
        (World(chart="4.5.0"), "The live chart is 4.4.0, but the bot's copy is 4.5.0"),
    ],
    ids=["no release", "pending upgrade", "pending install", "same tag", "other chart"],
)
async def test_what_makes_no_sense_is_refused(world, said):
    with pytest.raises(UserError) as refused:
        await planned(world)
    assert said in str(refused.value)


async def test_an_outage_is_an_outage():
    with pytest.raises(Unavailable):
        await planned(World(releases=Unavailable("Helm's record", "cannot be read")))


async def test_a_failed_attempt_is_warned_of_and_the_live_values_are_the_base():
    broken = release(4, "0000000", "failed", values={"singleuser": {"image": {"name": IMAGE, "tag": "0000000"}}})
    plan = await planned(World(releases=[broken, release(3)]))
    assert (plan.revision, plan.before) == (4, "3f9a41c")
    assert plan.values_digest == (await planned(World())).values_digest
    shown = deploy.preview(plan)
    (warning,) = shown.warnings
    assert warning.startswith("The last attempt, tag 0000000, failed. Revision 3 is restored first; ")
    assert "Becomes revision 6 of jupyterhub." in shown.consequences


async def test_the_same_as_what_failed_goes_back_nowhere():
    plan = await planned(World(releases=[release(4, TAG, "failed"), release(3)]))
    assert (plan.back, plan.becomes) == (0, 5)
    assert deploy.preview(plan).warnings == (f"The last attempt, tag {TAG}, failed.",)


async def test_a_failed_revision_may_be_tried_again_with_its_own_tag():
    assert (await planned(World(releases=[release(4, TAG, "failed"), release(3)]))).after == TAG


async def test_a_chart_from_a_repository_is_not_compared():
    assert (await planned(World(chart=None))).chart_version == "4.4.0"


async def test_consent_is_bound_to_everything_but_who_is_logged_in():
    plan = await planned(World())
    same = digest("deploy", OLU, plan)
    assert digest("deploy", OLU, await planned(World(pods=[*components(), server("a@x")]))) == same
    others = [
        await planned(World(), "9b8e4d1"),
        await planned(World(releases=[release(4)])),
        await planned(
            World(releases=[release(3, values={"singleuser": {"image": {"name": IMAGE, "tag": "3f9a41c"}}})])
        ),
        replace(plan, chart_version="4.4.1"),
    ]
    assert same not in {digest("deploy", OLU, other) for other in others}


async def test_no_value_of_the_release_is_in_the_plan():
    plan = await planned(World())
    assert SECRET not in words(plan) + render(deploy.preview(plan))


# Doing


async def test_success_says_what_is_live_by_whom_and_who_still_has_the_old_image():
    after = World(
        releases=[release(4, TAG, labels=by_olu(4, "op-9"))],
        pods=[*components(), server("a@x"), server("b@x", TAG)],
    )
    view, doing = await applied(World(), after)
    assert isinstance(view, Notice)
    assert (view.title, view.tone) == (f"{TAG} is live", Tone.GOOD)
    assert "1 running server keeps the old image" in view.text
    assert f"revision 4, tag {TAG}, by Olu Operator" in words(view)
    assert doing.titles == ["Upgrade to revision 4"]


async def test_helm_gets_the_live_values_with_the_tag_changed_the_same_chart_and_the_bots_mark():
    live = release(3)
    _, doing = await applied(World(releases=[live]))
    (asked,) = doing.helm.asked
    expected = {**live.values, "singleuser": {"image": {"name": IMAGE, "tag": TAG}, "memory": {"limit": "8G"}}}
    assert asked["values"] == expected
    assert live.value("singleuser", "image", "tag") == "3f9a41c", "what was read is not changed"
    assert asked["version"] == "4.4.0"
    assert asked["labels"] == by_olu(4, "op-9")
    assert asked["wait_seconds"] == 600


async def test_a_failure_says_why_and_what_is_still_live():
    message = "The new pods were not ready in time."
    after = World(
        releases=[release(4, TAG, "failed"), release(3)],
        pods=[pod("hub-2", "hub", **unready(refusal="Unschedulable: no node fits")), pod("proxy-1", "proxy")],
    )
    view, _ = await applied(World(), after, ends=lambda: UpgradeResult(False, FailureReason.TIMEOUT, message))
    assert isinstance(view, Failure)
    assert view.cause == message
    now = {fact.label: (fact.value, fact.tone) for fact in view.now}
    assert now["Live"][0] == "revision 3, tag 3f9a41c"
    assert now["Newest revision"] == (f"4, tag {TAG}: failed", Tone.BAD)
    assert now["hub"] == ("0/1 ready", Tone.BAD)


async def test_an_image_that_the_registry_has_not_stops_helm_at_once():
    puller = pod("hook-image-puller-1", "hook-image-puller", **cannot_pull(TAG))
    world = World(watched=[components(), [*components(), puller], [*components(), puller]])
    view, doing = await applied(world, ends=None)
    assert isinstance(view, Failure)
    assert doing.helm.stopped
    assert f"The registry does not have {IMAGE}:{TAG}." in view.cause
    assert "Helm was stopped" in view.cause
    assert set(doing.warned) == {f"The registry does not have {IMAGE}:{TAG}."}
    assert not doing.stopping, "nobody asked for it"


def crashing(restarts):
    return pod("hub-2", "hub", ready=0, phase="Running", restarts=restarts, crash=Crash("hub", "Error", 1))


async def test_a_hub_that_ends_again_and_again_stops_helm_before_its_time_is_up():
    seen = [*components(), crashing(4)]
    view, doing = await applied(World(watched=[components(), seen], pods=seen), World(pods=seen), ends=None)
    assert isinstance(view, Failure)
    assert doing.helm.stopped
    assert "hub exits soon after it starts (exit code 1)" in view.cause
    assert not doing.stopping, "nobody asked for it"


async def test_a_hub_that_ended_once_or_twice_may_still_get_ready():
    _, doing = await applied(World(watched=[components(), [*components(), crashing(3)]]))
    assert not doing.helm.stopped


async def test_one_that_crashed_before_is_not_this_deployments_fault():
    before = [*components(), crashing(9)]
    _, doing = await applied(World(watched=[before, [*components(), crashing(10)]]))
    assert not doing.helm.stopped


async def test_a_hub_that_was_ready_for_a_moment_only_is_no_plain_success():
    after = World(releases=[release(4, TAG)], pods=[crashing(1), pod("proxy-1", "proxy")])
    view, _ = await applied(World(), after)
    assert view.tone is Tone.WARNING
    assert "hub did not stay ready" in view.text


async def test_an_image_that_may_not_be_pulled_is_not_to_be_pushed_again():
    refused = cannot_pull(TAG, "failed to authorize: failed to fetch oauth token: 401 Unauthorized")
    stuck = pod("puller-1", "hook-image-puller", **refused)
    view, doing = await applied(World(watched=[components(), [*components(), stuck]]), ends=None)
    assert doing.helm.stopped
    assert view.advice == ("Deploy a tag that the cluster can pull: /jhub deploy <tag>",)


@pytest.mark.parametrize(
    "stuck",
    [
        pod("puller-1", "hook-image-puller", **cannot_pull(TAG, "i/o timeout")),
        pod("puller-1", "hook-image-puller", **cannot_pull("0000000")),
        pod("hub-2", "hub", **cannot_pull("1", image="example.org/hub")),
    ],
    ids=["a registry that is slow", "another tag", "another image"],
)
async def test_other_pull_problems_leave_helm_alone(stuck):
    world = World(watched=[components(), [*components(), stuck]])
    _, doing = await applied(world)
    assert not doing.helm.stopped
    assert len(doing.warned) == (stuck.waiting.image == f"{IMAGE}:{TAG}")


async def test_a_pod_that_was_stuck_before_is_not_this_deployments_fault():
    old = pod("puller-1", "continuous-image-puller", **cannot_pull(TAG))
    _, doing = await applied(World(watched=[[*components(), old], [*components(), old]]))
    assert (doing.helm.stopped, doing.warned) == (False, [])


async def test_a_person_can_stop_it():
    view, doing = await applied(World(), ends=None, stop=True)
    assert isinstance(view, Failure)
    assert doing.helm.stopped
    assert view.title == f"Deploying {TAG} was stopped"
    assert view.advice == ("You can safely type it again.",)


async def test_success_that_came_before_the_stop_is_success():
    view, _ = await applied(World(), stop=True)
    assert isinstance(view, Notice)


async def test_without_a_watch_it_goes_on():
    view, doing = await applied(World(watched=[Unavailable("Kubernetes", "ended the watch")]))
    assert isinstance(view, Notice)
    assert doing.told == []


async def test_a_release_that_went_away_is_said():
    plan = await planned(World())
    with pytest.raises(UserError, match="no release “jupyterhub” any more"):
        await deploy.apply(plan, Doing(World(releases=[]), Helm(None)))


async def test_what_moves_is_told_while_helm_runs():
    new = pod("hook-image-puller-1", "hook-image-puller", **unready())
    _, doing = await applied(World(watched=[components(), [*components(), new]]))
    assert doing.told == [(), ("hook-image-puller-1: pulling the image, core vmss000000",)]


# The pure parts


def test_lines_are_of_new_pods_and_of_those_that_lost_readiness():
    known = {"uid-hub-1": True, "uid-proxy-1": True, "uid-old": False}
    pods = [
        pod("proxy-1", "proxy"),
        pod("hub-1", "hub", terminating=True),
        pod("hub-2", "hub", **unready(node="")),
        pod("old", "autohttps", **unready()),
        server("new@example.org", **unready()),
    ]
    assert upgrade_watch.pod_lines(pods, known) == ("hub-1: stopping, core vmss000000", "hub-2: starting, no node yet")


def test_every_pod_has_a_line_the_bad_ones_first():
    pods = [pod(f"puller-{n:02}", "hook-image-puller") for n in range(20)]
    pods.append(pod("puller-99", "hook-image-puller", **cannot_pull(TAG)))
    shown = upgrade_watch.pod_lines(pods, {})
    assert shown[0] == "puller-99: cannot pull its image, core vmss000000"
    assert len(shown) == 21


async def test_failing_is_of_the_image_being_deployed_only():
    plan = await planned(World())
    stuck, other = (pod(f"p-{t}", "hook-image-puller", **cannot_pull(t)) for t in (TAG, "0000000"))
    assert upgrade_watch.pull_failures([stuck, other, *components()], plan.wanted) == [stuck.pull_failure]
