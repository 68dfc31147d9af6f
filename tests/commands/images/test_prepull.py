"""Pulling an image onto the users' nodes beforehand: where, what of, how it ends, and that nothing stays behind."""

import asyncio
from dataclasses import replace

import pytest

from cards.text import render
from cards.views import Failure, Notice, Tone
from clients.azure.aks import Pool
from clients.errors import Unavailable
from clients.kube import DaemonSet, Event
from commands.framework.errors import UserError
from commands.images import prepull
from commands.images import pull as pulling
from commands.images import puller_spec as puller_values
from commands.images.arguments import ImageTag
from commands.nodes.pools import PURPOSE
from tests.world import IMAGE, NOW, Doing, World, cannot_pull, node, pulls, release, unready, work
from tests.world.crash import through_crash
from tests.world.images import Registry, digest, tag

USERS = ("aks-users-31415926-vmss000001", "aks-users-31415926-vmss000002")
POOL = Pool("users", "User", "E8s", 0, 0, 5, "Succeeded", "Running", "1.32", {PURPOSE: "user"}, (), {}, "etag")
PULLER = "jhub-bot-prepull-op-9"


def cluster(**more):
    core, *users = node("aks-core-31415926-vmss000000", "core"), *(node(one, "users", purpose="user") for one in USERS)
    return World(**{"nodes": [core, *users], "registry": Registry()} | more)


async def planned(world, text=None):
    return await prepull.plan(prepull.Args(text and ImageTag.parse(text)), world.reads)


async def pulled(world, doing=None, text="7c1d2e9"):
    plan = await planned(world, text)
    async with asyncio.timeout(240):
        return await prepull.apply(plan, doing or Doing(world))


def left_over(operation, image=f"{IMAGE}:a4e2b90"):
    labels = puller_values.labels_of(operation)
    return DaemonSet(f"jhub-bot-prepull-{operation}", f"uid-{operation}", labels, (image,), 2, 0, is_observed=True)


# Planning


async def test_the_newest_tag_goes_to_the_users_nodes_and_no_others():
    plan = await planned(cluster())
    assert (plan.wanted, plan.nodes, plan.users_only) == (f"{IMAGE}:7c1d2e9", USERS, True)
    assert "2 nodes for users pull" in render(prepull.preview(plan))


async def test_without_a_registry_it_is_the_live_tag():
    plan = await planned(cluster(registry=None))
    assert (plan.tag, plan.live) == ("3f9a41c", True)


async def test_what_is_deployed_by_digest_is_pulled_by_digest():
    plan = await planned(cluster(by_digest=True), "7c1d2e9")
    assert plan.wanted == f"{IMAGE}:7c1d2e9@{digest('7c1d2e9')}"


async def test_a_tag_that_the_registry_does_not_have_is_refused_with_the_nearest():
    with pytest.raises(UserError, match="has no tag 7c1d2e8") as refused:
        await planned(cluster(), "7c1d2e8")
    assert refused.value.hints[0] == "/jhub prepull 7c1d2e9"


async def test_a_silent_registry_is_a_warning():
    out = cluster(registry=Registry(error=Unavailable("The registry", "cannot be reached")))
    assert "cannot be reached" in render(prepull.preview(await planned(out, "7c1d2e9")))


async def test_no_node_for_users_is_said():
    class Azure:
        async def pools(self):
            return [POOL]

    none = cluster(nodes=[node("aks-core-31415926-vmss000000", "core")])
    reads = replace(none.reads, azure=Azure())
    with pytest.raises(UserError, match="no node for users now") as refused:
        await prepull.plan(prepull.Args(), reads)
    assert "/jhub nodes" in refused.value.hints


async def test_where_no_node_is_meant_for_users_all_are():
    plain = cluster(nodes=[node("a", "pool"), node("b", "pool"), node("c", "pool", ready=False)])
    plan = await planned(plain)
    assert (plan.nodes, plan.users_only) == (("a", "b"), False)


async def test_what_is_being_pulled_already_is_not_pulled_twice():
    world = cluster(works=[work(id="op-1")], daemon_sets=[left_over("op-1", f"{IMAGE}:7c1d2e9")])
    with pytest.raises(UserError, match="is already being pulled"):
        await planned(world)
    assert (await planned(world, "a4e2b90")).left == ()


# What is asked of Kubernetes


def test_the_puller_goes_where_servers_go_and_pulls_as_they_do():
    toleration = {"key": "gpu", "operator": "Exists"}
    values = {
        "singleuser": {"image": {"pullPolicy": "Always"}, "nodeSelector": {"disk": "fast"}},
        "scheduling": {"userPods": {"tolerations": [toleration]}},
        "imagePullSecret": {"create": True},
        "imagePullSecrets": ["other", {"name": "third"}],
        "prePuller": {"pause": {"image": {"name": "pause", "tag": "1"}}, "resources": {"requests": {"cpu": "1m"}}},
    }
    pod = puller_values.puller("op-9", "image:1", release(values=values), users_only=True).manifest()["spec"][
        "template"
    ]
    spec = pod["spec"]
    assert [one["name"] for one in spec["imagePullSecrets"]] == ["other", "third", "image-pull-secret"]
    assert toleration in spec["tolerations"]
    assert {"key": "hub.jupyter.org/dedicated", "operator": "Equal", "value": "user", "effect": "NoSchedule"} in spec[
        "tolerations"
    ]
    assert spec["nodeSelector"] == {"disk": "fast"}
    assert spec["automountServiceAccountToken"] is False
    (pull,), (pause,) = spec["initContainers"], spec["containers"]
    assert (pull["image"], pull["imagePullPolicy"], pause["image"]) == ("image:1", "Always", "pause:1")
    assert pull["resources"] == {"requests": {"cpu": "1m"}}
    terms = spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert terms[0]["matchExpressions"][0]["values"] == ["user"]


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"fullnameOverride": None}, "jupyterhub-image-pull-secret"),
        ({"fullnameOverride": "lab"}, "lab-image-pull-secret"),
        ({}, "image-pull-secret"),
    ],
)
def test_the_charts_own_pull_secret_has_its_prefix(values, name):
    assert puller_values.pull_secrets(release(values={**values, "imagePullSecret": {"create": True}})) == (name,)


def test_values_that_are_nonsense_are_no_reason_to_break():
    odd = {"singleuser": {"nodeSelector": "x"}, "imagePullSecrets": "x", "prePuller": {"pause": []}}
    made = puller_values.puller("op-9", "image:1", release(values=odd), users_only=False)
    assert (made.secrets, made.node_selector, made.pause) == ((), {}, "registry.k8s.io/pause:3.10")


# Doing it


async def test_the_end_says_which_nodes_have_it_and_nothing_stays():
    world = cluster()
    view = await pulled(world)
    assert isinstance(view, Notice)
    assert (view.title, view.tone) == ("7c1d2e9 is on 2 nodes", Tone.GOOD)
    assert "users vmss000001, users vmss000002" in render(view)
    assert view.buttons[0].data == (("line", "/jhub deploy 7c1d2e9"),)
    assert world.done == [f"create_puller {PULLER} of {IMAGE}:7c1d2e9", f"delete_daemon_set {PULLER}"]


async def test_an_image_that_cannot_be_pulled_ends_it_at_once_with_the_cause():
    world = cluster(pulling=lambda its, made: pulls(its, made, states=({}, cannot_pull("7c1d2e9"))))
    doing = Doing(world)
    view = await pulled(world, doing)
    assert isinstance(view, Failure)
    assert f"The registry does not have {IMAGE}:7c1d2e9." in view.cause
    assert "users vmss000001" in render(view)
    assert doing.warned
    assert world.daemon_sets == []


async def test_a_node_that_is_not_ready_is_not_waited_for():
    nodes = [node(USERS[0], "users", purpose="user"), node(USERS[1], "users", purpose="user", ready=False)]
    world = cluster(nodes=nodes, pulling=lambda its, made: pulls(its, made, states=({}, unready())))
    view = await pulled(world)
    assert (view.title, view.tone) == ("7c1d2e9 is on 1 node", Tone.WARNING)
    assert "Not ready" in render(view)


async def test_a_node_that_goes_to_sleep_with_the_image_is_not_waited_for_either():
    nodes = [node(USERS[0], "users", purpose="user"), node(USERS[1], "users", purpose="user", ready=False)]
    view = await pulled(cluster(nodes=nodes))
    assert view.title == "7c1d2e9 is on 1 node"


async def test_a_puller_that_somebody_deletes_is_not_waited_for():
    def gone(world, made):
        world.daemon_sets.remove(made)

    view = await pulled(cluster(pulling=gone))
    assert isinstance(view, Failure)
    assert "Somebody has deleted the daemon set" in view.cause


async def test_a_node_that_comes_meanwhile_is_waited_for(monkeypatch):
    monkeypatch.setattr(pulling, "PATIENCE", 0.02)

    def one_more(world, made):
        pulls(world, made)
        world.daemon_sets = [replace(one, wanted=one.wanted + 1) for one in world.daemon_sets]

    view = await pulled(cluster(pulling=one_more))
    assert isinstance(view, Failure)
    assert "a node that has no pod for it yet" in render(view)


async def test_a_quota_that_lets_no_pod_in_is_said(monkeypatch):
    monkeypatch.setattr(pulling, "PATIENCE", 0.02)
    why = 'pods "x" is forbidden: exceeded quota: compute'
    refused = Event("Warning", "FailedCreate", why, "DaemonSet", PULLER, 1, NOW, NOW)
    other = replace(refused, name="hook-image-puller", message="of something else")

    def none(world, made):
        world.daemon_sets = [replace(made, wanted=2)]
        world.events = [refused, other]

    doing = Doing(world := cluster(pulling=none))
    view = await pulled(world, doing)
    assert set(doing.warned) == {f"The cluster does not create a pod for it: {why}"}
    assert render(view).count("a node that has no pod for it yet") == 2


async def test_when_the_time_is_over_it_says_who_lacks_it(monkeypatch):
    monkeypatch.setattr(pulling, "PATIENCE", 0.02)
    world = cluster(pulling=lambda its, made: pulls(its, made, states=({}, unready())))
    view = await pulled(world)
    assert isinstance(view, Failure)
    assert "users vmss000002: pulling" in render(view)
    assert world.daemon_sets == []


async def test_stopped_it_leaves_nothing_behind():
    world = cluster(pulling=lambda its, made: pulls(its, made, states=(unready(),)))
    doing = Doing(world)
    doing.stop.set()
    view = await pulled(world, doing)
    assert view.title == "Pulling 7c1d2e9 was stopped"
    assert world.daemon_sets == []


async def test_a_cluster_that_falls_silent_leaves_no_puller_where_it_can(monkeypatch):
    monkeypatch.setattr(pulling, "PATIENCE", 0.02)
    world = cluster()
    plan = await planned(world)
    world.nodes = Unavailable("Kubernetes", "cannot be reached")
    world.pulling = lambda *_: None
    with pytest.raises(Unavailable):
        await prepull.apply(plan, Doing(world))
    assert world.done[-1] == f"delete_daemon_set {PULLER}"


async def test_what_an_operation_that_has_ended_left_is_removed_first():
    world = cluster(works=[work(id="op-1")], daemon_sets=[left_over("op-1"), left_over("op-2")])
    doing = Doing(world)
    await pulled(world, doing)
    assert doing.titles[0] == "Remove what earlier ones left"
    assert [one.name for one in world.daemon_sets] == ["jhub-bot-prepull-op-1"]


async def test_a_crash_at_any_moment_leaves_the_image_and_no_puller():
    moments = 0
    while True:
        world = cluster(daemon_sets=[left_over("op-2")])
        view = await through_crash(prepull.apply, await planned(world), world, moments)
        if view is None:
            break
        assert view.title == "7c1d2e9 is on 2 nodes"
        assert world.daemon_sets == []
        moments += 1
    assert moments == 6


async def test_a_registry_with_nothing_in_it_falls_back_to_the_live_tag():
    world = cluster(registry=Registry(known=[]))
    with pytest.raises(UserError, match="has no tag 3f9a41c"):
        await planned(world)
    assert (await planned(cluster(registry=Registry(known=[tag("3f9a41c")])))).live
