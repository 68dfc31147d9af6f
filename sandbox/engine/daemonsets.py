"""A DaemonSet: a pod on each node that its template allows."""

import math

from sandbox.engine.context import Context, is_ending, is_ready
from sandbox.engine.scheduler import tolerates_and_selects
from sandbox.engine.templates import create_pod, delete_pod, suffix, template_hash
from sandbox.kube.objects import at
from sandbox.kube.resources import DAEMON_SET, NODE, Json

_REVISION = "controller-revision-hash"
# kube-controller-manager lets daemons' pods stay on nodes in trouble (pkg/controller/daemon/util).
_TROUBLES = ("not-ready", "unreachable", "disk-pressure", "memory-pressure", "pid-pressure", "unschedulable")


def reconcile(context: Context, daemonset: Json) -> None:
    """Make pods where they are missing, end those where they do not belong, renew old ones."""
    if is_ending(daemonset):
        return
    revision = template_hash(daemonset)
    by_node = {str(pod["spec"].get("nodeName")): pod for pod in context.pods_of(daemonset)}
    eligible = [n["metadata"]["name"] for n in context.store.list(NODE) if _may_run(daemonset, n)]
    for node in eligible:
        if node not in by_node:
            name = f"{daemonset['metadata']['name']}-{suffix()}"
            by_node[node] = create_pod(context, daemonset, name, node=node, labels={_REVISION: revision})
    for node, pod in by_node.items():
        if node not in eligible and not is_ending(pod):
            delete_pod(context, daemonset, pod)
    _renew(context, daemonset, [by_node[node] for node in eligible], revision)
    _report(context, daemonset, len(eligible), revision)


def _may_run(daemonset: Json, node: Json) -> bool:
    template = daemonset["spec"]["template"]
    troubles = [{"key": f"node.kubernetes.io/{trouble}", "operator": "Exists"} for trouble in _TROUBLES]
    spec = {**template["spec"], "tolerations": [*(template["spec"].get("tolerations") or []), *troubles]}
    return tolerates_and_selects({"spec": spec}, node)


def _renew(context: Context, daemonset: Json, pods: list[Json], revision: str) -> None:
    if at(daemonset, "spec", "updateStrategy", "type") == "OnDelete":
        return
    given = at(daemonset, "spec", "updateStrategy", "rollingUpdate", "maxUnavailable") or 1
    allowed = _share(given, len(pods))
    old = [pod for pod in pods if pod["metadata"]["labels"].get(_REVISION) != revision and not is_ending(pod)]
    missing = sum(not is_ready(pod) for pod in pods if pod not in old)
    for pod in sorted(old, key=is_ready):
        if is_ready(pod):
            if missing >= allowed:
                return
            missing += 1
        delete_pod(context, daemonset, pod)


def _share(given: object, of: int) -> int:
    if isinstance(given, str) and given.endswith("%"):
        return math.ceil(of * int(given[:-1]) / 100)
    return int(str(given))


def _report(context: Context, daemonset: Json, desired: int, revision: str) -> None:
    pods = [pod for pod in context.pods_of(daemonset) if not is_ending(pod)]
    ready = sum(is_ready(pod) for pod in pods)
    updated = sum(pod["metadata"]["labels"].get(_REVISION) == revision for pod in pods)

    def change(new: Json) -> None:
        new["status"] = {
            "currentNumberScheduled": min(len(pods), desired),
            "desiredNumberScheduled": desired,
            "numberMisscheduled": max(0, len(pods) - desired),
            "numberReady": ready,
            "numberAvailable": ready,
            "numberUnavailable": max(0, desired - ready),
            "updatedNumberScheduled": updated,
            "observedGeneration": new["metadata"]["generation"],
        }

    metadata = daemonset["metadata"]
    context.store.modify(DAEMON_SET, metadata["namespace"], metadata["name"], change)
