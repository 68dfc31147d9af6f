from datetime import UTC, datetime, timedelta

import pytest

from sandbox.apiserver.logs import LogOptions
from sandbox.apiserver.objects.json_objects import timestamp
from sandbox.clock import ManualClock
from sandbox.kubelet.logs import container_log

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
NOW = LogOptions()


def pod(container, **status):
    running = {"name": container, "state": {"running": {"startedAt": timestamp(START)}}, **status}
    annotations = {"hub.jupyter.org/username": "ada@example.org"}
    metadata = {"name": "web", "uid": "0-1", "annotations": annotations}
    return {"metadata": metadata, "spec": {}, "status": {"containerStatuses": [running]}}


@pytest.mark.parametrize(
    ("container", "said"),
    [
        ("hub", "[I 2026-03-01 08:00:00.000 JupyterHub app:3307] Running JupyterHub"),
        ("chp", "08:00:00.000 [ConfigProxy] info: Adding route"),
        ("traefik", "2026-03-01T08:00:00Z INF Traefik version"),
        ("notebook", "[I 2026-03-01 08:00:00.000 ServerApp manager]"),
        ("kube-scheduler", "I0301 08:00:00.000000       1 serving.go"),
    ],
)
async def test_each_component_sounds_like_itself(container, said):
    clock = ManualClock(START + timedelta(seconds=10))
    first = container_log(clock)(pod(container), container, NOW).splitlines()[0]
    assert first.startswith(f"2026-03-01T08:00:00.000000Z {said}")


async def test_a_log_only_grows():
    clock = ManualClock(START + timedelta(seconds=5))
    log = container_log(clock)
    before = ""
    for _ in range(50):
        await clock.advance(97)
        now = log(pod("notebook"), "notebook", NOW)
        assert now.startswith(before)
        before = now
    stamps = [line.split(" ")[0] for line in before.splitlines()]
    assert stamps == sorted(stamps)
    assert len(stamps) > 40
    assert "/user/ada@example.org/" in before


async def test_a_log_of_weeks_is_no_longer_than_that_of_two_days():
    clock = ManualClock(START + timedelta(days=21))
    lines = container_log(clock)(pod("hub"), "hub", NOW).splitlines()
    assert 1000 < len(lines) < 3000
    assert "Running JupyterHub" not in lines[0]


async def test_what_a_container_said_before_it_crashed_can_be_asked_for():
    ended = {"startedAt": timestamp(START), "finishedAt": timestamp(START + timedelta(seconds=2)), "exitCode": 1}
    crashed = pod("hub", lastState={"terminated": ended}, restartCount=1)
    crashed["status"]["containerStatuses"][0]["state"] = {"waiting": {"reason": "CrashLoopBackOff"}}
    log = container_log(ManualClock(START + timedelta(minutes=5)))
    for options in (NOW, LogOptions(previous=True)):
        assert "Exiting: traitlets" in log(crashed, "hub", options).splitlines()[-1]


async def test_a_container_that_has_not_begun_has_said_nothing():
    waiting = pod("hub")
    waiting["status"]["containerStatuses"][0]["state"] = {"waiting": {"reason": "ContainerCreating"}}
    assert container_log(ManualClock(START))(waiting, "hub", NOW) == ""


async def test_troubles_stand_among_what_it_says_otherwise_from_when_they_were():
    clock = ManualClock(START + timedelta(hours=3))
    troubles = {"traefik": [(START + timedelta(hours=1), "ERR no"), (START - timedelta(days=1), "ERR of another life")]}
    log = container_log(clock, lambda _pod, container: troubles.get(container, ()))
    lines = log(pod("traefik"), "traefik", NOW).splitlines()
    assert "2026-03-01T09:00:00.000000Z 2026-03-01T09:00:00Z ERR no" in lines
    assert lines == sorted(lines)
    assert not any("another life" in line for line in lines)
    assert "ERR" not in log(pod("hub"), "hub", NOW)
