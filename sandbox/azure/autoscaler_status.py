"""The ConfigMap in which the cluster autoscaler says how it and its node groups are (cluster-autoscaler 1.33).

Read off `clusterstate/api/types.go`: YAML, written anew in each loop.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import yaml

from sandbox.apiserver.objects.json_objects import timestamp
from sandbox.apiserver.objects.resource_kinds import CONFIG_MAP, Json
from sandbox.apiserver.storage.store import Store
from sandbox.azure.agent_pools import AgentPool

NAMESPACE: Final = "kube-system"
NAME: Final = "cluster-autoscaler-status"
# Go's writer breaks no line.
_LARGEST: Final = 1_000_000


@dataclass
class GroupState:
    """How a node group is. `why` is the failure after which it backs off."""

    ready: int
    is_unhealthy: bool = False
    why: str = ""
    candidates: int = 0


@dataclass
class StatusWriter:
    """The writer of the status. It remembers since when each condition is as it is."""

    store: Store
    _since: dict[tuple[str, str], tuple[str, datetime]] = field(default_factory=dict)

    def write(self, pools: Mapping[str, AgentPool], states: Mapping[str, GroupState], now: datetime) -> None:
        """Write the status of these pools."""
        status = {
            "time": f"{now:%Y-%m-%d %H:%M:%S.%f} +0000 UTC",
            "autoscalerStatus": "Running",
            "clusterWide": self._whole(states, now),
            "nodeGroups": [self._group(pools[name], one, now) for name, one in states.items()],
        }
        data = {"status": yaml.safe_dump(status, sort_keys=False, width=_LARGEST)}
        if self.store.find(CONFIG_MAP, NAMESPACE, NAME) is None:
            self.store.create(CONFIG_MAP, NAMESPACE, {"metadata": {"name": NAME}, "data": data})
            return
        self.store.modify(CONFIG_MAP, NAMESPACE, NAME, lambda new: new.update(data=data))

    def _whole(self, states: Mapping[str, GroupState], now: datetime) -> Json:
        going = sum(one.candidates for one in states.values())
        return {
            "health": self._condition("", "health", "Healthy", now),
            "scaleUp": self._condition("", "scaleUp", "NoActivity", now),
            "scaleDown": self._condition("", "scaleDown", "CandidatesPresent" if going else "NoCandidates", now),
        }

    def _group(self, pool: AgentPool, state: GroupState, now: datetime) -> Json:
        name = f"aks-{pool.name}-31415926-vmss"
        counts = {"registered": {"total": pool.count, "ready": state.ready}, "longUnregistered": 0, "unregistered": 0}
        size = {"cloudProviderTarget": pool.count, "minSize": pool.minimum or 0, "maxSize": pool.maximum or 0}
        health = self._condition(name, "health", "Unhealthy" if state.is_unhealthy else "Healthy", now)
        growing = "Unhealthy" if state.is_unhealthy else "Backoff" if state.why else "NoActivity"
        up = self._condition(name, "scaleUp", growing, now)
        if growing == "Backoff":
            up["backoffInfo"] = {"errorCode": "cloudProviderError", "errorMessage": state.why}
        down = self._condition(name, "scaleDown", "CandidatesPresent" if state.candidates else "NoCandidates", now)
        if state.candidates:
            down["candidates"] = state.candidates
        return {"name": name, "health": {**health, "nodeCounts": counts, **size}, "scaleUp": up, "scaleDown": down}

    def _condition(self, group: str, kind: str, status: str, now: datetime) -> Json:
        before = self._since.get((group, kind))
        since = before[1] if before and before[0] == status else now
        self._since[group, kind] = (status, since)
        return {"status": status, "lastProbeTime": timestamp(now), "lastTransitionTime": timestamp(since)}
