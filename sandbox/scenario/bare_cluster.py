"""The bare cluster: what Azure Kubernetes Service gives before anything is installed."""

from dataclasses import dataclass
from datetime import datetime

from sandbox.apiserver.objects.json_objects import timestamp
from sandbox.apiserver.objects.resource_kinds import (
    GATEWAY_CLASS,
    INGRESS_CLASS,
    NAMESPACE,
    NODE,
    STORAGE_CLASS,
    VOLUME_SNAPSHOT_CLASS,
    Json,
)
from sandbox.apiserver.storage.store import Store

KUBELET = "v1.35.4"
PURPOSE = "hub.jupyter.org/node-purpose"
DEDICATED = "hub.jupyter.org/dedicated"


@dataclass(frozen=True)
class Pool:
    """A node pool. `memory` in GiB; `purpose` is z2jh's node purpose, empty for AKS's own pool."""

    name: str
    mode: str
    size: str
    cpu: int
    memory: int
    nodes: int
    purpose: str = ""

    def node_name(self, number: int) -> str:
        """Return a node's name as AKS names the machines of a scale set: a number in base 36 at the end."""
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"
        tail = ""
        for _ in range(6):
            number, digit = divmod(number, 36)
            tail = digits[digit] + tail
        return f"aks-{self.name}-31415926-vmss{tail}"


def pools(active: int) -> tuple[Pool, ...]:
    """Return the three pools, the users' one large enough for `active` servers."""
    return (
        Pool("system", "System", "Standard_D2s_v5", 2, 8, 2),
        Pool("core", "User", "Standard_D4s_v5", 4, 16, 1, "core"),
        Pool("users", "User", "Standard_E8s_v5", 8, 64, max(3, -(-active // 40)), "user"),
    )


def build(store: Store, namespaces: tuple[str, ...], its_pools: tuple[Pool, ...], created: datetime) -> None:
    """Create namespaces, storage classes and nodes, all of the age of `created`."""
    for name in ("default", "kube-system", "kube-public", "kube-node-lease", *namespaces):
        store.create(NAMESPACE, None, {"metadata": _metadata(name, created)}, backdate=True)
    for made in _storage_classes(created):
        store.create(STORAGE_CLASS, None, made, backdate=True)
    store.create(VOLUME_SNAPSHOT_CLASS, None, _snapshot_class(created), backdate=True)
    _ways_in(store, created)
    for pool in its_pools:
        for number in range(pool.nodes):
            store.create(NODE, None, node(pool, number, created), backdate=True)


def _ways_in(store: Store, created: datetime) -> None:
    """Create the classes of AKS' application routing: of Gateways, and of its NGINX."""
    gateways = {
        "metadata": _metadata("approuting-istio", created),
        "spec": {"controllerName": "istio.io/gateway-controller"},
    }
    store.create(GATEWAY_CLASS, None, gateways, backdate=True)
    nginx = "webapprouting.kubernetes.azure.com"
    ingresses = {"metadata": _metadata(nginx, created), "spec": {"controller": f"{nginx}/nginx"}}
    store.create(INGRESS_CLASS, None, ingresses, backdate=True)


def node(pool: Pool, number: int, created: datetime) -> Json:
    """Return a node of the pool, ready."""
    since = timestamp(created)
    name = pool.node_name(number)
    healthy = ("MemoryPressure", "DiskPressure", "PIDPressure")
    size = {"cpu": str(pool.cpu), "memory": f"{pool.memory}Gi", "pods": "110", "ephemeral-storage": "128Gi"}
    usable = size | {"cpu": f"{pool.cpu * 1000 - 180}m", "memory": f"{pool.memory * 1024 - 2600}Mi"}
    address = f"10.224.{len(pool.name)}.{number % 250 + 4}"
    return {
        "metadata": _metadata(name, created) | {"labels": _labels(pool, name, number)},
        "spec": {
            "podCIDR": f"10.244.{number % 250}.0/24",
            "providerID": f"azure:///subscriptions/sandbox/{name}",
            **({"taints": [_TAINT]} if pool.purpose == "user" else {}),
        },
        "status": {
            "capacity": size,
            "allocatable": usable,
            "conditions": [
                *({"type": one, "status": "False", "lastTransitionTime": since, "reason": one} for one in healthy),
                {"type": "Ready", "status": "True", "lastTransitionTime": since, "reason": "KubeletReady"},
            ],
            "addresses": [{"type": "InternalIP", "address": address}, {"type": "Hostname", "address": name}],
            "nodeInfo": _node_info(name),
        },
    }


_TAINT = {"key": DEDICATED, "value": "user", "effect": "NoSchedule"}


def _labels(pool: Pool, name: str, number: int) -> dict[str, str]:
    labels = {
        "agentpool": pool.name,
        "kubernetes.azure.com/agentpool": pool.name,
        "kubernetes.azure.com/cluster": "MC_jhub_jhub_westeurope",
        "kubernetes.azure.com/mode": pool.mode.lower(),
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": pool.size,
        "topology.kubernetes.io/region": "westeurope",
        "topology.kubernetes.io/zone": f"westeurope-{number % 3 + 1}",
    }
    return labels | ({PURPOSE: pool.purpose} if pool.purpose else {})


def _node_info(name: str) -> dict[str, str]:
    return {
        "machineID": name,
        "systemUUID": name,
        "bootID": name,
        "kernelVersion": "5.15.0-1092-azure",
        "osImage": "Ubuntu 22.04.5 LTS",
        "containerRuntimeVersion": "containerd://1.7.28-1",
        "kubeletVersion": KUBELET,
        "kubeProxyVersion": KUBELET,
        "operatingSystem": "linux",
        "architecture": "amd64",
    }


def _storage_classes(created: datetime) -> list[Json]:
    disk = {"provisioner": "disk.csi.azure.com", "reclaimPolicy": "Delete", "allowVolumeExpansion": True}
    late = {"volumeBindingMode": "WaitForFirstConsumer"}
    default = {"storageclass.kubernetes.io/is-default-class": "true"}
    return [
        {"metadata": _metadata("default", created) | {"annotations": default}, **disk, **late},
        {"metadata": _metadata("managed-csi", created), **disk, **late, "parameters": {"skuname": "StandardSSD_LRS"}},
        {
            "metadata": _metadata("managed-csi-premium", created),
            **disk,
            **late,
            "parameters": {"skuname": "Premium_LRS"},
        },
        {
            "metadata": _metadata("azurefile-csi", created),
            **disk,
            "provisioner": "file.csi.azure.com",
            "volumeBindingMode": "Immediate",
        },
    ]


def _snapshot_class(created: datetime) -> Json:
    """Return the class for disks; there is none for file shares, as on most clusters."""
    return {
        "metadata": _metadata("azuredisk-snapshots", created),
        "driver": "disk.csi.azure.com",
        "deletionPolicy": "Delete",
        "parameters": {"incremental": "true"},
    }


def _metadata(name: str, created: datetime) -> Json:
    return {"name": name, "creationTimestamp": timestamp(created)}
