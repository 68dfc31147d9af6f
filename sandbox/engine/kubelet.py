"""What happens to a pod on its node: volumes, image pulls, containers, readiness, and the end.

The messages are kubelet's and containerd's (Kubernetes 1.32, containerd 1.7). A pod's annotations can plant faults:
`sandbox/crash: "true"` lets its containers exit, `sandbox/unready: "true"` keeps it from getting ready.
"""

import re

from sandbox.engine import lost_nodes, volumes
from sandbox.engine.context import Context, is_ending, is_over, key_of, node_works
from sandbox.engine.pulls import forget, pull
from sandbox.engine.statuses import begun, show, show_init, show_ready, waiting
from sandbox.kube.objects import list_at, moment, timestamp
from sandbox.kube.resources import DAEMON_SET, NODE, POD, Json

_READY_SECONDS = 1.5
_END_SECONDS = 1.0
_PROGRAM_SECONDS = 1.0
_LOOK_AGAIN = 1.0
# kubelet's back-off for crashes: 10 s, doubled up to five minutes.
_BACKOFF = 10.0
_LONGEST_BACKOFF = 300.0
_AWAITED = re.compile(r"^--?daemonset(?:-name)?(?:=(.*))?$")


def reconcile(context: Context, pod: Json) -> None:
    """Take the pod one step further in its life."""
    if not pod["spec"].get("nodeName"):
        return
    if is_ending(pod):
        _end(context, pod)
    elif is_over(pod):
        return
    elif node_works(context.store.find(NODE, None, pod["spec"]["nodeName"])):
        _live(context, pod)
    else:
        lost_nodes.reconcile(context, pod)


def _end(context: Context, pod: Json) -> None:
    grace = pod["metadata"].get("deletionGracePeriodSeconds", 0)
    # The mark is the time when the grace period is over, not when somebody asked.
    passed = grace + context.seconds_since(moment(pod["metadata"]["deletionTimestamp"]))
    if passed < min(_END_SECONDS, grace):
        context.later(key_of(POD, pod), min(_END_SECONDS, grace) - passed)
        return
    context.store.remove(POD, pod["metadata"]["namespace"], pod["metadata"]["name"])


def _live(context: Context, pod: Json) -> None:
    statuses = list_at(pod, "status", "containerStatuses")
    if statuses and all("running" in one.get("state", {}) for one in statuses):
        _run(context, pod)
        return
    # A claim that gets its disk has its pods looked at again.
    if not volumes.mountable(context, pod):
        show(context, pod, [waiting(c, "ContainerCreating") for c in pod["spec"]["containers"]])
        return
    if _backs_off(context, pod):
        return
    for container in pod["spec"].get("initContainers") or []:
        if not _has_run(pod, container["name"]):
            if pull(context, pod, container, init=True):
                _finish_init(context, pod, container)
            return
    # Not all(…) over a generator: the containers' images are pulled side by side.
    pulled = [pull(context, pod, container, init=False) for container in pod["spec"]["containers"]]
    if all(pulled):
        _start(context, pod)


def _has_run(pod: Json, name: str) -> bool:
    statuses = list_at(pod, "status", "initContainerStatuses")
    return any(one["name"] == name and "terminated" in one["state"] for one in statuses)


def _finish_init(context: Context, pod: Json, container: Json) -> None:
    now = timestamp(context.clock.now())
    ended = {"exitCode": 0, "reason": "Completed", "startedAt": now, "finishedAt": now}
    _events_of_start(context, pod, container)
    show_init(context, pod, begun(context, pod, container, {"terminated": ended}, ready=True))


def _start(context: Context, pod: Json) -> None:
    now = timestamp(context.clock.now())
    running = []
    for container in pod["spec"]["containers"]:
        _events_of_start(context, pod, container)
        running.append(begun(context, pod, container, {"running": {"startedAt": now}}, ready=False, started=True))
    context.note(pod, "started")
    show(context, pod, running, phase="Running")
    context.later(key_of(POD, pod), _READY_SECONDS)


def _events_of_start(context: Context, pod: Json, container: Json) -> None:
    name = container["name"]
    context.events.record(pod, "Normal", "Created", f"Created container: {name}", "kubelet")
    context.events.record(pod, "Normal", "Started", f"Started container {name}", "kubelet")


def _run(context: Context, pod: Json) -> None:
    annotations = pod["metadata"].get("annotations") or {}
    unready = annotations.get("sandbox/unready") == "true"
    if annotations.get("sandbox/crash") == "true":
        _crash(context, pod)
    elif pod["spec"].get("restartPolicy", "Always") != "Always" and _is_program(pod):
        _finish(context, pod)
    elif unready and _is_ready(pod):
        context.note(pod, "started")
        show_ready(context, pod, ready=False)
    elif not unready and not _is_ready(pod):
        _become_ready(context, pod)


def _is_program(pod: Json) -> bool:
    """Whether the pod ends by itself; users' servers do not, whatever their restart policy."""
    return any(owner["kind"] == "Job" for owner in pod["metadata"].get("ownerReferences") or ())


def _is_ready(pod: Json) -> bool:
    return any(c["type"] == "Ready" and c["status"] == "True" for c in list_at(pod, "status", "conditions"))


def _become_ready(context: Context, pod: Json) -> None:
    running_for = context.noted(pod, "started")
    if lost_nodes.found_again(context, pod):
        show_ready(context, pod, ready=True)
    elif running_for is not None and running_for < _READY_SECONDS:
        context.later(key_of(POD, pod), _READY_SECONDS - running_for)
    elif running_for is not None:
        show_ready(context, pod, ready=True)


def _finish(context: Context, pod: Json) -> None:
    awaited = _awaited_daemonset(pod)
    if awaited is not None and not _daemonset_ready(context, pod["metadata"]["namespace"], awaited):
        context.later(key_of(POD, pod), _LOOK_AGAIN)
        return
    running_for = context.noted(pod, "started") or 0.0
    if running_for < _PROGRAM_SECONDS:
        context.later(key_of(POD, pod), _PROGRAM_SECONDS - running_for)
        return
    now = timestamp(context.clock.now())
    ended = {"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": now, "finishedAt": now}}
    statuses = [begun(context, pod, c, ended, ready=False) for c in pod["spec"]["containers"]]
    show(context, pod, statuses, phase="Succeeded")


def _awaited_daemonset(pod: Json) -> str | None:
    """The DaemonSet whose pods this program waits for, by its `-daemonset-name=…`, as z2jh's image-awaiter does."""
    for container in pod["spec"]["containers"]:
        words: list[str] = [*(container.get("command") or ()), *(container.get("args") or ())]
        for word, following in zip(words, [*words[1:], ""], strict=True):
            if found := _AWAITED.match(word):
                return found[1] or following
    return None


def _daemonset_ready(context: Context, namespace: str, name: str) -> bool:
    found = context.store.find(DAEMON_SET, namespace, name)
    status = found.get("status", {}) if found else {}
    desired = status.get("desiredNumberScheduled")
    return desired is not None and status.get("numberReady") == desired


def _crash(context: Context, pod: Json) -> None:
    """End all containers with an error once they have run for a moment."""
    running_for = context.noted(pod, "started")
    if running_for is not None and running_for < _PROGRAM_SECONDS:
        context.later(key_of(POD, pod), _PROGRAM_SECONDS - running_for)
        return
    context.note(pod, "crashed")
    before = {one["name"]: one for one in list_at(pod, "status", "containerStatuses")}
    statuses = [_crashed(context, pod, c, before[c["name"]]) for c in pod["spec"]["containers"]]
    if pod["spec"].get("restartPolicy") == "Never":
        show(context, pod, statuses, phase="Failed")
        return
    for container in pod["spec"]["containers"]:
        forget(context, pod, container)
        message = f"Back-off restarting failed container {container['name']} in pod {_full_name(pod)}"
        context.events.record(pod, "Warning", "BackOff", message, "kubelet")
    show(context, pod, statuses, phase="Running")
    context.later(key_of(POD, pod), _backoff(max(one["restartCount"] for one in statuses)))


def _crashed(context: Context, pod: Json, container: Json, before: Json) -> Json:
    now = timestamp(context.clock.now())
    began = before["state"]["running"].get("startedAt", now)
    ended = {"terminated": {"exitCode": 1, "reason": "Error", "startedAt": began, "finishedAt": now}}
    if pod["spec"].get("restartPolicy") == "Never":
        return begun(context, pod, container, ended, ready=False)
    restarts = before["restartCount"] + 1
    pause = f"back-off {_backoff(restarts):.0f}s"
    message = f"{pause} restarting failed container={container['name']} pod={_full_name(pod)}"
    state = {"waiting": {"reason": "CrashLoopBackOff", "message": message}}
    return begun(context, pod, container, state, ready=False) | {"restartCount": restarts, "lastState": ended}


def _backs_off(context: Context, pod: Json) -> bool:
    """Whether the pod's containers have crashed and may not start again yet."""
    crashed = context.noted(pod, "crashed")
    if crashed is None:
        return False
    left = _backoff(max(one["restartCount"] for one in list_at(pod, "status", "containerStatuses"))) - crashed
    if left > 0:
        context.later(key_of(POD, pod), left)
        return True
    return False


def _backoff(restarts: int) -> float:
    return float(min(_BACKOFF * 2 ** min(restarts - 1, 5), _LONGEST_BACKOFF))


def _full_name(pod: Json) -> str:
    metadata = pod["metadata"]
    return f"{metadata['name']}_{metadata['namespace']}({metadata['uid']})"
