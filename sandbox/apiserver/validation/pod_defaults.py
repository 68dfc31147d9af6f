"""The defaults that Kubernetes 1.32 fills into a pod, or a pod template."""

from collections.abc import Iterator

from sandbox.apiserver.objects.resource_kinds import Json

_MODE = 0o644
_PULL_ALWAYS_TAG = "latest"
_EVICTED_AFTER = 300

POD_CONTAINERS = ("initContainers", "containers", "ephemeralContainers")


def containers(spec: Json) -> Iterator[Json]:
    """Yield every container of a pod spec: init, main and ephemeral."""
    for field in POD_CONTAINERS:
        yield from spec.get(field) or ()


def fill_pod(pod: Json) -> None:
    """Fill a pod that is not a template: the template's defaults and what admission adds to a new pod."""
    spec = pod.setdefault("spec", {})
    fill_pod_spec(spec)
    spec.setdefault("enableServiceLinks", True)
    spec.setdefault("preemptionPolicy", "PreemptLowerPriority")
    account = spec.get("serviceAccountName") or spec.get("serviceAccount") or "default"
    spec["serviceAccountName"] = spec["serviceAccount"] = account
    _tolerate_lost_nodes(spec)


def fill_pod_status(pod: Json) -> None:
    """Fill a new pod's status, unless it has one."""
    status = pod.setdefault("status", {})
    status.setdefault("phase", "Pending")
    status.setdefault("qosClass", _quality(pod["spec"]))


def fill_pod_spec(spec: Json) -> None:
    """Fill what pods and templates have in common."""
    spec.setdefault("restartPolicy", "Always")
    spec.setdefault("terminationGracePeriodSeconds", 30)
    spec.setdefault("dnsPolicy", "ClusterFirst")
    spec.setdefault("securityContext", {})
    spec.setdefault("schedulerName", "default-scheduler")
    if spec.get("serviceAccountName"):
        spec["serviceAccount"] = spec["serviceAccountName"]
    for container in containers(spec):
        _fill_container(container)
    for volume in spec.get("volumes") or ():
        _fill_volume(volume)


def _fill_container(container: Json) -> None:
    container.setdefault("terminationMessagePath", "/dev/termination-log")
    container.setdefault("terminationMessagePolicy", "File")
    container.setdefault("resources", {})
    if "imagePullPolicy" not in container:
        container["imagePullPolicy"] = _pull_policy(container.get("image", ""))
    for port in container.get("ports") or ():
        port.setdefault("protocol", "TCP")
    for variable in container.get("env") or ():
        reference = (variable.get("valueFrom") or {}).get("fieldRef")
        if reference:
            reference.setdefault("apiVersion", "v1")
    for field in ("livenessProbe", "readinessProbe", "startupProbe"):
        if container.get(field):
            _fill_probe(container[field])
    for hook in (container.get("lifecycle") or {}).values():
        _fill_http(hook)
    resources = container["resources"]
    for resource, amount in (resources.get("limits") or {}).items():
        resources.setdefault("requests", {}).setdefault(resource, amount)


def _pull_policy(image: str) -> str:
    last = image.rpartition("/")[2]
    tag = last.partition(":")[2]
    return "Always" if "@" not in last and tag in ("", _PULL_ALWAYS_TAG) else "IfNotPresent"


def _fill_probe(probe: Json) -> None:
    probe.setdefault("timeoutSeconds", 1)
    probe.setdefault("periodSeconds", 10)
    probe.setdefault("successThreshold", 1)
    probe.setdefault("failureThreshold", 3)
    _fill_http(probe)


def _fill_http(action: Json) -> None:
    request = action.get("httpGet")
    if request:
        request.setdefault("path", "/")
        request.setdefault("scheme", "HTTP")


def _fill_volume(volume: Json) -> None:
    for source in ("secret", "configMap", "downwardAPI", "projected"):
        if isinstance(volume.get(source), dict):
            volume[source].setdefault("defaultMode", _MODE)
    if isinstance(volume.get("hostPath"), dict):
        volume["hostPath"].setdefault("type", "")
    if set(volume) == {"name"}:
        volume["emptyDir"] = {}


def _tolerate_lost_nodes(spec: Json) -> None:
    tolerations = spec.setdefault("tolerations", [])
    tolerated = {toleration.get("key") for toleration in tolerations}
    if None in tolerated:
        return
    for key in ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"):
        if key not in tolerated:
            tolerations.append(
                {
                    "key": key,
                    "operator": "Exists",
                    "effect": "NoExecute",
                    "tolerationSeconds": _EVICTED_AFTER,
                }
            )


def _quality(spec: Json) -> str:
    parts = [container.get("resources") or {} for container in containers(spec)]
    if not any(part.get("requests") or part.get("limits") for part in parts):
        return "BestEffort"
    sure = all(
        set(part.get("limits") or ()) >= {"cpu", "memory"} and part.get("requests") == part["limits"] for part in parts
    )
    return "Guaranteed" if sure else "Burstable"
