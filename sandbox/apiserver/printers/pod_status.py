"""The columns STATUS, READY and RESTARTS of kubectl's table of pods."""

from datetime import datetime

from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.apiserver.printers.ages import age


def ready(pod: Json) -> str:
    """Return the number of ready containers and of all: "1/2"."""
    statuses = pod.get("status", {}).get("containerStatuses") or ()
    done = sum(1 for status in statuses if status.get("ready"))
    return f"{done}/{len(pod['spec'].get('containers') or ())}"


def restarts(pod: Json, now: datetime) -> str:
    """Return the number of its containers' restarts, and the age of the last one: "3 (5m ago)"."""
    statuses = pod.get("status", {}).get("containerStatuses") or ()
    count = sum(status.get("restartCount", 0) for status in statuses)
    ends = [(status.get("lastState") or {}).get("terminated", {}).get("finishedAt") for status in statuses]
    latest = max((end for end in ends if end), default=None)
    return f"{count} ({age(latest, now)} ago)" if count and latest else str(count)


def summary(pod: Json) -> str:
    """Return the most informative word: the reason of a waiting container, the reason of an end, or the phase."""
    status = pod.get("status", {})
    word = status.get("reason") or status.get("phase") or "Unknown"
    word = _initialising(pod) or _running(status, word)
    if pod["metadata"].get("deletionTimestamp"):
        return "Terminating"
    return word


def _initialising(pod: Json) -> str:
    containers = pod["spec"].get("initContainers") or ()
    statuses = pod.get("status", {}).get("initContainerStatuses") or ()
    for index, status in enumerate(statuses):
        state = status.get("state") or {}
        ended = state.get("terminated")
        if ended is not None and ended.get("exitCode", 0) == 0:
            continue
        if status.get("started") and _is_sidecar(containers, status):
            continue
        if ended is not None:
            return f"Init:{ended.get('reason') or 'ExitCode:' + str(ended.get('exitCode'))}"
        reason = (state.get("waiting") or {}).get("reason", "")
        if reason and reason != "PodInitializing":
            return f"Init:{reason}"
        return f"Init:{index}/{len(containers)}"
    return ""


def _is_sidecar(containers: list[Json] | tuple[()], status: Json) -> bool:
    return any(one.get("name") == status["name"] and one.get("restartPolicy") == "Always" for one in containers)


def _running(status: Json, word: str) -> str:
    up = False
    for container in reversed(status.get("containerStatuses") or ()):
        state = container.get("state") or {}
        if reason := (state.get("waiting") or {}).get("reason"):
            word = reason
        elif (ended := state.get("terminated")) is not None:
            word = ended.get("reason") or f"ExitCode:{ended.get('exitCode')}"
        elif container.get("ready") and "running" in state:
            up = True
    return "Running" if word == "Completed" and up else word
