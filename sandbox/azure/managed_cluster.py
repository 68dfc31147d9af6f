"""The managed cluster as Azure sees it: its node pools, and operations that take time.

Rules and refusals are those of Microsoft.ContainerService (API 2026-08-01). One operation at a time: a second one is
refused while the first is in progress.
"""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final
from uuid import uuid4

from sandbox.apiserver.objects.json_objects import copy_json
from sandbox.apiserver.objects.resource_kinds import NODE, Json
from sandbox.apiserver.storage.store import Store
from sandbox.azure.agent_pools import AgentPool, check_change, pool_of_nodes, requested_pool
from sandbox.azure.cluster_upgrades import check_control_plane, check_pool, replace_nodes, surge_of
from sandbox.azure.compute import ALL_FAMILIES, SIZES, VCPU_QUOTA, family
from sandbox.azure.errors import ArmError
from sandbox.azure.operations import CLUSTER_SECONDS, SCALING_SECONDS, SETTING_SECONDS, Operation, error_of
from sandbox.azure.pool_nodes import PoolNodes
from sandbox.clock import Clock
from sandbox.scenario.bare_cluster import KUBELET

_SUNDAYS: Final[Json] = {
    "name": "aksManagedNodeOSUpgradeSchedule",
    "properties": {
        "maintenanceWindow": {
            "schedule": {"weekly": {"intervalWeeks": 1, "dayOfWeek": "Sunday"}},
            "durationHours": 4,
            "utcOffset": "+01:00",
            "startTime": "02:00",
        }
    },
}


@dataclass
class ManagedCluster:
    """One cluster with its pools.

    `fail_next` is the code and message with which the next operation fails at its end.
    """

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
    """Azure's code for the reason why the autoscaler gets no more machines; empty if it gets them."""
    unhealthy_pools: set[str] = field(default_factory=set)
    """The pools that the autoscaler considers unhealthy."""
    autoscaler_hangs: bool = False
    limits: dict[str, int] = field(default_factory=dict)
    """The quota of vCPUs of a family, or of all ("cores"); VCPU_QUOTA for what is not in it."""
    version: str = KUBELET.removeprefix("v")
    tier: str = "Free"
    plan: str = "KubernetesOfficial"
    channel: str = "none"
    """What Azure upgrades by itself: "none", "patch", "stable", "rapid" or "node-image"."""
    automatic: bool = False
    provisions: bool = False
    """True for node auto-provisioning."""
    maintenance: list[Json] = field(default_factory=lambda: [copy_json(_SUNDAYS)])
    """The maintenance configurations, as Azure sends them."""

    def __post_init__(self) -> None:
        self.nodes = PoolNodes(self.store, self.clock)

    @property
    def running(self) -> Operation | None:
        """The operation in progress, None if there is none."""
        return next((one for one in self.operations.values() if one.status == "InProgress"), None)

    def vcpus(self) -> Counter[str]:
        """Return the number of vCPUs in use, by family and in all ("cores")."""
        used: Counter[str] = Counter()
        for pool in self.pools.values():
            for name in (family(pool.size), ALL_FAMILIES):
                used[name] += SIZES[pool.size][0] * pool.count
        return used

    def limit(self, name: str) -> int:
        """Return the quota of vCPUs of a family, or of all ("cores")."""
        return self.limits.get(name, VCPU_QUOTA)

    def has_room(self, pool: AgentPool, count: int) -> bool:
        """Return True if the quota allows the pool `count` nodes."""
        used, more = self.vcpus(), SIZES[pool.size][0] * (count - pool.count)
        return all(used[name] + more <= self.limit(name) for name in (family(pool.size), ALL_FAMILIES))

    # Operations

    def put_pool(self, name: str, body: Json, if_match: str) -> Operation:
        """Create or change a pool. Raise ArmError if Azure refuses it."""
        requested = requested_pool(name, body)
        if requested.autoscaled and (self.provisions or self.automatic):
            message = "The cluster autoscaler cannot be enabled on a cluster with node auto-provisioning."
            raise ArmError(400, "BadRequest", message)
        pool = self.pools.get(name)
        if pool is None:
            self._begin_check("")
            return self._create(requested)
        self._begin_check(if_match, pool.etag)
        requested.version = requested.version or pool.version
        image = (body.get("properties") or {}).get("nodeImageVersion")
        if image and (image != pool.image or requested.version != pool.version):
            message = f"The node image {image} is not among the pool's recently used versions."
            raise ArmError(400, "InvalidParameter", message)
        check_change(pool, requested)
        self._check_last_system(pool, requested)
        if requested.version != pool.current or (pool.state == "Failed" and pool.version != pool.current):
            return self._upgrade(pool, requested.version)
        return self._change(pool, requested)

    def delete_pool(self, name: str, if_match: str) -> Operation:
        """Delete a pool with its nodes. Raise ArmError if Azure refuses it."""
        pool = self.pool(name)
        self._begin_check(if_match, pool.etag)
        if pool.mode == "System" and sum(one.mode == "System" for one in self.pools.values()) == 1:
            raise ArmError(400, "OperationNotAllowed", "There must be at least one system node pool.")
        pool.state = "Deleting"
        pool.touch()

        async def work() -> None:
            await self.nodes.resize(pool, 0)
            del self.pools[name]

        return self._start("DeletingAgentPool", SCALING_SECONDS, work, pool)

    def put_cluster(self, body: Json, if_match: str) -> Operation:
        """Change the cluster itself: its add-ons and its version. Raise ArmError if Azure refuses it."""
        self._begin_check(if_match, self.etag)
        version = str((body.get("properties") or {}).get("kubernetesVersion") or self.version)
        if version != self.version:
            check_control_plane(self.store, self.version, version)
        profiles = (body.get("properties") or {}).get("addonProfiles") or {}
        requested = {name: bool(profile.get("enabled")) for name, profile in profiles.items()}
        self._touch("Updating")

        async def work() -> None:
            self.addons, self.version, self.store.version = requested, version, f"v{version}"

        if version != self.version:
            self._touch("Upgrading")
            return self._start("UpgradeManagedCluster", CLUSTER_SECONDS, work)
        return self._start("PutManagedCluster", SETTING_SECONDS, work)

    def upgrade_image(self, name: str) -> Operation:
        """Give a pool's nodes the newest image. Raise ArmError if Azure refuses it."""
        pool = self.pool(name)
        self._begin_check("")
        return self._upgrade(pool, pool.current)

    def stop(self) -> Operation:
        """Stop the cluster: its nodes and its API server go. Raise ArmError if it is stopped or busy."""
        self._begin_check("")
        if self.provisions or self.automatic:
            message = "Stopping a managed cluster with node auto-provisioning enabled is not supported."
            raise ArmError(400, "OperationNotAllowed", message)
        if self.power == "Stopped":
            raise ArmError(400, "BadRequest", "The cluster is already stopped.")
        self._touch("Stopping")

        async def work() -> None:
            for pool in self.pools.values():
                await self.nodes.resize(pool, 0)
            self.power = "Stopped"

        return self._start("StopManagedCluster", CLUSTER_SECONDS, work)

    def start(self) -> Operation:
        """Start the cluster, each pool with as many nodes as it had. Raise ArmError if it runs or is busy."""
        self._begin_check("")
        if self.power == "Running":
            raise ArmError(400, "BadRequest", "The cluster is already running.")
        self._touch("Starting")

        async def work() -> None:
            self.power = "Running"
            for pool in self.pools.values():
                await self.nodes.resize(pool, pool.count)

        return self._start("StartManagedCluster", CLUSTER_SECONDS, work)

    def pool(self, name: str) -> AgentPool:
        """Return a pool by name. Raise ArmError 404 if there is none."""
        pool = self.pools.get(name)
        if pool is None:
            message = f"The agent pool '{name}' could not be found."
            raise ArmError(404, "NotFound", message)
        return pool

    # Their effects

    def autoscale(self, pool: AgentPool, count: int, leaving: tuple[str, ...] = ()) -> None:
        """Set a pool's count as the cluster autoscaler does: at once, and without an operation."""
        pool.count = count
        pool.touch()
        for name in leaving:
            self.nodes.remove(name)
        self.nodes.add(pool, count - len(self.nodes.of(pool)))

    def _create(self, requested: AgentPool) -> Operation:
        self.pools[requested.name] = requested
        requested.version = requested.current = requested.version or self.version
        requested.state = "Creating"
        return self._start("CreateAgentPool", SCALING_SECONDS, lambda: self._provide(requested), requested)

    def _change(self, pool: AgentPool, requested: AgentPool) -> Operation:
        count = requested.count
        if requested.autoscaled and requested.minimum is not None and requested.maximum is not None:
            # A pool outside its range is brought into it when the range is set.
            count = min(max(count, requested.minimum), requested.maximum)
        scales = count != pool.count
        pool.count, pool.autoscaled = count, requested.autoscaled
        pool.minimum, pool.maximum = requested.minimum, requested.maximum
        pool.labels, pool.taints, pool.tags = requested.labels, requested.taints, requested.tags
        pool.state = "Scaling" if scales else "Updating"
        pool.touch()

        seconds = SCALING_SECONDS if scales else SETTING_SECONDS
        kind = "ScaleAgentPool" if scales else "UpdateAgentPool"
        return self._start(kind, seconds, lambda: self._provide(pool), pool)

    def _upgrade(self, pool: AgentPool, version: str) -> Operation:
        if version != pool.current:
            check_pool(pool, version, self.version)
        pool.version, pool.state = version, "Upgrading"
        pool.touch()

        async def work() -> None:
            self._check_quota(pool, surge_of(pool, pool.count))
            await replace_nodes(self.nodes, pool)

        return self._start("UpgradeAgentPool", SCALING_SECONDS, work, pool)

    async def _provide(self, pool: AgentPool) -> None:
        self._check_quota(pool)
        await self.nodes.resize(pool, pool.count)

    def _check_quota(self, pool: AgentPool, more: int = 0) -> None:
        used = self.vcpus()
        for name in (family(pool.size), ALL_FAMILIES):
            used[name] += SIZES[pool.size][0] * more
        over = [name for name in (family(pool.size), ALL_FAMILIES) if used[name] > self.limit(name)]
        if over:
            asked, limit = used[over[0]], self.limit(over[0])
            message = f"Insufficient vcpu quota requested {asked}, of {limit} for region westeurope."
            raise ArmError(400, "ErrCode_InsufficientVCPUQuota", message)

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
        operation.error = failing or await error_of(work)
        operation.status = "Failed" if operation.error else "Succeeded"
        operation.ended = self.clock.now()
        if pool is not None:
            if operation.error:
                pool.count = len(self.nodes.of(pool))
            pool.state = operation.status
            pool.touch()
        else:
            self._touch(operation.status)

    def _touch(self, state: str) -> None:
        self.state, self.etag = state, str(uuid4())

    # Rules

    def _begin_check(self, if_match: str, etag: str = "") -> None:
        """Raise ArmError if another operation is in progress or the caller's entity tag is an older one."""
        if self.running is not None:
            message = f"Operation is not allowed because there's an in progress {self.running.kind} operation."
            raise ArmError(409, "OperationNotAllowed", message)
        if if_match and if_match.strip('"') != etag:
            raise ArmError(412, "PreconditionFailed", "The etag does not match: the resource was changed meanwhile.")
        if if_match and not (if_match.startswith('"') and if_match.endswith('"')):
            raise ArmError(400, "InvalidHeaderValue", "If-Match is not a quoted entity tag.")

    def _check_last_system(self, pool: AgentPool, requested: AgentPool) -> None:
        systems = [one for one in self.pools.values() if one.mode == "System"]
        if pool.mode == "System" and requested.mode != "System" and len(systems) == 1:
            raise ArmError(400, "OperationNotAllowed", "There must be at least one system node pool.")


def managed_cluster(store: Store, clock: Clock, spawn: Callable[[Awaitable[None]], None]) -> ManagedCluster:
    """Return the managed cluster that the store's nodes make up, each pool with the nodes that it has."""
    counts: dict[str, list[Json]] = {}
    for node in store.list(NODE):
        counts.setdefault(node["metadata"]["labels"]["agentpool"], []).append(node)
    pools = {name: pool_of_nodes(name, nodes) for name, nodes in counts.items()}
    return ManagedCluster(store, clock, pools, spawn)
