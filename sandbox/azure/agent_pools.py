"""Node pools as Azure sees them: what they have, and which requests are refused.

Rules and refusals are those of Microsoft.ContainerService (API 2026-08-01).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import uuid4

from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.azure.compute import SIZES
from sandbox.azure.errors import ArmError
from sandbox.azure.kubernetes_versions import OLDER_IMAGE, numbers
from sandbox.scenario import bare_cluster
from sandbox.scenario.bare_cluster import DEDICATED, KUBELET, PURPOSE

_MOST_NODES: Final = 1000
_POOL_NAME: Final = re.compile(r"[a-z][a-z0-9]{0,11}")
_TAINT: Final = re.compile(r"[A-Za-z0-9./_-]+=[A-Za-z0-9._-]*:(NoSchedule|PreferNoSchedule|NoExecute)")


@dataclass
class AgentPool:
    """A node pool. `count` is the number of nodes requested; the nodes that exist may lag behind.

    `version` is what is requested of them, `current` what they run; `image` is their node image.
    """

    name: str
    mode: str
    size: str
    count: int
    minimum: int | None = None
    maximum: int | None = None
    autoscaled: bool = False
    labels: dict[str, str] = field(default_factory=dict)
    taints: tuple[str, ...] = ()
    tags: dict[str, str] = field(default_factory=dict)
    state: str = "Succeeded"
    power: str = "Running"
    version: str = KUBELET.removeprefix("v")
    current: str = KUBELET.removeprefix("v")
    image: str = OLDER_IMAGE
    surge: str = "10%"
    drain_minutes: int = 30
    etag: str = field(default_factory=lambda: str(uuid4()))

    def touch(self) -> None:
        """Give the pool another entity tag, as every change does."""
        self.etag = str(uuid4())

    @property
    def plan(self) -> bare_cluster.Pool:
        """The machines of the pool, as a bare cluster is built from them."""
        cpu, memory = SIZES[self.size]
        purpose = self.labels.get(PURPOSE, "")
        return bare_cluster.Pool(self.name, self.mode, self.size, cpu, memory, self.count, purpose, f"v{self.current}")


def pool_of_nodes(name: str, nodes: list[Json]) -> AgentPool:
    """Return the pool that these nodes make up; the one for users is autoscaled, from 1 to at least 5 nodes."""
    labels = nodes[0]["metadata"]["labels"]
    purpose, count = labels.get(PURPOSE, ""), len(nodes)
    users = purpose == "user"
    return AgentPool(
        name=name,
        mode="System" if labels["kubernetes.azure.com/mode"] == "system" else "User",
        size=labels["node.kubernetes.io/instance-type"],
        count=count,
        minimum=1 if users else None,
        maximum=max(5, count + 2) if users else None,
        autoscaled=users,
        labels={PURPOSE: purpose} if purpose else {},
        taints=(f"{DEDICATED}=user:NoSchedule",) if users else (),
    )


def requested_pool(name: str, body: Json) -> AgentPool:
    """Return the pool that a request body describes. Raise ArmError for what Azure refuses."""
    properties: Json = body.get("properties") or {}
    if not _POOL_NAME.fullmatch(name):
        raise _invalid("name", "must start with a lowercase letter, and have 1 to 12 lowercase letters and digits")
    mode, size, count = properties.get("mode") or "User", properties.get("vmSize"), properties.get("count", 1)
    if mode not in ("System", "User"):
        raise _invalid("mode", "must be System or User")
    if size not in SIZES:
        message = f"The VM size of {size} is not allowed in your subscription in location 'westeurope'."
        raise ArmError(400, "VMSizeNotSupported", message)
    lowest = 1 if mode == "System" else 0
    if not isinstance(count, int) or not lowest <= count <= _MOST_NODES:
        raise _invalid("count", f"must be from {lowest} to {_MOST_NODES} for a {mode.lower()} pool")
    autoscaled, minimum, maximum = (
        properties.get("enableAutoScaling") is True,
        properties.get("minCount"),
        properties.get("maxCount"),
    )
    _check_range(autoscaled, minimum, maximum, lowest)
    taints = tuple(properties.get("nodeTaints") or ())
    for taint in taints:
        if not _TAINT.fullmatch(taint):
            raise _invalid("nodeTaints", f"'{taint}' is not of the form key=value:effect")
    labels: Mapping[str, str] = properties.get("nodeLabels") or {}
    tags = dict(properties.get("tags") or {})
    made = AgentPool(name, mode, size, count, minimum, maximum, autoscaled, dict(labels), taints, tags)
    made.version = made.current = str(properties.get("orchestratorVersion") or "")
    return made


def _check_range(autoscaled: bool, minimum: int | None, maximum: int | None, lowest: int) -> None:
    if not autoscaled:
        if minimum is not None or maximum is not None:
            raise _invalid("minCount", "may be set only where enableAutoScaling is true")
        return
    if minimum is None or maximum is None:
        raise _invalid("minCount", "and maxCount must be set where enableAutoScaling is true")
    if minimum > maximum:
        raise _invalid("minCount", f"{minimum} is greater than maxCount {maximum}")
    if minimum < lowest or not 1 <= maximum <= _MOST_NODES:
        raise _invalid("minCount", f"must be at least {lowest}, and maxCount from 1 to {_MOST_NODES}")


def check_change(pool: AgentPool, requested: AgentPool) -> None:
    """Raise ArmError if a pool may not be changed to `requested`."""
    if requested.size != pool.size:
        message = "Changing property 'properties.vmSize' is not allowed."
        raise ArmError(400, "PropertyChangeNotAllowed", message)
    if requested.version and numbers(requested.version) < numbers(pool.version):
        message = f"Downgrading node pool version {pool.version} to {requested.version} is not allowed."
        raise ArmError(400, "BadRequest", message)
    if requested.version not in ("", pool.version) and requested.count != pool.count:
        raise ArmError(400, "BadRequest", "Changing count and orchestratorVersion at once is not allowed.")
    if not requested.autoscaled:
        return
    if requested.count != pool.count and pool.autoscaled:
        raise _invalid("count", "cannot be changed while the cluster autoscaler is on")
    least, most = requested.minimum, requested.maximum
    if not pool.autoscaled and not (least or 0) <= requested.count <= (most or 0):
        raise _invalid("count", f"{requested.count} is outside minCount {least} and maxCount {most}")


def _invalid(parameter: str, why: str) -> ArmError:
    message = f"The value of parameter agentPoolProfile.{parameter} is invalid: {why}."
    return ArmError(400, "InvalidParameter", message)
