"""What to do about a component of the hub whose container crashes. Pure."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from clients.helm import Release
from clients.kube import Pod

# A pod that helm had made anew exists that soon after the revision; one made later has another reason to be new.
_BY_REVISION: Final = timedelta(minutes=15)


def crash_advice(component: str, pods: Sequence[Pod], newest: Release | None) -> tuple[str, ...]:
    """Return what to type about the component's pods that crash; nothing where none does.

    `newest` is the release's newest revision, None where it is not known: a way back is only named where that revision
    made the pod.
    """
    crashing = [pod for pod in pods if pod.component == component and not pod.is_ready and pod.crash]
    if not crashing:
        return ()
    pod = crashing[0]
    log = f"{_log(pod)} shows what it wrote before it ended."
    if newest is None or newest.revision == 1 or not all(_made_by(newest, one) for one in crashing):
        return (log,)
    return (log, f"If it began with revision {newest.revision}, which made this pod: /jhub rollback.")


def _log(pod: Pod) -> str:
    """Return the command for the log of the container that crashed; without a restart there is no previous one."""
    container = pod.crash.container if pod.crash else ""
    is_main = container in (pod.component, *pod.container_names[:1])
    which = pod.component if is_main else f"{pod.component} {container}"
    return f"/jhub logs {which}{' --previous' if pod.restarts else ''}"


def _made_by(revision: Release, pod: Pod) -> bool:
    if pod.created is None or revision.last_deployed is None:
        return False
    return timedelta(0) <= pod.created - revision.last_deployed <= _BY_REVISION
