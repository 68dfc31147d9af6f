"""The defaults that the API server fills into objects, as Kubernetes 1.32 does.

Clients rely on it: helm compares, controllers read replicas, people see the types of Services.
"""

import base64
from collections.abc import Callable

from sandbox.apiserver.objects import resource_kinds as r
from sandbox.apiserver.objects.ip_allocator import Addresses
from sandbox.apiserver.objects.resource_kinds import Json, Kind
from sandbox.apiserver.validation.pod_defaults import fill_pod, fill_pod_status
from sandbox.apiserver.validation.workload_defaults import (
    cron_job,
    daemon_set,
    deployment,
    job,
    replica_set,
    select_own_pods,
    stateful_set,
)


def fill_defaults(kind: Kind, obj: Json, addresses: Addresses, old: Json | None = None) -> None:
    """Complete `obj` in place; `old` is the stored object when this is an update."""
    if kind is r.SERVICE:
        _service(obj, addresses, old)
    fill = _SPECS.get(kind)
    if fill:
        fill(obj)
    begin = _FIRST.get(kind)
    if begin and old is None:
        begin(obj)


def _service(obj: Json, addresses: Addresses, old: Json | None) -> None:
    spec = obj.setdefault("spec", {})
    old_spec = (old or {}).get("spec", {})
    service_type = spec.setdefault("type", "ClusterIP")
    spec.setdefault("sessionAffinity", "None")
    for port in spec.get("ports") or ():
        port.setdefault("protocol", "TCP")
        port.setdefault("targetPort", port.get("port"))
    if service_type == "ExternalName":
        return
    spec.setdefault("internalTrafficPolicy", "Cluster")
    spec.setdefault("ipFamilies", ["IPv4"])
    spec.setdefault("ipFamilyPolicy", "SingleStack")
    if not spec.get("clusterIP"):
        spec["clusterIP"] = old_spec.get("clusterIP") or addresses.cluster_ip()
        spec.pop("clusterIPs", None)
    spec.setdefault("clusterIPs", [spec["clusterIP"]])
    if service_type in ("NodePort", "LoadBalancer"):
        _expose(spec, old_spec, addresses)


def _expose(spec: Json, old_spec: Json, addresses: Addresses) -> None:
    spec.setdefault("externalTrafficPolicy", "Cluster")
    if spec["type"] == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)
    used = {_port_key(port): port["nodePort"] for port in old_spec.get("ports") or () if port.get("nodePort")}
    for port in spec.get("ports") or ():
        if not port.get("nodePort"):
            port["nodePort"] = used.get(_port_key(port)) or addresses.node_port()


def _port_key(port: Json) -> tuple[object, object]:
    return port.get("port"), port.get("protocol")


def _secret(obj: Json) -> None:
    obj.setdefault("type", "Opaque")
    written = obj.pop("stringData", None) or {}
    if written:
        data = obj.get("data") or {}
        data.update({key: base64.b64encode(str(text).encode()).decode() for key, text in written.items()})
        obj["data"] = data


def _namespace(obj: Json) -> None:
    metadata = obj["metadata"]
    labels = metadata.get("labels") or {}
    metadata["labels"] = {**labels, "kubernetes.io/metadata.name": metadata["name"]}


def _namespace_begins(obj: Json) -> None:
    obj["spec"] = {"finalizers": ["kubernetes"]}
    obj.setdefault("status", {}).setdefault("phase", "Active")


def _claim(obj: Json) -> None:
    obj.setdefault("spec", {}).setdefault("volumeMode", "Filesystem")


def _claim_begins(obj: Json) -> None:
    _hold(obj, "kubernetes.io/pvc-protection")
    obj.setdefault("status", {}).setdefault("phase", "Pending")


def _volume(obj: Json) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("persistentVolumeReclaimPolicy", "Retain")
    spec.setdefault("volumeMode", "Filesystem")


def _volume_begins(obj: Json) -> None:
    _hold(obj, "kubernetes.io/pv-protection")
    obj.setdefault("status", {}).setdefault("phase", "Pending")


def _hold(obj: Json, finalizer: str) -> None:
    finalizers = obj["metadata"].setdefault("finalizers", [])
    if finalizer not in finalizers:
        finalizers.append(finalizer)


def _storage_class(obj: Json) -> None:
    obj.setdefault("reclaimPolicy", "Delete")
    obj.setdefault("volumeBindingMode", "Immediate")


def _network_policy(obj: Json) -> None:
    spec = obj.setdefault("spec", {})
    if "policyTypes" not in spec:
        spec["policyTypes"] = ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]


def _binding(obj: Json) -> None:
    obj.setdefault("roleRef", {}).setdefault("apiGroup", r.ROLE.group)
    for subject in obj.get("subjects") or ():
        if subject.get("kind") in ("User", "Group"):
            subject.setdefault("apiGroup", r.ROLE.group)


def _priority_class(obj: Json) -> None:
    obj.setdefault("preemptionPolicy", "PreemptLowerPriority")


def _autoscaler(obj: Json) -> None:
    obj.setdefault("spec", {}).setdefault("minReplicas", 1)


def _service_begins(obj: Json) -> None:
    obj.setdefault("status", {}).setdefault("loadBalancer", {})


_SPECS: dict[Kind, Callable[[Json], None]] = {
    r.POD: fill_pod,
    r.DEPLOYMENT: deployment,
    r.REPLICA_SET: replica_set,
    r.STATEFUL_SET: stateful_set,
    r.DAEMON_SET: daemon_set,
    r.JOB: job,
    r.CRON_JOB: cron_job,
    r.SECRET: _secret,
    r.NAMESPACE: _namespace,
    r.PERSISTENT_VOLUME_CLAIM: _claim,
    r.PERSISTENT_VOLUME: _volume,
    r.STORAGE_CLASS: _storage_class,
    r.NETWORK_POLICY: _network_policy,
    r.ROLE_BINDING: _binding,
    r.CLUSTER_ROLE_BINDING: _binding,
    r.PRIORITY_CLASS: _priority_class,
    r.HORIZONTAL_POD_AUTOSCALER: _autoscaler,
}
_FIRST: dict[Kind, Callable[[Json], None]] = {
    r.POD: fill_pod_status,
    r.JOB: select_own_pods,
    r.SERVICE: _service_begins,
    r.NAMESPACE: _namespace_begins,
    r.PERSISTENT_VOLUME_CLAIM: _claim_begins,
    r.PERSISTENT_VOLUME: _volume_begins,
}
