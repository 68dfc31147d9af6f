"""What happens to a pod on its node: volumes, image pulls, containers, readiness, and the end.

The messages are kubelet's and containerd's (Kubernetes 1.32, containerd 1.7). A pod's annotations can plant faults:
`sandbox/crash: "true"` lets its containers exit, `sandbox/unready: "true"` keeps it from getting ready.
"""

import re
from collections.abc import Sequence
from hashlib import sha256

from sandbox.engine import volumes
from sandbox.engine.context import Context, is_ending, is_over, key_of
from sandbox.engine.images import split
from sandbox.kube.objects import list_at, moment, timestamp
from sandbox.kube.resources import DAEMON_SET, NODE, POD, Json

_START_SECONDS = 1.0
_READY_SECONDS = 1.5
_END_SECONDS = 1.0
_PROGRAM_SECONDS = 1.0
_LOOK_AGAIN = 1.0
# kubelet's back-off for pulls and for crashes: 10 s, doubled up to five minutes.
_BACKOFF = 10.0
_LONGEST_BACKOFF = 300.0
_AWAITED = re.compile(r"^--?daemonset(?:-name)?(?:=(.*))?$")


def reconcile(context: Context, pod: Json) -> None:
    """Take the pod one step further in its life."""
    if not pod["spec"].get("nodeName"):
        return
    if is_ending(pod):
        _end(context, pod)
    elif not is_over(pod) and _node_works(context, pod):
        _live(context, pod)


def _node_works(context: Context, pod: Json) -> bool:
    node = context.store.find(NODE, None, pod["spec"]["nodeName"])
    conditions = list_at(node, "status", "conditions") if node else []
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


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
    if not volumes.mountable(context, pod):
        context.later(key_of(POD, pod), _LOOK_AGAIN)
        _show(context, pod, [_waiting(c, "ContainerCreating") for c in pod["spec"]["containers"]])
        return
    for container in pod["spec"].get("initContainers") or []:
        if not _has_run(pod, container["name"]) and not _pull(context, pod, container, init=True):
            return
        if not _has_run(pod, container["name"]):
            _finish_init(context, pod, container)
            return
    # Not all(…) over a generator: the containers' images are pulled side by side.
    pulled = [_pull(context, pod, container, init=False) for container in pod["spec"]["containers"]]
    if all(pulled):
        _start(context, pod)


def _has_run(pod: Json, name: str) -> bool:
    statuses = list_at(pod, "status", "initContainerStatuses")
    return any(one["name"] == name and "terminated" in one["state"] for one in statuses)


def _pull(context: Context, pod: Json, container: Json, *, init: bool) -> bool:
    """Whether the container's image is on the node; if not, what happens meanwhile is shown."""
    node, image = pod["spec"]["nodeName"], container["image"]
    if context.images.cached(node, image) and container.get("imagePullPolicy") != "Always":
        return True
    began = _memory(context, pod, f"pull {container['name']}")
    if began is None:
        _remember(context, pod, f"pull {container['name']}")
        context.events.record(pod, "Normal", "Pulling", f'Pulling image "{image}"', "kubelet")
        context.later(key_of(POD, pod), _pull_seconds(context, image))
        _show_waiting(context, pod, container, "PodInitializing" if init else "ContainerCreating", init=init)
        return False
    left = _pull_seconds(context, image) - began
    if left > 0:
        context.later(key_of(POD, pod), left)
        return False
    if context.images.exists(image):
        context.images.remember(node, image)
        took = context.images.pull_seconds_for(image)
        message = f'Successfully pulled image "{image}" in {took:.3g}s ({took:.3g}s including waiting)'
        context.events.record(pod, "Normal", "Pulled", message, "kubelet")
        return True
    _fail_pull(context, pod, container, began, init=init)
    return False


def _pull_seconds(context: Context, image: str) -> float:
    # A registry says at once that it has no such tag.
    return context.images.pull_seconds_for(image) if context.images.exists(image) else _START_SECONDS


def _fail_pull(context: Context, pod: Json, container: Json, since: float, *, init: bool) -> None:
    """Alternate between the failure and waiting for the next try, ever longer, as kubelet does."""
    image = container["image"]
    repository, tag = split(image)
    reference = f'failed to resolve reference "{image}": {repository}:{tag}: not found'
    told = f'failed to pull and unpack image "{image}": {reference}'
    failure = f"rpc error: code = NotFound desc = {told}"
    round_, until_next = _round(since - _START_SECONDS)
    first_seen = _memory(context, pod, f"round {container['name']} {round_}") is None
    if first_seen:
        _remember(context, pod, f"round {container['name']} {round_}")
        message = f'Failed to pull image "{image}": {failure}'
        context.events.record(pod, "Warning", "Failed", message, "kubelet")
        context.events.record(pod, "Warning", "Failed", "Error: ErrImagePull", "kubelet")
        _show_waiting(context, pod, container, "ErrImagePull", failure, init=init)
        context.later(key_of(POD, pod), _LOOK_AGAIN)
        return
    context.events.record(pod, "Normal", "BackOff", f'Back-off pulling image "{image}"', "kubelet")
    context.events.record(pod, "Warning", "Failed", "Error: ImagePullBackOff", "kubelet")
    message = f'Back-off pulling image "{image}": ErrImagePull: {failure}'
    _show_waiting(context, pod, container, "ImagePullBackOff", message, init=init)
    context.later(key_of(POD, pod), max(_LOOK_AGAIN, until_next))


def _round(passed: float) -> tuple[int, float]:
    """Which try of a pull it is after so many seconds, and how long until the next."""
    number, wait = 0, _BACKOFF
    while passed >= wait:
        passed -= wait
        number, wait = number + 1, min(2 * wait, _LONGEST_BACKOFF)
    return number, wait - passed


def _finish_init(context: Context, pod: Json, container: Json) -> None:
    now = timestamp(context.clock.now())
    ended = {"exitCode": 0, "reason": "Completed", "startedAt": now, "finishedAt": now}
    status = _status(context, container, {"terminated": ended}, ready=True)
    _events_of_start(context, pod, container)
    _put_status(context, pod, status, init=True)


def _start(context: Context, pod: Json) -> None:
    now = timestamp(context.clock.now())
    running = []
    for container in pod["spec"]["containers"]:
        _events_of_start(context, pod, container)
        running.append(_status(context, container, {"running": {"startedAt": now}}, ready=False, started=True))
    _remember(context, pod, "started")
    _show(context, pod, running, phase="Running")
    context.later(key_of(POD, pod), _READY_SECONDS)


def _events_of_start(context: Context, pod: Json, container: Json) -> None:
    name = container["name"]
    context.events.record(pod, "Normal", "Created", f"Created container: {name}", "kubelet")
    context.events.record(pod, "Normal", "Started", f"Started container {name}", "kubelet")


def _run(context: Context, pod: Json) -> None:
    annotations = pod["metadata"].get("annotations") or {}
    if annotations.get("sandbox/crash") == "true":
        _crash(context, pod)
    elif pod["spec"].get("restartPolicy", "Always") != "Always" and _is_program(pod):
        _finish(context, pod)
    elif not _is_ready(pod):
        _become_ready(context, pod, never=annotations.get("sandbox/unready") == "true")


def _is_program(pod: Json) -> bool:
    """Whether the pod ends by itself; users' servers do not, whatever their restart policy."""
    return any(owner["kind"] == "Job" for owner in pod["metadata"].get("ownerReferences") or ())


def _is_ready(pod: Json) -> bool:
    return any(c["type"] == "Ready" and c["status"] == "True" for c in list_at(pod, "status", "conditions"))


def _become_ready(context: Context, pod: Json, *, never: bool) -> None:
    running_for = _memory(context, pod, "started")
    if never or running_for is None:
        return
    if running_for < _READY_SECONDS:
        context.later(key_of(POD, pod), _READY_SECONDS - running_for)
        return
    statuses = [{**one, "ready": True} for one in list_at(pod, "status", "containerStatuses")]
    _show(context, pod, statuses, phase="Running", ready=True)


def _finish(context: Context, pod: Json) -> None:
    awaited = _awaited_daemonset(pod)
    if awaited is not None and not _daemonset_ready(context, pod["metadata"]["namespace"], awaited):
        context.later(key_of(POD, pod), _LOOK_AGAIN)
        return
    running_for = _memory(context, pod, "started") or 0.0
    if running_for < _PROGRAM_SECONDS:
        context.later(key_of(POD, pod), _PROGRAM_SECONDS - running_for)
        return
    now = timestamp(context.clock.now())
    ended = {"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": now, "finishedAt": now}}
    _show(context, pod, [_status(context, c, ended, ready=False) for c in pod["spec"]["containers"]], phase="Succeeded")


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
    now = timestamp(context.clock.now())
    statuses = []
    for container, before in zip(pod["spec"]["containers"], list_at(pod, "status", "containerStatuses"), strict=True):
        restarts = before["restartCount"] + 1
        ended = {"exitCode": 1, "reason": "Error", "startedAt": now, "finishedAt": now}
        message = f"back-off {min(10 * 2 ** (restarts - 1), 300)}s restarting failed container={container['name']}"
        waiting = {"waiting": {"reason": "CrashLoopBackOff", "message": message}}
        status = _status(context, container, waiting, ready=False) | {"restartCount": restarts}
        statuses.append(status | {"lastState": {"terminated": ended}})
        context.events.record(
            pod, "Warning", "BackOff", f"Back-off restarting failed container {container['name']}", "kubelet"
        )
    _show(context, pod, statuses, phase="Running")
    context.later(key_of(POD, pod), min(_BACKOFF * 2.0 ** min(restarts - 1, 5), _LONGEST_BACKOFF))


def _memory(context: Context, pod: Json, what: str) -> float | None:
    """How many seconds ago something was remembered of the pod; None if it was not."""
    noted = context.notes.get((pod["metadata"]["uid"], what))
    return None if noted is None else context.seconds_since(noted)


def _remember(context: Context, pod: Json, what: str) -> None:
    context.notes[pod["metadata"]["uid"], what] = context.clock.now()


def _waiting(container: Json, reason: str, message: str = "") -> Json:
    state = {"reason": reason, **({"message": message} if message else {})}
    return {
        "name": container["name"],
        "image": container["image"],
        "imageID": "",
        "ready": False,
        "started": False,
        "restartCount": 0,
        "state": {"waiting": state},
        "lastState": {},
    }


def _status(context: Context, container: Json, state: Json, *, ready: bool, started: bool = False) -> Json:
    image = container["image"]
    return {
        "name": container["name"],
        "image": image,
        "imageID": f"{split(image)[0]}@{context.images.digest(image)}",
        "containerID": f"containerd://{sha256(container['name'].encode()).hexdigest()}",
        "ready": ready,
        "started": started,
        "restartCount": 0,
        "state": state,
        "lastState": {},
    }


def _show_waiting(context: Context, pod: Json, container: Json, reason: str, message: str = "", *, init: bool) -> None:
    if not init:
        # The other containers wait too, and for no fault of theirs.
        known = {one["name"]: one for one in list_at(pod, "status", "containerStatuses")}
        current = context.store.find(POD, pod["metadata"]["namespace"], pod["metadata"]["name"]) or pod
        known |= {one["name"]: one for one in list_at(current, "status", "containerStatuses")}
        statuses = [known.get(c["name"]) or _waiting(c, "ContainerCreating") for c in pod["spec"]["containers"]]
        mine = _waiting(container, reason, message)
        _show(context, pod, [mine if one["name"] == container["name"] else one for one in statuses])
        return
    _put_status(context, pod, _waiting(container, reason, message), init=True)


def _put_status(context: Context, pod: Json, status: Json, *, init: bool) -> None:
    field = "initContainerStatuses" if init else "containerStatuses"

    def change(new: Json) -> None:
        statuses = [one for one in new["status"].get(field) or [] if one["name"] != status["name"]]
        new["status"][field] = [*statuses, status]
        if init and not new["status"].get("containerStatuses"):
            waiting = [_waiting(container, "PodInitializing") for container in new["spec"]["containers"]]
            new["status"]["containerStatuses"] = waiting
        _fill(context, new)

    context.store.modify(POD, pod["metadata"]["namespace"], pod["metadata"]["name"], change)


def _show(
    context: Context, pod: Json, statuses: Sequence[Json], *, phase: str = "Pending", ready: bool = False
) -> None:
    def change(new: Json) -> None:
        restarts = {one["name"]: one["restartCount"] for one in new["status"].get("containerStatuses") or []}
        last = {one["name"]: one.get("lastState") for one in new["status"].get("containerStatuses") or []}
        new["status"]["containerStatuses"] = [
            {
                **one,
                "restartCount": max(one["restartCount"], restarts.get(one["name"], 0)),
                "lastState": one["lastState"] or last.get(one["name"]) or {},
            }
            for one in statuses
        ]
        new["status"]["phase"] = phase
        _fill(context, new, ready=ready)

    context.store.modify(POD, pod["metadata"]["namespace"], pod["metadata"]["name"], change)


def _fill(context: Context, pod: Json, *, ready: bool = False) -> None:
    """Set what kubelet always sets: times, addresses, conditions."""
    status, now = pod["status"], timestamp(context.clock.now())
    status.setdefault("startTime", now)
    status.setdefault("qosClass", "Burstable")
    if status["phase"] == "Running":
        address = f"10.244.{int(pod['metadata']['uid'][:2], 16)}.{int(pod['metadata']['uid'][2:4], 16) or 1}"
        status.setdefault("podIP", address)
        status.setdefault("podIPs", [{"ip": address}])
        status.setdefault("hostIP", "10.224.0.4")
    initialised = status["phase"] != "Pending" or not pod["spec"].get("initContainers")
    values = {"PodScheduled": True, "Initialized": initialised, "ContainersReady": ready, "Ready": ready}
    before = {c["type"]: c for c in status.get("conditions") or []}
    status["conditions"] = [_condition(before.get(kind), kind, now, value=value) for kind, value in values.items()]


def _condition(before: Json | None, kind: str, now: str, *, value: bool) -> Json:
    word = "True" if value else "False"
    if before and before["status"] == word:
        return before
    reason = {} if value else {"reason": "ContainersNotReady"}
    return {"type": kind, "status": word, "lastTransitionTime": now, **reason}
