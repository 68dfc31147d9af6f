"""The defaults that Kubernetes 1.32 fills into workloads: Deployments, StatefulSets, Jobs and the like."""

from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.apiserver.validation.pod_defaults import fill_pod_spec

_KEPT_REVISIONS = 10


def _template(holder: Json) -> None:
    template = holder.get("template")
    if isinstance(template, dict):
        template.setdefault("metadata", {})
        fill_pod_spec(template.setdefault("spec", {}))


def deployment(obj: Json) -> None:
    """Fill a Deployment's spec."""
    spec = obj.setdefault("spec", {})
    spec.setdefault("replicas", 1)
    spec.setdefault("revisionHistoryLimit", _KEPT_REVISIONS)
    spec.setdefault("progressDeadlineSeconds", 600)
    strategy = spec.setdefault("strategy", {})
    if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", "25%")
        rolling.setdefault("maxSurge", "25%")
    _template(spec)


def replica_set(obj: Json) -> None:
    """Fill a ReplicaSet's spec."""
    spec = obj.setdefault("spec", {})
    spec.setdefault("replicas", 1)
    _template(spec)


def stateful_set(obj: Json) -> None:
    """Fill a StatefulSet's spec."""
    spec = obj.setdefault("spec", {})
    spec.setdefault("replicas", 1)
    spec.setdefault("podManagementPolicy", "OrderedReady")
    spec.setdefault("revisionHistoryLimit", _KEPT_REVISIONS)
    spec.setdefault("persistentVolumeClaimRetentionPolicy", {"whenDeleted": "Retain", "whenScaled": "Retain"})
    strategy = spec.setdefault("updateStrategy", {})
    if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
        strategy.setdefault("rollingUpdate", {}).setdefault("partition", 0)
    for claim in spec.get("volumeClaimTemplates") or ():
        claim.setdefault("apiVersion", "v1")
        claim.setdefault("kind", "PersistentVolumeClaim")
        claim.setdefault("spec", {}).setdefault("volumeMode", "Filesystem")
        claim.setdefault("status", {}).setdefault("phase", "Pending")
    _template(spec)


def daemon_set(obj: Json) -> None:
    """Fill a DaemonSet's spec."""
    spec = obj.setdefault("spec", {})
    spec.setdefault("revisionHistoryLimit", _KEPT_REVISIONS)
    strategy = spec.setdefault("updateStrategy", {})
    if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", 1)
        rolling.setdefault("maxSurge", 0)
    _template(spec)


def _job_spec(spec: Json) -> None:
    if "completions" not in spec and "parallelism" not in spec:
        spec["completions"] = 1
    spec.setdefault("parallelism", 1)
    spec.setdefault("backoffLimit", 6)
    spec.setdefault("completionMode", "NonIndexed")
    spec.setdefault("suspend", False)
    spec.setdefault("podReplacementPolicy", "TerminatingOrFailed")
    _template(spec)


def job(obj: Json) -> None:
    """Fill a Job's spec."""
    _job_spec(obj.setdefault("spec", {}))


def select_own_pods(job: Json) -> None:
    """Give a new Job a selector made from its uid, so that Jobs never share pods."""
    spec, metadata = job["spec"], job["metadata"]
    if spec.get("manualSelector") or not isinstance(spec.get("template"), dict):
        return
    labels = spec["template"]["metadata"].setdefault("labels", {})
    for prefix in ("batch.kubernetes.io/", ""):
        labels[f"{prefix}controller-uid"] = metadata["uid"]
        labels[f"{prefix}job-name"] = metadata["name"]
    spec["selector"] = {"matchLabels": {"batch.kubernetes.io/controller-uid": metadata["uid"]}}


def cron_job(obj: Json) -> None:
    """Fill a CronJob's spec."""
    spec = obj.setdefault("spec", {})
    spec.setdefault("concurrencyPolicy", "Allow")
    spec.setdefault("suspend", False)
    spec.setdefault("successfulJobsHistoryLimit", 3)
    spec.setdefault("failedJobsHistoryLimit", 1)
    template = spec.get("jobTemplate")
    if isinstance(template, dict):
        _template(template.setdefault("spec", {}))
