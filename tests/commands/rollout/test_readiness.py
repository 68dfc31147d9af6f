"""Why a release is not ready in time: what passes by itself, what does not, and what is none of its business."""

from dataclasses import replace
from datetime import timedelta

import pytest

from clients.kube import Crash, Event, Waiting
from commands.rollout.readiness import find_blockages
from tests.world import NOW, cannot_pull, components, home, pod, server, unready


def event(reason, message, kind="Pod", name="hub-2", **more):
    return Event("Warning", reason, message, kind, name, 1, NOW, NOW, **more)


NO_ROOM = "Unschedulable: 0/2 nodes are available: 2 Insufficient memory. preemption: 0/2 nodes are available"
SCALES = event("TriggeredScaleUp", "pod triggered scale-up: [{aks-users-1-vmss 1->2 (max: 5)}]")
TRANSIENT = {
    "starting": (pod("hub-2", "hub", **unready()), []),
    "a node is coming": (pod("hub-2", "hub", **unready(node="", refusal=NO_ROOM)), [SCALES]),
    "slow to answer": (
        pod("hub-2", "hub", ready=0, phase="Running"),
        [event("Started", "Started container hub"), event("Unhealthy", "Readiness probe failed: connection refused")],
    ),
    "busy registry": (pod("hub-2", "hub", **cannot_pull("1", "toomanyrequests: retry")), []),
}
CRASHED = Crash("hub", "Error", 1)
LASTING = {
    "crash": pod("hub-2", "hub", ready=0, restarts=4, crash=CRASHED),
    "no room": pod("hub-2", "hub", **unready(node="", refusal=NO_ROOM)),
    "no such image": pod("hub-2", "hub", **cannot_pull("1")),
    "failed hook": pod("hook-1", "hook-image-awaiter", phase="Failed", ready=0),
    "setting missing": pod(
        "hub-2", "hub", **unready(waiting=Waiting("hub", "CreateContainerConfigError", 'secret "x" not found', "hub:1"))
    ),
}


@pytest.mark.parametrize("what", TRANSIENT)
def test_what_more_time_helps(what):
    one, events = TRANSIENT[what]
    (seen,) = find_blockages([*components(), one], events)
    assert seen.passes, seen


@pytest.mark.parametrize("what", LASTING)
def test_what_more_time_does_not_help(what):
    (seen,) = find_blockages([*components(), LASTING[what]], [])
    assert not seen.passes, seen
    assert seen.text.startswith(LASTING[what].component)


def test_what_does_not_pass_comes_first():
    seen = find_blockages([pod("a", "autohttps", **unready()), LASTING["crash"]], [])
    assert [one.passes for one in seen] == [False, True]


def test_quota_and_a_claim_without_a_disk_need_no_pod():
    quota = event(
        "FailedCreate",
        'pods "hub-2" is forbidden: exceeded quota: compute, requested: pods=1, used: pods=9, limited: pods=9',
        "ReplicaSet",
        "hub-abc",
    )
    database = replace(home(""), name="hub-db-dir", phase="Pending", component="hub", volume="")
    refused = event("ProvisioningFailed", 'storageclass.storage.k8s.io "fast" not found', "PersistentVolumeClaim")
    seen = find_blockages(components(), [quota, replace(refused, name="hub-db-dir")], [database])
    assert {one.text for one in seen} == {
        "The namespace’s quota compute is used up (pods=1 was requested).",
        "hub-db-dir: There is no storage class fast.",
    }
    assert not any(one.passes for one in seen)


def test_what_an_earlier_attempt_met_is_none_of_this_ones():
    message = 'pods "hub-2" is forbidden: exceeded quota: compute, requested: pods=1, used: pods=9, limited: pods=9'
    quota = event("FailedCreate", message, "ReplicaSet", "hub-abc")
    assert find_blockages(components(), [quota], began=NOW)
    assert not find_blockages(components(), [quota], began=NOW + timedelta(seconds=1))


def test_users_servers_and_pullers_that_nobody_waits_for_are_left_out():
    pods = [server("ann@example.org", **unready()), pod("p", "continuous-image-puller", **cannot_pull("1"))]
    assert find_blockages([*components(), *pods], []) == ()
