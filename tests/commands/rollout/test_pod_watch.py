"""The lines about pods while helm works."""

from commands.rollout import pod_watch as upgrade_watch
from tests.commands.rollout.deployments import TAG, planned
from tests.world import (
    World,
    cannot_pull,
    components,
    pod,
    server,
    unready,
)


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
