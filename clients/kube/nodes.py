"""Nodes: their pools, readiness, schedulability and pressure conditions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from clients.answers import Json, moment, part, text
from clients.kube.fields import condition, labels, said
from clients.kube.quantities import numbers

PRESSURES = ("MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable")


@dataclass(frozen=True)
class Node:
    """A node at one moment.

    `pool` and `mode` are the labels AKS writes, empty elsewhere; `pressure` names the conditions that are true;
    `problem` is the reason why it is not ready, empty when it is. `purpose` is z2jh's label ("user" or "core"), empty
    where it has none. `since` is when it last became ready, or ceased to be. `provisioner` is the NodePool of Karpenter
    that made it, as node auto-provisioning does, empty for a node of a pool of Azure's. `allocatable` is what pods may
    request on it, by resource.
    """

    name: str
    pool: str
    mode: str
    ready: bool
    schedulable: bool
    pressure: tuple[str, ...]
    problem: str
    instance_type: str
    version: str
    created: datetime | None
    purpose: str = ""
    since: datetime | None = None
    provisioner: str = ""
    allocatable: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def from_json(cls, node: Json) -> "Node":
        """Return a node from a v1 Node."""
        metadata, status = part(node, "metadata"), part(node, "status")
        its_labels, ready = labels(metadata), condition(status, "Ready")
        is_ready = ready.get("status") == "True"
        return cls(
            name=text(metadata, "name"),
            pool=its_labels.get("agentpool") or its_labels.get("kubernetes.azure.com/agentpool", ""),
            mode=its_labels.get("kubernetes.azure.com/mode", ""),
            ready=is_ready,
            schedulable=part(node, "spec").get("unschedulable") is not True,
            pressure=tuple(one for one in PRESSURES if condition(status, one).get("status") == "True"),
            problem="" if is_ready else _problem(ready),
            instance_type=its_labels.get("node.kubernetes.io/instance-type", ""),
            version=text(part(status, "nodeInfo"), "kubeletVersion"),
            created=moment(metadata, "creationTimestamp"),
            purpose=its_labels.get("hub.jupyter.org/node-purpose", ""),
            since=moment(ready, "lastTransitionTime"),
            provisioner=its_labels.get("karpenter.sh/nodepool", ""),
            allocatable=numbers(part(status, "allocatable")),
        )


def _problem(ready: Json) -> str:
    reason, message = said(ready, "reason"), said(ready, "message")
    return f"{reason}: {message}" if reason and message else reason or message or "not ready"
