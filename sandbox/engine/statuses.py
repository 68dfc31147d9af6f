"""What is written down about a pod's containers, and about the pod as it follows from them.

Conditions and their words are those of kubelet 1.32 (pkg/kubelet/status/generate.go).
"""

from collections.abc import Callable, Sequence
from hashlib import sha256

from sandbox.engine.context import Context
from sandbox.engine.images import split
from sandbox.kube.objects import list_at, timestamp
from sandbox.kube.resources import NODE, POD, Json


def waiting(container: Json, reason: str, message: str = "") -> Json:
    """The status of a container that does not run yet."""
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


def begun(context: Context, pod: Json, container: Json, state: Json, *, ready: bool, started: bool = False) -> Json:
    """The status of a container that runs, or has run."""
    image = container["image"]
    about = f"{pod['metadata']['uid']}/{container['name']}"
    return {
        "name": container["name"],
        "image": image,
        "imageID": f"{split(image)[0]}@{context.images.digest(image)}",
        "containerID": f"containerd://{sha256(about.encode()).hexdigest()}",
        "ready": ready,
        "started": started,
        "restartCount": 0,
        "state": state,
        "lastState": {},
    }


def show_waiting(context: Context, pod: Json, container: Json, reason: str, message: str = "", *, init: bool) -> None:
    """Write why one container waits. Others that have no status yet wait too, and for no fault of theirs."""
    field, other = ("initContainers", "PodInitializing") if init else ("containers", "ContainerCreating")
    mine = waiting(container, reason, message)

    def change(new: Json) -> None:
        known = {one["name"]: one for one in list_at(new, "status", f"{field[:-1]}Statuses")}
        known[container["name"]] = mine
        mains = new["status"].get("containerStatuses")
        new["status"][f"{field[:-1]}Statuses"] = [known.get(c["name"]) or waiting(c, other) for c in new["spec"][field]]
        if init and not mains:
            new["status"]["containerStatuses"] = [waiting(c, other) for c in new["spec"]["containers"]]
        _fill(context, new)

    _write(context, pod, change)


def show_init(context: Context, pod: Json, status: Json) -> None:
    """Write the status of one init container."""

    def change(new: Json) -> None:
        others = [one for one in list_at(new, "status", "initContainerStatuses") if one["name"] != status["name"]]
        new["status"]["initContainerStatuses"] = [*others, status]
        _fill(context, new)

    _write(context, pod, change)


def show(context: Context, pod: Json, statuses: Sequence[Json], *, phase: str = "Pending", ready: bool = False) -> None:
    """Write the statuses of all main containers. Restarts are never forgotten, nor how the last run ended."""

    def change(new: Json) -> None:
        before = {one["name"]: one for one in list_at(new, "status", "containerStatuses")}
        new["status"]["containerStatuses"] = [_continued(one, before.get(one["name"])) for one in statuses]
        new["status"]["phase"] = phase
        _fill(context, new, ready=ready)

    _write(context, pod, change)


def show_ready(context: Context, pod: Json, *, ready: bool) -> None:
    """Write that all main containers have become ready, or are no longer."""
    statuses = [{**one, "ready": ready} for one in list_at(pod, "status", "containerStatuses")]
    show(context, pod, statuses, phase="Running", ready=ready)


def _write(context: Context, pod: Json, change: Callable[[Json], None]) -> None:
    context.store.modify(POD, pod["metadata"]["namespace"], pod["metadata"]["name"], change)


def _continued(status: Json, before: Json | None) -> Json:
    if before is None:
        return status
    restarts = max(status["restartCount"], before["restartCount"])
    return {**status, "restartCount": restarts, "lastState": status["lastState"] or before.get("lastState") or {}}


def _fill(context: Context, pod: Json, *, ready: bool = False) -> None:
    """Set what kubelet always sets: times, addresses, conditions."""
    status, now = pod["status"], timestamp(context.clock.now())
    status.setdefault("startTime", now)
    status.setdefault("qosClass", "Burstable")
    if status["phase"] == "Running" and not status.get("podIP"):
        status["podIP"] = context.new_address()
        status["podIPs"] = [{"ip": status["podIP"]}]
    if host := _host_address(context, pod):
        status["hostIP"] = host
        status["hostIPs"] = [{"ip": host}]
    wanted = {"PodScheduled": {}, "Initialized": _initialised(pod)}
    wanted |= dict.fromkeys(("ContainersReady", "Ready"), {} if ready else _unready(pod))
    before = {c["type"]: c for c in status.get("conditions") or []}
    status["conditions"] = [_condition(before.get(kind), kind, now, why) for kind, why in wanted.items()]


def _host_address(context: Context, pod: Json) -> str:
    node = context.store.find(NODE, None, pod["spec"]["nodeName"]) or {}
    addresses = (one["address"] for one in list_at(node, "status", "addresses") if one["type"] == "InternalIP")
    return next(addresses, "10.224.0.4")


def _initialised(pod: Json) -> Json:
    done = {one["name"] for one in list_at(pod, "status", "initContainerStatuses") if "terminated" in one["state"]}
    missing = [c["name"] for c in pod["spec"].get("initContainers") or () if c["name"] not in done]
    if not missing:
        return {}
    message = f"containers with incomplete status: [{' '.join(missing)}]"
    return {"reason": "ContainersNotInitialized", "message": message}


def _unready(pod: Json) -> Json:
    if pod["status"]["phase"] == "Succeeded":
        return {"reason": "PodCompleted"}
    statuses = list_at(pod, "status", "containerStatuses")
    ready = {one["name"] for one in statuses if one["ready"]}
    names = " ".join(c["name"] for c in pod["spec"]["containers"] if c["name"] not in ready)
    return {"reason": "ContainersNotReady", "message": f"containers with unready status: [{names}]"}


def _condition(before: Json | None, kind: str, now: str, why_not: Json) -> Json:
    word = "False" if why_not else "True"
    since = before["lastTransitionTime"] if before and before["status"] == word else now
    return {"type": kind, "status": word, "lastTransitionTime": since, **why_not}
