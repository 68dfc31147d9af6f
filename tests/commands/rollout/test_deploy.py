"""Deploying a tag: what is done, and what is said when it does not work."""

import pytest

from cards.views import Failure, Notice, Tone
from clients.errors import Unavailable
from clients.helm import FailureReason, UpgradeResult
from clients.kube import Crash
from commands.framework.errors import UserError
from commands.rollout import deploy
from tests.commands.rollout.deployments import TAG, applied, planned
from tests.world import (
    IMAGE,
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
