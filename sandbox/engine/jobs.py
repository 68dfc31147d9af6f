"""A Job: pods until enough of them succeeded, or too many failed."""

from sandbox.engine.context import Context, is_ending, key_of
from sandbox.engine.templates import create_pod, suffix
from sandbox.kube.objects import at, list_at, moment, timestamp
from sandbox.kube.resources import JOB, Json


def reconcile(context: Context, job: Json) -> None:
    """Make the pods that are missing, and say when it is done."""
    if is_ending(job):
        return
    if finished_at := _finished(job):
        _expire(context, job, finished_at)
        return
    pods = context.pods_of(job)
    succeeded = sum(at(pod, "status", "phase") == "Succeeded" for pod in pods)
    failed = sum(at(pod, "status", "phase") == "Failed" for pod in pods)
    active = len(pods) - succeeded - failed
    wanted = int(job["spec"].get("completions") or 1)
    given_up = failed > int(job["spec"].get("backoffLimit", 6))
    if not given_up:
        room = min(int(job["spec"].get("parallelism") or 1), wanted - succeeded) - active
        for _ in range(room):
            labels = {"job-name": job["metadata"]["name"], "batch.kubernetes.io/job-name": job["metadata"]["name"]}
            create_pod(context, job, f"{job['metadata']['name']}-{suffix()}", labels=labels)
            active += 1
    _report(context, job, active, succeeded, failed, done=succeeded >= wanted, given_up=given_up)


def _finished(job: Json) -> str:
    conditions = list_at(job, "status", "conditions")
    ended = (c for c in conditions if c["type"] in ("Complete", "Failed") and c["status"] == "True")
    return next((str(c["lastTransitionTime"]) for c in ended), "")


def _expire(context: Context, job: Json, finished_at: str) -> None:
    ttl = job["spec"].get("ttlSecondsAfterFinished")
    if ttl is None:
        return
    left = ttl - context.seconds_since(moment(finished_at))
    if left > 0:
        context.later(key_of(JOB, job), left)
    else:
        context.store.delete(JOB, job["metadata"]["namespace"], job["metadata"]["name"])


def _report(
    context: Context, job: Json, active: int, succeeded: int, failed: int, *, done: bool, given_up: bool
) -> None:
    now = timestamp(context.clock.now())

    def change(new: Json) -> None:
        status = new.setdefault("status", {})
        status.setdefault("startTime", now)
        counts = {"active": active, "succeeded": succeeded, "failed": failed}
        for name in counts:
            status.pop(name, None)
        status.update({name: number for name, number in counts.items() if number})
        status["ready"] = 0
        status["uncountedTerminatedPods"] = {}
        if done or given_up:
            kind, reason = ("Complete", "CompletionsReached") if done else ("Failed", "BackoffLimitExceeded")
            stamps = {"lastProbeTime": now, "lastTransitionTime": now}
            status["conditions"] = [{"type": kind, "status": "True", "reason": reason, **stamps}]
        if done:
            status["completionTime"] = now

    metadata = job["metadata"]
    context.store.modify(JOB, metadata["namespace"], metadata["name"], change)
    if done:
        context.events.record(job, "Normal", "Completed", "Job completed", "job-controller")
    elif given_up:
        message = "Job has reached the specified backoff limit"
        context.events.record(job, "Warning", "BackoffLimitExceeded", message, "job-controller")
