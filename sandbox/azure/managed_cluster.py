"""The managed cluster as Azure sees it: node pools with their rules, and operations that take their time.

Rules and refusals are those of Microsoft.ContainerService (API 2026-08-01); nodes join and leave the sandbox's
Kubernetes as pools change. One operation at a time: a second one is refused while the first goes on.
"""

import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import uuid4

from sandbox.apiserver.objects.resource_kinds import NODE, POD, Json
from sandbox.apiserver.storage.store import Store
from sandbox.azure.arm import ArmError
from sandbox.clock import Clock
from sandbox.scenario import bare_cluster
from sandbox.scenario.bare_cluster import DEDICATED, KUBELET, PURPOSE

SIZES: Final = {
    "Standard_D2s_v5": (2, 8),
    "Standard_D4s_v5": (4, 16),
    "Standard_D8s_v5": (8, 32),
    "Standard_E4s_v5": (4, 32),
    "Standard_E8s_v5": (8, 64),
    "Standard_E16s_v5": (16, 128),
}
_MOST_NODES: Final = 1000
_POOL_NAME: Final = re.compile(r"[a-z][a-z0-9]{0,11}")
_TAINT: Final = re.compile(r"[A-Za-z0-9./_-]+=[A-Za-z0-9._-]*:(NoSchedule|PreferNoSchedule|NoExecute)")
# How long things take here; Azure needs minutes for most of them.
SCALING_SECONDS: Final = 4.0
SETTING_SECONDS: Final = 1.5
CLUSTER_SECONDS: Final = 6.0
VCPU_QUOTA: Final = 200
# Azure's name for the vCPUs of all families together.
ALL_FAMILIES: Final = "cores"
_SIZE: Final = re.compile(r"Standard_([A-Z]+)\d+([a-z]*)_(v\d+)")


@dataclass
class AgentPool:
    """A node pool. `count` is what is asked for; the nodes there are may lag behind."""

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
    etag: str = field(default_factory=lambda: str(uuid4()))

    def touch(self) -> None:
        """It is another version of itself now."""
        self.etag = str(uuid4())

    @property
    def plan(self) -> bare_cluster.Pool:
        """What its machines are like."""
        cpu, memory = SIZES[self.size]
        return bare_cluster.Pool(self.name, self.mode, self.size, cpu, memory, self.count, self.labels.get(PURPOSE, ""))


@dataclass
class Operation:
    """Something that takes its time. `error` is code and message once it has failed."""

    id: str
    kind: str
    started: datetime
    status: str = "InProgress"
    ended: datetime | None = None
    error: tuple[str, str] | None = None


@dataclass
class Estate:
    """One cluster with its pools. `fail_next` lets the next operation fail after its time, with code and message."""

    store: Store
    clock: Clock
    pools: dict[str, AgentPool]
    spawn: Callable[[Awaitable[None]], None]
    power: str = "Running"
    state: str = "Succeeded"
    etag: str = field(default_factory=lambda: str(uuid4()))
    addons: dict[str, bool] = field(default_factory=dict)
    operations: dict[str, Operation] = field(default_factory=dict)
    fail_next: tuple[str, str] | None = None
    no_machines: str = ""
    """Azure's word for why the autoscaler gets no more machines; empty where it does."""
    limits: dict[str, int] = field(default_factory=dict)
    """How many vCPUs of a family, or of all ("cores"), there may be; VCPU_QUOTA where it is not said."""

    @property
    def running(self) -> Operation | None:
        """The operation that goes on just now."""
        return next((one for one in self.operations.values() if one.status == "InProgress"), None)

    def vcpus(self) -> Counter[str]:
        """How many vCPUs are in use, of each family and of all."""
        used: Counter[str] = Counter()
        for pool in self.pools.values():
            for name in (family(pool.size), ALL_FAMILIES):
                used[name] += SIZES[pool.size][0] * pool.count
        return used

    def limit(self, name: str) -> int:
        """How many there may be of a family, or of all."""
        return self.limits.get(name, VCPU_QUOTA)

    def has_room(self, pool: AgentPool, count: int) -> bool:
        """Whether the quota lets the pool have that many."""
        used, more = self.vcpus(), SIZES[pool.size][0] * (count - pool.count)
        return all(used[name] + more <= self.limit(name) for name in (family(pool.size), ALL_FAMILIES))

    # What may be asked for

    def put_pool(self, name: str, given: Json, if_match: str) -> Operation:
        """Make or change a pool. Raises ArmError."""
        wanted = _wanted(name, given)
        known = self.pools.get(name)
        if known is None:
            self._begin_check("")
            return self._create(wanted)
        self._begin_check(if_match, known.etag)
        _check_change(known, wanted)
        self._check_last_system(known, wanted)
        return self._change(known, wanted)

    def delete_pool(self, name: str, if_match: str) -> Operation:
        """Take a pool away with its nodes. Raises ArmError."""
        known = self.pool(name)
        self._begin_check(if_match, known.etag)
        if known.mode == "System" and sum(one.mode == "System" for one in self.pools.values()) == 1:
            raise ArmError(400, "OperationNotAllowed", "There must be at least one system node pool.")
        known.state = "Deleting"
        known.touch()

        async def work() -> None:
            await self._resize(known, 0)
            del self.pools[name]

        return self._start("DeletingAgentPool", SCALING_SECONDS, work, known)

    def put_cluster(self, given: Json, if_match: str) -> Operation:
        """Change what the cluster itself has: add-ons only. Raises ArmError."""
        self._begin_check(if_match, self.etag)
        profiles = (given.get("properties") or {}).get("addonProfiles") or {}
        wanted = {name: bool(profile.get("enabled")) for name, profile in profiles.items()}
        self._touch("Updating")

        async def work() -> None:
            self.addons = wanted

        return self._start("PutManagedCluster", SETTING_SECONDS, work)

    def stop(self) -> Operation:
        """Stop the cluster: its nodes go, its API server with them. Raises ArmError."""
        self._begin_check("")
        if self.power == "Stopped":
            raise ArmError(400, "BadRequest", "The cluster is already stopped.")
        self._touch("Stopping")

        async def work() -> None:
            for pool in self.pools.values():
                await self._resize(pool, 0)
            self.power = "Stopped"

        return self._start("StopManagedCluster", CLUSTER_SECONDS, work)

    def start(self) -> Operation:
        """Start it again, each pool with as many nodes as it had. Raises ArmError."""
        self._begin_check("")
        if self.power == "Running":
            raise ArmError(400, "BadRequest", "The cluster is already running.")
        self._touch("Starting")

        async def work() -> None:
            self.power = "Running"
            for pool in self.pools.values():
                await self._resize(pool, pool.count)

        return self._start("StartManagedCluster", CLUSTER_SECONDS, work)

    def pool(self, name: str) -> AgentPool:
        """A pool by name. Raises ArmError 404."""
        known = self.pools.get(name)
        if known is None:
            message = f"The agent pool '{name}' could not be found."
            raise ArmError(404, "NotFound", message)
        return known

    # What comes of it

    def nodes_of(self, pool: AgentPool) -> list[Json]:
        """The nodes that a pool has, oldest first."""
        found = [node for node in self.store.list(NODE) if node["metadata"]["labels"].get("agentpool") == pool.name]
        return sorted(found, key=lambda node: str(node["metadata"]["name"]))

    def autoscale(self, pool: AgentPool, count: int, leaving: tuple[str, ...] = ()) -> None:
        """What the cluster autoscaler does: another count, at once, without an operation that anybody asked for."""
        pool.count = count
        pool.touch()
        for name in leaving:
            self._remove_node(name)
        self._add_nodes(pool, count - len(self.nodes_of(pool)))

    def _create(self, wanted: AgentPool) -> Operation:
        self.pools[wanted.name] = wanted
        wanted.state = "Creating"
        return self._start("CreateAgentPool", SCALING_SECONDS, lambda: self._provide(wanted), wanted)

    def _change(self, known: AgentPool, wanted: AgentPool) -> Operation:
        count = wanted.count
        if wanted.autoscaled and wanted.minimum is not None and wanted.maximum is not None:
            # A pool outside its range is brought into it when the range is set.
            count = min(max(count, wanted.minimum), wanted.maximum)
        scales = count != known.count
        known.count, known.autoscaled = count, wanted.autoscaled
        known.minimum, known.maximum = wanted.minimum, wanted.maximum
        known.labels, known.taints, known.tags = wanted.labels, wanted.taints, wanted.tags
        known.state = "Scaling" if scales else "Updating"
        known.touch()

        seconds = SCALING_SECONDS if scales else SETTING_SECONDS
        kind = "ScaleAgentPool" if scales else "UpdateAgentPool"
        return self._start(kind, seconds, lambda: self._provide(known), known)

    async def _provide(self, pool: AgentPool) -> None:
        used = self.vcpus()
        over = [name for name in (family(pool.size), ALL_FAMILIES) if used[name] > self.limit(name)]
        if over:
            asked, limit = used[over[0]], self.limit(over[0])
            message = f"Insufficient vcpu quota requested {asked}, of {limit} for region westeurope."
            raise ArmError(400, "ErrCode_InsufficientVCPUQuota", message)
        await self._resize(pool, pool.count)

    def _start(
        self, kind: str, seconds: float, work: Callable[[], Awaitable[None]], pool: AgentPool | None = None
    ) -> Operation:
        operation = Operation(str(uuid4()), kind, self.clock.now())
        self.operations[operation.id] = operation
        self.spawn(self._run(operation, seconds, work, pool))
        return operation

    async def _run(
        self, operation: Operation, seconds: float, work: Callable[[], Awaitable[None]], pool: AgentPool | None
    ) -> None:
        failing, self.fail_next = self.fail_next, None
        await self.clock.sleep(seconds)
        operation.error = failing or await _error_of(work)
        operation.status = "Failed" if operation.error else "Succeeded"
        operation.ended = self.clock.now()
        if pool is not None:
            if operation.error:
                pool.count = len(self.nodes_of(pool))
            pool.state = operation.status
            pool.touch()
        else:
            self._touch(operation.status)

    async def _resize(self, pool: AgentPool, count: int) -> None:
        there = self.nodes_of(pool)
        for node in reversed(there[count:]):
            self._cordon(node["metadata"]["name"])
        await self.clock.sleep(0.5)
        for node in reversed(there[count:]):
            self._remove_node(node["metadata"]["name"])
        self._add_nodes(pool, count - len(there))

    def _add_nodes(self, pool: AgentPool, more: int) -> None:
        names = {node["metadata"]["name"] for node in self.nodes_of(pool)}
        number = 0
        for _ in range(max(0, more)):
            while pool.plan.node_name(number) in names:
                number += 1
            made = bare_cluster.node(pool.plan, number, self.clock.now())
            made["metadata"]["labels"] |= pool.labels
            self.store.create(NODE, None, made)
            names.add(made["metadata"]["name"])

    def _cordon(self, name: str) -> None:
        def change(node: Json) -> None:
            node["spec"]["unschedulable"] = True

        self.store.modify(NODE, None, name, change)

    def _remove_node(self, name: str) -> None:
        for pod in self.store.list(POD):
            if pod["spec"].get("nodeName") == name:
                metadata = pod["metadata"]
                self.store.delete(POD, metadata["namespace"], metadata["name"], grace_seconds=0)
        self.store.remove(NODE, None, name)

    def _touch(self, state: str) -> None:
        self.state, self.etag = state, str(uuid4())

    # Rules

    def _begin_check(self, if_match: str, etag: str = "") -> None:
        """Neither another operation may go on, nor may the caller have seen an older version."""
        if self.running is not None:
            message = f"Operation is not allowed because there's an in progress {self.running.kind} operation."
            raise ArmError(409, "OperationNotAllowed", message)
        if if_match and if_match.strip('"') != etag:
            raise ArmError(412, "PreconditionFailed", "The etag does not match: the resource was changed meanwhile.")
        if if_match and not (if_match.startswith('"') and if_match.endswith('"')):
            raise ArmError(400, "InvalidHeaderValue", "If-Match is not a quoted entity tag.")

    def _check_last_system(self, known: AgentPool, wanted: AgentPool) -> None:
        systems = [one for one in self.pools.values() if one.mode == "System"]
        if known.mode == "System" and wanted.mode != "System" and len(systems) == 1:
            raise ArmError(400, "OperationNotAllowed", "There must be at least one system node pool.")


async def _error_of(work: Callable[[], Awaitable[None]]) -> tuple[str, str] | None:
    try:
        await work()
    except ArmError as error:
        return error.code, str(error)
    return None


def family(size: str) -> str:
    """The family that Azure counts a size under, such as standardESv5Family."""
    found = _SIZE.fullmatch(size)
    assert found, size  # noqa: S101 - all sizes of the sandbox are named so
    letters, more, version = found.groups()
    return f"standard{letters}{more.upper()}{version}Family"


def founded(store: Store, clock: Clock, spawn: Callable[[Awaitable[None]], None]) -> Estate:
    """The estate of the cluster that is there: its pools with the nodes they have."""
    counts: dict[str, list[Json]] = {}
    for node in store.list(NODE):
        counts.setdefault(node["metadata"]["labels"]["agentpool"], []).append(node)
    pools = {name: _as_found(name, nodes) for name, nodes in counts.items()}
    return Estate(store, clock, pools, spawn)


def _as_found(name: str, nodes: list[Json]) -> AgentPool:
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


def _wanted(name: str, given: Json) -> AgentPool:
    its: Json = given.get("properties") or {}
    if not _POOL_NAME.fullmatch(name):
        raise _invalid("name", "must start with a lowercase letter, and have 1 to 12 lowercase letters and digits")
    mode, size, count = its.get("mode") or "User", its.get("vmSize"), its.get("count", 1)
    if mode not in ("System", "User"):
        raise _invalid("mode", "must be System or User")
    if size not in SIZES:
        message = f"The VM size of {size} is not allowed in your subscription in location 'westeurope'."
        raise ArmError(400, "VMSizeNotSupported", message)
    lowest = 1 if mode == "System" else 0
    if not isinstance(count, int) or not lowest <= count <= _MOST_NODES:
        raise _invalid("count", f"must be from {lowest} to {_MOST_NODES} for a {mode.lower()} pool")
    autoscaled, minimum, maximum = its.get("enableAutoScaling") is True, its.get("minCount"), its.get("maxCount")
    _check_range(autoscaled, minimum, maximum, lowest)
    taints = tuple(its.get("nodeTaints") or ())
    for taint in taints:
        if not _TAINT.fullmatch(taint):
            raise _invalid("nodeTaints", f"'{taint}' is not of the form key=value:effect")
    labels: Mapping[str, str] = its.get("nodeLabels") or {}
    tags = dict(its.get("tags") or {})
    return AgentPool(name, mode, size, count, minimum, maximum, autoscaled, dict(labels), taints, tags)


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


def _check_change(known: AgentPool, wanted: AgentPool) -> None:
    if wanted.size != known.size:
        message = "Changing property 'properties.vmSize' is not allowed."
        raise ArmError(400, "PropertyChangeNotAllowed", message)
    if not wanted.autoscaled:
        return
    if wanted.count != known.count and known.autoscaled:
        raise _invalid("count", "cannot be changed while the cluster autoscaler is on")
    if not known.autoscaled and not (wanted.minimum or 0) <= wanted.count <= (wanted.maximum or 0):
        raise _invalid("count", f"{wanted.count} is outside minCount {wanted.minimum} and maxCount {wanted.maximum}")


def _invalid(parameter: str, why: str) -> ArmError:
    message = f"The value of parameter agentPoolProfile.{parameter} is invalid: {why}."
    return ArmError(400, "InvalidParameter", message)


def kubernetes_version() -> str:
    """The version that the cluster runs, as Azure writes it."""
    return KUBELET.removeprefix("v")
