"""Jobs: pods until enough have succeeded, too many have failed or the time is up.

After Kubernetes 1.32, pkg/controller/job; conditions and events in its words.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sandbox.apiserver.objects.json_objects import at, list_at, moment, timestamp
from sandbox.apiserver.objects.resource_kinds import JOB, POD, Json, Kind
from sandbox.apiserver.storage.history import Change
from sandbox.controllers.templates import create_pod, delete_pod, pod_of
from sandbox.runtime.conditions import find_condition, set_condition
from sandbox.runtime.controller import Controller
from sandbox.runtime.events import Source
from sandbox.runtime.ownership import controlled, controller_of
from sandbox.runtime.pod_facts import is_ending, is_over, is_ready

_SOURCE = Source("job-controller")
_BACKOFF, _LONGEST_BACKOFF = 10.0, 600.0
_ENDS = {
    "Complete": ("CompletionsReached", "Reached expected number of succeeded pods"),
    "BackoffLimitExceeded": ("BackoffLimitExceeded", "Job has reached the specified backoff limit"),
    "DeadlineExceeded": ("DeadlineExceeded", "Job was active longer than specified deadline"),
}


@dataclass(frozen=True)
class _Tally:
    succeeded: int
    failed: int
    active: list[Json]
    tries: int
    last_failure: datetime | None


class Jobs(Controller):
    """The controller that runs Jobs to their end and deletes them after their time to live."""

    kinds: ClassVar[tuple[Kind, ...]] = (JOB, POD)

    def notice(self, change: Change) -> None:
        """Queue the Job that controls a pod."""
        if change.kind is JOB:
            self.wake_for(change.obj)
        elif (owner := controller_of(change.obj)) and owner["kind"] == "Job":
            self.wake(change.obj["metadata"]["namespace"], owner["name"])

    def reconcile(self, namespace: str, name: str) -> None:
        """Make the pods that are missing, or say how it ended."""
        job = self.store.find(JOB, namespace, name)
        if job is None or is_ending(job):
            return
        if (ended := _ended(job)) is not None:
            self._expire(job, ended)
            return
        tally = _tally(controlled(self.store, job, POD))
        verdict = self._verdict(job, tally)
        if verdict:
            for pod in tally.active:
                delete_pod(self.context, job, pod, _SOURCE)
        elif job["spec"].get("suspend"):
            self._suspend(job, tally)
        else:
            self._fill(job, tally)
        self._report(job, verdict)

    def _verdict(self, job: Json, tally: _Tally) -> str:
        if tally.succeeded >= _wanted(job) and not (job["spec"].get("completions") is None and tally.active):
            return "Complete"
        if tally.tries > int(job["spec"].get("backoffLimit", 6)):
            return "BackoffLimitExceeded"
        limit, began = job["spec"].get("activeDeadlineSeconds"), at(job, "status", "startTime")
        if limit is None or not isinstance(began, str):
            return ""
        left = limit - (self.now() - moment(began)).total_seconds()
        if left > 0:
            self.wake_later(job["metadata"]["namespace"], job["metadata"]["name"], left)
        return "" if left > 0 else "DeadlineExceeded"

    def _fill(self, job: Json, tally: _Tally) -> None:
        room = min(int(job["spec"].get("parallelism", 1)), max(0, _wanted(job) - tally.succeeded)) - len(tally.active)
        if room <= 0:
            return
        wait = self._back_off(tally)
        if wait > 0:
            self.wake_later(job["metadata"]["namespace"], job["metadata"]["name"], wait)
            return
        for _ in range(room):
            create_pod(self.context, job, pod_of(job), _SOURCE)

    def _back_off(self, tally: _Tally) -> float:
        if not tally.failed or tally.last_failure is None:
            return 0.0
        wait = min(_BACKOFF * 2.0 ** (tally.failed - 1), _LONGEST_BACKOFF)
        return wait - (self.now() - tally.last_failure).total_seconds()

    def _suspend(self, job: Json, tally: _Tally) -> None:
        for pod in tally.active:
            delete_pod(self.context, job, pod, _SOURCE)

    def _report(self, job: Json, verdict: str) -> None:
        pods = controlled(self.store, job, POD)
        tally, now = _tally(pods), timestamp(self.now())
        counts = {"active": len(tally.active), "succeeded": tally.succeeded, "failed": tally.failed}

        def change(new: Json) -> None:
            status = new.setdefault("status", {})
            if not new["spec"].get("suspend"):
                status.setdefault("startTime", now)
            for name, number in counts.items():
                status.pop(name, None)
                if number:
                    status[name] = number
            status["ready"] = sum(map(is_ready, tally.active))
            status["terminating"] = sum(is_ending(pod) and not is_over(pod) for pod in pods)
            status["uncountedTerminatedPods"] = {}
            _conclude(new, verdict, now)

        metadata = job["metadata"]
        self.store.modify(JOB, metadata["namespace"], metadata["name"], change)
        self._tell(job, verdict)

    def _tell(self, job: Json, verdict: str) -> None:
        if verdict == "Complete":
            self.events.normal(job, "Completed", "Job completed", _SOURCE)
        elif verdict:
            self.events.warning(job, *_ENDS[verdict], _SOURCE)

    def _expire(self, job: Json, ended: datetime) -> None:
        keep = job["spec"].get("ttlSecondsAfterFinished")
        if keep is None:
            return
        metadata = job["metadata"]
        left = keep - (self.now() - ended).total_seconds()
        if left > 0:
            self.wake_later(metadata["namespace"], metadata["name"], left)
        else:
            self.store.delete(JOB, metadata["namespace"], metadata["name"])


def _conclude(job: Json, verdict: str, now: str) -> None:
    status = job["status"]
    if job["spec"].get("suspend"):
        set_condition(status, "Suspended", True, now, "JobSuspended", "Job suspended")
    elif find_condition(status, "Suspended"):
        set_condition(status, "Suspended", False, now, "JobResumed", "Job resumed")
    if not verdict:
        return
    reason, message = _ENDS[verdict]
    first, last = ("SuccessCriteriaMet", "Complete") if verdict == "Complete" else ("FailureTarget", "Failed")
    for kind in (first, last):
        set_condition(status, kind, True, now, reason, message)["lastProbeTime"] = now
    if verdict == "Complete":
        status["completionTime"] = now


def _tally(pods: list[Json]) -> _Tally:
    phases = [at(pod, "status", "phase") for pod in pods]
    failed = [pod for pod in pods if at(pod, "status", "phase") == "Failed"]
    active = [pod for pod in pods if not is_over(pod) and not is_ending(pod)]
    restarts = sum(int(one.get("restartCount", 0)) for pod in active for one in _statuses(pod))
    return _Tally(
        succeeded=phases.count("Succeeded"),
        failed=len(failed),
        active=active,
        tries=len(failed) + restarts,
        last_failure=max((end for pod in failed for end in _ends(pod)), default=None),
    )


def _statuses(pod: Json) -> list[Json]:
    return [*list_at(pod, "status", "initContainerStatuses"), *list_at(pod, "status", "containerStatuses")]


def _ends(pod: Json) -> list[datetime]:
    ends = (at(one, "state", "terminated", "finishedAt") for one in _statuses(pod))
    return [moment(end) for end in ends if isinstance(end, str)]


def _wanted(job: Json) -> int:
    completions = job["spec"].get("completions")
    return int(job["spec"].get("parallelism", 1) if completions is None else completions)


def _ended(job: Json) -> datetime | None:
    for condition in list_at(job, "status", "conditions"):
        if condition["type"] in ("Complete", "Failed") and condition["status"] == "True":
            return moment(str(condition["lastTransitionTime"]))
    return None
