from datetime import UTC, datetime, timedelta

import pytest

from sandbox.apiserver.objects import resource_kinds as r
from sandbox.apiserver.printers.ages import duration
from sandbox.apiserver.printers.tables import table

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
MADE = {"name": "x", "creationTimestamp": "2026-01-30T12:00:00Z"}


def cells(kind, obj):
    shown = table(kind, [{"metadata": MADE, **obj}], {}, "", NOW)
    return dict(zip([c["name"] for c in shown["columnDefinitions"]], shown["rows"][0]["cells"], strict=True))


def container(name="c", **state):
    return {"name": name, "ready": "running" in state, "restartCount": 0, "state": state}


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ({"phase": "Pending"}, "Pending"),
        ({"phase": "Running", "containerStatuses": [container(running={})]}, "Running"),
        (
            {"phase": "Pending", "containerStatuses": [container(waiting={"reason": "ImagePullBackOff"})]},
            "ImagePullBackOff",
        ),
        ({"phase": "Running", "containerStatuses": [container(terminated={"exitCode": 3})]}, "ExitCode:3"),
        (
            {"phase": "Succeeded", "containerStatuses": [container(terminated={"exitCode": 0, "reason": "Completed"})]},
            "Completed",
        ),
        ({"phase": "Pending", "initContainerStatuses": [container(running={})]}, "Init:0/1"),
        (
            {"phase": "Pending", "initContainerStatuses": [container(waiting={"reason": "CrashLoopBackOff"})]},
            "Init:CrashLoopBackOff",
        ),
        ({"phase": "Failed", "reason": "Evicted"}, "Evicted"),
    ],
)
def test_a_pod_s_state_in_a_word(status, word):
    spec = {"containers": [{"name": "c"}], "initContainers": [{"name": "i"}]}
    assert cells(r.POD, {"spec": spec, "status": status})["Status"] == word


def test_a_pod_that_began_anew_or_ends():
    again = {
        **container(running={}),
        "restartCount": 3,
        "lastState": {"terminated": {"finishedAt": "2026-01-31T11:55:00Z"}},
    }
    shown = cells(
        r.POD, {"spec": {"containers": [{}, {}]}, "status": {"phase": "Running", "containerStatuses": [again]}}
    )
    assert (shown["Ready"], shown["Restarts"], shown["Age"]) == ("1/2", "3 (5m ago)", "24h")
    ending = {
        "metadata": {**MADE, "deletionTimestamp": "2026-01-31T12:00:00Z"},
        "spec": {},
        "status": {"phase": "Running"},
    }
    assert cells(r.POD, ending)["Status"] == "Terminating"


def test_other_kinds_in_kubectl_s_words():
    ports = [{"port": 443, "nodePort": 30443, "protocol": "TCP"}]
    waiting = cells(r.SERVICE, {"spec": {"type": "LoadBalancer", "clusterIP": "10.0.0.1", "ports": ports}})
    assert (waiting["External-IP"], waiting["Port(s)"]) == ("<pending>", "443:30443/TCP")
    claim = {
        "spec": {"accessModes": ["ReadWriteOnce"], "volumeName": "pv-1", "storageClassName": "disk"},
        "status": {"phase": "Bound", "capacity": {"storage": "10Gi"}},
    }
    shown = cells(r.PERSISTENT_VOLUME_CLAIM, claim)
    assert [shown[name] for name in ("Status", "Volume", "Capacity", "Access Modes")] == [
        "Bound",
        "pv-1",
        "10Gi",
        "RWO",
    ]
    node = {"spec": {"unschedulable": True}, "status": {"conditions": [{"type": "Ready", "status": "Unknown"}]}}
    assert cells(r.NODE, node)["Status"] == "NotReady,SchedulingDisabled"
    default = {"metadata": {**MADE, "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}}
    assert cells(r.STORAGE_CLASS, default)["Name"] == "x (default)"
    event = {
        "lastTimestamp": "2026-01-31T11:59:00Z",
        "involvedObject": {"kind": "Pod", "name": "hub"},
        "message": " m ",
    }
    shown = cells(r.EVENT, event)
    assert (shown["Last Seen"], shown["Object"], shown["Message"]) == ("60s", "pod/hub", "m")


@pytest.mark.parametrize("kind", r.ALL, ids=lambda kind: kind.kind)
def test_a_bare_object_of_any_kind_can_be_shown(kind):
    assert cells(kind, {"spec": {"type": "ClusterIP"}})


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(seconds=119), "119s"),
        (timedelta(minutes=5, seconds=12), "5m12s"),
        (timedelta(minutes=9), "9m"),
        (timedelta(minutes=179), "179m"),
        (timedelta(hours=3, minutes=20), "3h20m"),
        (timedelta(hours=47), "47h"),
        (timedelta(days=7, hours=5), "7d5h"),
        (timedelta(days=400), "400d"),
        (timedelta(days=800), "2y70d"),
        (timedelta(days=365 * 9), "9y"),
        (timedelta(seconds=-5), "0s"),
    ],
)
def test_ages(span, text):
    assert duration(span.total_seconds()) == text
