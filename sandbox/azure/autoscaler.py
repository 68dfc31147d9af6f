"""The cluster autoscaler: adds nodes for pods that cannot be scheduled, and removes idle ones.

After cluster-autoscaler 1.32 with AKS's defaults: a scan every 10 seconds, a node goes after ten idle minutes.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sandbox.apiserver.objects.json_objects import list_at
from sandbox.apiserver.objects.resource_kinds import POD, Json
from sandbox.azure.agent_pools import AgentPool
from sandbox.azure.autoscaler_status import GroupState, StatusWriter
from sandbox.azure.managed_cluster import ManagedCluster
from sandbox.controllers.node_affinity import objections, refused
from sandbox.kubelet.homes import is_elsewhere
from sandbox.runtime.conditions import find_condition, is_true
from sandbox.runtime.events import EventRecorder
from sandbox.runtime.pod_facts import Amounts, is_active, node_of, requests_of
from sandbox.scenario import bare_cluster

_COMPONENT: Final = "cluster-autoscaler"
_STRANDED: Final = "pod didn't trigger scale-up: 1 node(s) had volume node affinity conflict"
_BACKED_OFF: Final = "pod didn't trigger scale-up: 1 in backoff after failed scale-up"
# The ConfigMap that events about node groups are attached to.
_STATUS: Final[Json] = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"namespace": "kube-system", "name": "cluster-autoscaler-status", "uid": "cluster-autoscaler-status"},
}
_SCAN_INTERVAL: Final = 10.0
_IDLE: Final = timedelta(minutes=10)
# scale-down-delay-after-add: what has just come may stay.
_AFTER_ADDING: Final = timedelta(minutes=10)


class Autoscaler:
    """The autoscaler of those pools of a cluster that are autoscaled."""

    def __init__(self, cluster: ManagedCluster) -> None:
        self._cluster = cluster
        self._store = cluster.store
        self._events = EventRecorder(cluster.store, cluster.clock)
        self._idle_since: dict[str, datetime] = {}
        self._added = cluster.clock.now() - _AFTER_ADDING
        self._announced: set[str] = set()
        self._refused: dict[str, str] = {}
        self._status = StatusWriter(cluster.store)

    async def run(self) -> None:
        """Scan periodically, until cancelled."""
        while True:
            await self._cluster.clock.sleep(_SCAN_INTERVAL)
            self.scan()

    def scan(self) -> None:
        """Add and remove nodes, unless an operation is in progress or the cluster is stopped, or it hangs."""
        if self._cluster.power != "Running" or self._cluster.autoscaler_hangs:
            return
        self._scan()
        states = {pool.name: self._state(pool) for pool in self._cluster.pools.values() if pool.autoscaled}
        self._status.write(self._cluster.pools, states, self._cluster.clock.now())

    def _scan(self) -> None:
        if self._cluster.running is not None:
            return
        pods = self._store.list(POD)
        for pool in self._cluster.pools.values():
            if pool.autoscaled and pool.name not in self._cluster.unhealthy_pools:
                self._scan_pool(pool, pods)

    def _state(self, pool: AgentPool) -> GroupState:
        nodes = self._cluster.nodes.of(pool)
        ill = pool.name in self._cluster.unhealthy_pools
        ready = 0 if ill else sum(is_true(node.get("status") or {}, "Ready") for node in nodes)
        idle = sum(str(node["metadata"]["name"]) in self._idle_since for node in nodes)
        candidates = min(idle, max(0, pool.count - (pool.minimum or 0)))
        return GroupState(ready, ill, self._refused.get(pool.name, ""), candidates)

    def _scan_pool(self, pool: AgentPool, pods: Sequence[Json]) -> None:
        template = bare_cluster.node(pool.plan, 0, self._cluster.clock.now())
        template["metadata"]["labels"] |= pool.labels
        wanting = [pod for pod in pods if _is_unschedulable(pod) and not refused(pod, template)]
        stranded = [pod for pod in wanting if is_elsewhere(self._store, pod, template)]
        self._record(stranded, "Normal", "NotTriggerScaleUp", _STRANDED)
        waiting = [pod for pod in wanting if pod not in stranded]
        if not (self._cluster.no_machines and waiting):
            self._refused.pop(pool.name, None)
        if waiting:
            self._grow(pool, waiting, template)
        else:
            self._shrink(pool, pods)

    def _grow(self, pool: AgentPool, waiting: Sequence[Json], template: Json) -> None:
        most = pool.maximum or 0
        wanted = min(most, pool.count + _machines(waiting, template))
        if wanted > pool.count and (self._cluster.no_machines or not self._cluster.has_room(pool, wanted)):
            # After a refusal it leaves the group alone for a while; the pods' events say no more than that.
            self._record(waiting, "Normal", "NotTriggerScaleUp", _BACKED_OFF)
            self._record_failure(pool)
        elif wanted > pool.count:
            self._added = self._cluster.clock.now()
            group = f"aks-{pool.name}-31415926-vmss {pool.count}->{wanted} (max: {most})"
            self._record(waiting, "Normal", "TriggeredScaleUp", f"pod triggered scale-up: [{{{group}}}]")
            self._cluster.autoscale(pool, wanted)
        elif pool.count >= most:
            message = "pod didn't trigger scale-up: 1 max node group size reached"
            self._record(waiting, "Normal", "NotTriggerScaleUp", message)

    def _record(self, pods: Sequence[Json], kind: str, reason: str, message: str) -> None:
        for pod in pods:
            key = f"{pod['metadata']['uid']} {message}"
            if key not in self._announced:
                self._announced.add(key)
                self._events.record(pod, kind, reason, message, _COMPONENT)

    def _record_failure(self, pool: AgentPool) -> None:
        """Record the event about the node group, in kube-system: only there is the reason."""
        most = max(1, pool.count)
        limits = f"Current Limit: {4 * most}, Current Usage: {4 * most}, Additional Required: 4"
        why = f'Code="OperationNotAllowed" Message="Operation results in exceeding approved Cores quota. {limits}"'
        self._refused[pool.name] = why
        message = f"Scale-up failed for group aks-{pool.name}-31415926-vmss: {why}"
        self._events.record(_STATUS, "Warning", "FailedToScaleUpGroup", message, _COMPONENT)

    def _shrink(self, pool: AgentPool, pods: Sequence[Json]) -> None:
        now = self._cluster.clock.now()
        busy = {node_of(pod) for pod in pods if is_active(pod) and not _is_everywhere(pod)}
        names = [str(node["metadata"]["name"]) for node in self._cluster.nodes.of(pool)]
        for name in names:
            if name in busy:
                self._idle_since.pop(name, None)
            else:
                self._idle_since.setdefault(name, now)
        idle = [name for name in names if name in self._idle_since and now - self._idle_since[name] >= _IDLE]
        leaving = tuple(idle[: max(0, pool.count - (pool.minimum or 0))])
        if leaving and now - self._added >= _AFTER_ADDING:
            for name in leaving:
                del self._idle_since[name]
            self._cluster.autoscale(pool, pool.count - len(leaving), leaving)


def _is_unschedulable(pod: Json) -> bool:
    condition = find_condition(pod.get("status") or {}, "PodScheduled") or {}
    return is_active(pod) and not node_of(pod) and condition.get("reason") == "Unschedulable"


def _is_everywhere(pod: Json) -> bool:
    return any(owner.get("kind") == "DaemonSet" for owner in list_at(pod, "metadata", "ownerReferences"))


def _machines(waiting: Sequence[Json], template: Json) -> int:
    """Return the number of such nodes that the pods need, filled one after the other."""
    count, used = 0, Amounts()
    for pod in waiting:
        asked = requests_of(pod)
        if count == 0 or objections(pod, template, asked, used):
            count, used = count + 1, Amounts()
        used = used + asked
    return count
