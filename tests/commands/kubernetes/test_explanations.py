"""What the cluster's components say, in words for people."""

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from clients.kube import Crash, Waiting
from commands.kubernetes.explanations import diagnose, explained
from commands.kubernetes.problem import Cause
from tests.world import NOW, cannot_pull, pod, server, unready
from tests.world.events import DISK_QUOTA, MEMORY, MULTI, PULL, SAID, ZONE, event

GOLDEN = Path(__file__).with_name("golden") / "explained.txt"


def told(reason, message, kind):
    trouble = explained(event(reason, message, kind=kind))
    if trouble is None:
        return [f"{reason}: {message}", "    -"]
    step = f" → {trouble.step.line}" if trouble.step else ""
    return [f"{reason}: {message}", f"    {trouble.cause.name}: {trouble.words}{step}"]


def test_the_words_for_what_the_cluster_says_are_those_of_the_golden_file():
    lines = [line for one in SAID for line in told(*one)]
    text = "\n".join(lines) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text, "utf-8")
    assert text == GOLDEN.read_text("utf-8")


def waiting(**more):
    return server("ada@example.org", **unready(node="", refusal=f"Unschedulable: {MEMORY}", **more))


def test_a_pod_that_is_ready_ends_or_merely_starts_needs_no_explanation():
    assert diagnose(server("ada@example.org")) is None
    assert diagnose(server("ada@example.org", terminating=True, ready=0)) is None
    starting = server("ada@example.org", **unready(waiting=Waiting("notebook", "ContainerCreating", "", "i")))
    assert diagnose(starting) is None


def test_what_the_autoscaler_answers_is_the_cause():
    full = event("NotTriggerScaleUp", "pod didn't trigger scale-up: 1 max node group size reached")
    coming = event("TriggeredScaleUp", "pod triggered scale-up: [{aks-users-31415926-vmss 3->4 (max: 5)}]", last=NOW)
    assert diagnose(waiting()).cause is Cause.MEMORY
    assert diagnose(waiting(), [full]).cause is Cause.POOL_FULL
    later = diagnose(waiting(), [full, coming])
    assert later.cause is Cause.SCALING_UP
    assert later.passes
    assert "Pool users goes from 3 to 4" in later.words
    assert diagnose(waiting(), [replace(full, name="jupyter-bob")]).cause is Cause.MEMORY


@pytest.mark.parametrize(
    ("state", "cause", "words"),
    [
        (cannot_pull("9"), Cause.IMAGE_MISSING, "does not have jhub.azurecr.io/notebook:9"),
        (cannot_pull("9", "toomanyrequests: slow down"), Cause.IMAGE_RATE, "too many requests"),
        (unready(waiting=Waiting("notebook", "InvalidImageName", "", "x::y")), Cause.IMAGE_NAME, "x::y"),
        (
            unready(waiting=Waiting("notebook", "CreateContainerConfigError", 'secret "hub" not found', "i")),
            Cause.SETTINGS_MISSING,
            "Secret hub",
        ),
        (
            unready(phase="Running", crash=Crash("notebook", "OOMKilled", 137), restarts=4),
            Cause.OUT_OF_MEMORY,
            "4 times",
        ),
        (
            unready(
                phase="Running",
                waiting=Waiting("hub", "CrashLoopBackOff", "back-off 40s", "i"),
                crash=Crash("hub", "Error", 1),
            ),
            Cause.CRASH,
            "exit code 1",
        ),
        (
            unready(phase="Failed", refusal="Evicted: The node was low on resource: memory. Threshold"),
            Cause.EVICTED,
            "short of memory",
        ),
        (unready(node="", refusal=f"Unschedulable: {ZONE}"), Cause.ZONE, "zone of its disk"),
    ],
)
def test_the_pods_own_state_says_why(state, cause, words):
    found = diagnose(pod("jupyter-ada", "singleuser-server", **state))
    assert found.cause is cause
    assert words in found.words


def test_backing_off_the_registrys_words_are_those_of_the_event():
    image = "jhub.azurecr.io/notebook:9"
    backing = unready(waiting=Waiting("notebook", "ImagePullBackOff", f'Back-off pulling image "{image}"', image))
    stuck = server("ada@example.org", **backing)
    assert diagnose(stuck).cause is Cause.IMAGE
    said = event("Failed", PULL.format(tag="9", code="Unknown", why="401 Unauthorized"))
    assert diagnose(stuck, [said]).cause is Cause.IMAGE_REFUSED


def test_what_was_said_of_a_claim_explains_the_pod_that_mounts_it():
    its = server(
        "ada@example.org",
        **unready(node="", refusal="Unschedulable: pod has unbound immediate PersistentVolumeClaims"),
        claims=("claim-ada",),
    )
    said = event("ProvisioningFailed", DISK_QUOTA, name="claim-ada", kind="PersistentVolumeClaim")
    assert diagnose(its).cause is Cause.CLAIM_UNBOUND
    assert diagnose(its, [said]).cause is Cause.DISK_QUOTA


def test_a_disk_that_hangs_elsewhere_is_told_while_the_container_is_created():
    its = server("ada@example.org", **unready(waiting=Waiting("notebook", "ContainerCreating", "", "i")))
    assert diagnose(its, [event("FailedAttachVolume", MULTI)]).cause is Cause.DISK_ELSEWHERE


def test_a_probe_that_fails_counts_only_for_what_runs():
    its = server("ada@example.org", ready=0)
    said = [event("Started"), event("Unhealthy", "Readiness probe failed: 503", last=NOW - timedelta(seconds=5))]
    assert diagnose(its, said).cause is Cause.PROBE


def test_what_was_said_of_an_earlier_pod_of_that_name_is_of_no_matter():
    full = event("NotTriggerScaleUp", "pod didn't trigger scale-up: 1 max node group size reached", uid="uid-earlier")
    assert diagnose(waiting(), [full]).cause is Cause.MEMORY
    assert diagnose(waiting(), [replace(full, uid="uid-jupyter-ada")]).cause is Cause.POOL_FULL
