"""The Kubernetes API: pods, nodes, events and Secrets as plain data, and watches on them.

The only package that imports Kubernetes' own client, and of that only the transport: its models are strict and slow (3
s for 5,000 pods on the event loop), so the JSON is decoded here, into the few fields the bot uses.
"""

from clients.kube.api import SYSTEM, KubeApi
from clients.kube.autoscaler import AutoscalerStatus, NodeGroup, ScalingCondition
from clients.kube.connection import connect
from clients.kube.deprecated_apis import DeprecatedApi
from clients.kube.disruption import DisruptionBudget
from clients.kube.events import Event
from clients.kube.image_puller import Puller
from clients.kube.nodes import Node
from clients.kube.permissions import PERMISSIONS, Permission
from clients.kube.pod_reviews import PodRefusal
from clients.kube.pods import Crash, Pod, Waiting
from clients.kube.quotas import LimitRange, LimitRangeItem, ResourceQuota
from clients.kube.reader import KubeReader
from clients.kube.routes import (
    Condition,
    Gateway,
    GatewayListener,
    HttpRoute,
    Ingress,
    IngressClass,
    ParentRef,
    ParentStatus,
)
from clients.kube.secrets import Secret
from clients.kube.storage import Claim, Snapshot, SnapshotClass, StorageClass, Volume
from clients.kube.watch import Watch
from clients.kube.workloads import DaemonSet, Deployment
from clients.kube.writer import KubeWriter

__all__ = [
    "PERMISSIONS",
    "SYSTEM",
    "AutoscalerStatus",
    "Claim",
    "Condition",
    "Crash",
    "DaemonSet",
    "Deployment",
    "DeprecatedApi",
    "DisruptionBudget",
    "Event",
    "Gateway",
    "GatewayListener",
    "HttpRoute",
    "Ingress",
    "IngressClass",
    "KubeApi",
    "KubeReader",
    "KubeWriter",
    "LimitRange",
    "LimitRangeItem",
    "Node",
    "NodeGroup",
    "ParentRef",
    "ParentStatus",
    "Permission",
    "Pod",
    "PodRefusal",
    "Puller",
    "ResourceQuota",
    "ScalingCondition",
    "Secret",
    "Snapshot",
    "SnapshotClass",
    "StorageClass",
    "Volume",
    "Waiting",
    "Watch",
    "connect",
]
