"""Why pods fail, crash or do not end, from their own state as the API server serves it."""

from datetime import timedelta

import pytest

from clients.kube import Node, Pod
from commands.kubernetes.explanations import diagnose
from commands.kubernetes.problem import Cause
from commands.kubernetes.termination_failures import held
from tests.world import NOW, node, server

NODE = "aks-users-31415926-vmss000002"


def read(status, component="singleuser-server", **metadata):
    return Pod.from_json(
        {
            "metadata": {"name": "jupyter-ada", "labels": {"component": component}, **metadata},
            "spec": {"nodeName": NODE, "containers": [{"name": "notebook", "image": "i"}]},
            "status": status,
        }
    )


def container(state, last=None, restarts=0):
    its = {"name": "notebook", "image": "i", "ready": False, "restartCount": restarts, "state": state}
    return {"phase": "Running", "containerStatuses": [its | ({"lastState": last} if last else {})]}


def waits(reason, message):
    return read({**container({"waiting": {"reason": reason, "message": message}}), "phase": "Pending"})


def crashes(message, code=1):
    last = {"terminated": {"reason": "Error", "exitCode": code, "message": message}}
    return read(container({"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 1m20s"}}, last, 4))


@pytest.mark.parametrize(
    ("source", "reason", "message", "cause", "words"),
    [
        (
            "device plugins",
            "UnexpectedAdmissionError",
            (
                "Pod was rejected: Allocate failed due to requested number of devices unavailable for nvidia.com/gpu. "
                "Requested: 1, Available: 0, which is unexpected"
            ),
            Cause.NODE_REFUSED,
            "Its node refused it: “Allocate failed due to requested number of devices unavailable for nvidia.com/gpu",
        ),
        (
            "kubelet",
            "OutOfmemory",
            "Pod was rejected: Node didn't have enough resource: memory, requested: 9, used: 5, capacity: 10",
            Cause.MEMORY,
            "no longer had enough memory",
        ),
        (
            "kubelet",
            "OutOfnvidia.com/gpu",
            "Node didn't have enough resource: nvidia.com/gpu, requested: 1, used: 1, capacity: 1",
            Cause.NODE_REFUSED,
            "no longer had enough nvidia.com/gpu",
        ),
        (
            "kubelet's topology manager",
            "TopologyAffinityError",
            "Pod was rejected: Resources cannot be allocated with Topology locality",
            Cause.NODE_REFUSED,
            "“Resources cannot be allocated with Topology locality”",
        ),
        (
            "activeDeadlineSeconds",
            "DeadlineExceeded",
            "Pod was active on the node longer than the specified deadline",
            Cause.NODE_REFUSED,
            "It has failed (DeadlineExceeded): “Pod was active on the node longer",
        ),
    ],
)
def test_a_pod_that_failed_says_why_and_that_it_stays_so(source, reason, message, cause, words):
    found = diagnose(read({"phase": "Failed", "reason": reason, "message": message}))
    assert found.cause is cause, source
    assert words in found.words
    assert "It will not start again: stop the server and start it again." in found.words


def test_a_part_of_the_hub_that_failed_is_made_anew_by_its_controller():
    found = diagnose(read({"phase": "Failed", "reason": "OutOfcpu", "message": "no"}, component="hub"))
    assert "stop the server" not in found.words
    assert "Its controller makes another" in found.words


@pytest.mark.parametrize(
    ("message", "cause", "words"),
    [
        (
            'container has runAsNonRoot and image will run as root (pod: "jupyter-ada_jhub(1)", container: notebook)',
            Cause.ROOT,
            "Its image runs as root, which its security context forbids",
        ),
        (
            'container\'s runAsUser breaks non-root policy (pod: "jupyter-ada_jhub(1)", container: notebook)',
            Cause.ROOT,
            "told to run as root",
        ),
        (
            "container has runAsNonRoot and image has non-numeric user (jovyan), cannot verify user is non-root",
            Cause.ROOT,
            "runs as the user jovyan",
        ),
        ("couldn't find key token in Secret jhub/hub", Cause.SETTINGS_MISSING, "Secret hub has no key token"),
        (
            "services have not yet been read at least once, cannot construct envvars",
            Cause.CONFIG,
            "cannot be configured: “services have not yet been read",
        ),
    ],
)
def test_why_a_container_cannot_be_configured(message, cause, words):
    found = diagnose(waits("CreateContainerConfigError", message))
    assert (found.cause, words in found.words) == (cause, True)
    assert "setting that it needs is missing" not in found.words


@pytest.mark.parametrize(
    ("reason", "message", "cause", "words"),
    [
        (
            "RunContainerError",
            (
                'failed to create containerd task: OCI runtime create failed: exec: "jupyterhub-singleuser": '
                "executable file "
                "not found in $PATH: unknown"
            ),
            Cause.CONFIG,
            "Its image has no command jupyterhub-singleuser.",
        ),
        (
            "RunContainerError",
            "mkdir /run/x: no space left on device: unknown",
            Cause.NODE_PRESSURE,
            "disk of its node",
        ),
        ("StartError", "exec /usr/bin/tini: exec format error", Cause.IMAGE_PLATFORM, "another processor"),
        (
            "PostStartHookError",
            "Exec lifecycle hook ([sh]) failed",
            Cause.CONFIG,
            "“Exec lifecycle hook ([sh]) failed”",
        ),
    ],
)
def test_why_a_container_cannot_be_started(reason, message, cause, words):
    found = diagnose(waits(reason, message))
    assert (found.cause, words in found.words) == (cause, True)


@pytest.mark.parametrize(
    ("source", "message", "cause", "words"),
    [
        (
            "2i2c jupyterhub-home-nfs #33, cal-itp #3235",
            "OSError: [Errno 28] No space left on device: '/home/jovyan/.local/share/jupyter/runtime'\n",
            Cause.HOME_FULL,
            "Their home is full.",
        ),
        (
            "a quota on NFS",
            "Traceback\nOSError: [Errno 122] Disk quota exceeded: '/home/jovyan/.jupyter'\nexiting\n",
            Cause.HOME_FULL,
            "“OSError: [Errno 122] Disk quota exceeded: '/home/jovyan/.jupyter'”",
        ),
        (
            "not the home",
            "OSError: [Errno 28] No space left on device: '/tmp/x'",
            Cause.CRASH,
            "A disk that it writes to",
        ),
        (
            "any other end",
            "ModuleNotFoundError: No module named 'jupyterhub'\n",
            Cause.CRASH,
            "No module named 'jupyterhub'”",
        ),
    ],
)
def test_a_crash_is_told_with_its_last_words(source, message, cause, words):
    found = diagnose(crashes(message))
    assert found.cause is cause, source
    assert words in found.words
    assert message.strip().splitlines()[-1] in found.words or "Errno 122" in words
    assert found.step.line == "/jhub logs jupyter-ada notebook --previous"


def test_a_crash_without_last_words_quotes_none():
    assert "last words" not in diagnose(crashes("")).words


def ending(minutes, **more):
    return server("ada@example.org", terminating=True, node=NODE, deadline=NOW - timedelta(minutes=minutes), **more)


def silent(**more):
    return node(NODE, "users", ready=False, problem="NodeStatusUnknown: Kubelet stopped posting node status.", **more)


def test_a_pod_on_a_node_that_does_not_answer_cannot_end():
    found = held(ending(240), [silent(since=NOW - timedelta(minutes=250))], NOW)
    assert found.cause is Cause.HELD
    assert "because its node users vmss000002 has not answered for 4 h 10 min" in found.words
    assert "Its disk stays attached until then." in found.words


def test_a_pod_that_a_finalizer_holds_names_it():
    found = held(ending(30, finalizers=("example.org/guard",)), [node(NODE, "users")], NOW)
    assert "the finalizer example.org/guard holds it" in found.words


@pytest.mark.parametrize(
    ("pod", "nodes", "words"),
    [
        (ending(30), [node(NODE, "users")], "its node users vmss000002 has not reported it as stopped"),
        (ending(30), [node("aks-users-31415926-vmss000009", "users")], "is no longer in the cluster"),
    ],
)
def test_a_pod_that_is_late_for_no_known_reason_is_told_with_what_is_known(pod, nodes, words):
    assert words in held(pod, nodes, NOW).words


def test_a_pod_that_ends_in_time_is_not_held():
    assert held(ending(1), [silent()], NOW) is None
    assert held(ending(-1), [silent()], NOW) is None
    assert held(server("ada@example.org"), [silent()], NOW) is None


def test_deadline_finalizers_and_the_nodes_last_change_are_read():
    pod = read({"phase": "Running"}, deletionTimestamp="2026-11-29T08:00:00Z", finalizers=["example.org/guard"])
    assert (pod.terminating, pod.deadline.hour, pod.finalizers) == (True, 8, ("example.org/guard",))
    ready = {"type": "Ready", "status": "Unknown", "lastTransitionTime": "2026-11-29T07:50:00Z"}
    assert Node.from_json({"metadata": {"name": NODE}, "status": {"conditions": [ready]}}).since.minute == 50
