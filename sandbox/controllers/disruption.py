"""Disruption budgets: how many of their pods are healthy, have to be, and may go.

After Kubernetes 1.32, pkg/controller/disruption.
"""

import math
from typing import ClassVar

from sandbox.apiserver.objects.json_objects import at
from sandbox.apiserver.objects.resource_kinds import POD, POD_DISRUPTION_BUDGET, Json, Kind
from sandbox.apiserver.objects.selectors import matches
from sandbox.apiserver.storage.history import Change
from sandbox.controllers.rollout import share
from sandbox.runtime.conditions import set_condition
from sandbox.runtime.controller import Controller
from sandbox.runtime.ownership import controller_of, kind_of_owner
from sandbox.runtime.pod_facts import is_active, is_ready


class DisruptionBudgets(Controller):
    """The controller of the status of PodDisruptionBudgets."""

    kinds: ClassVar[tuple[Kind, ...]] = (POD_DISRUPTION_BUDGET, POD)

    def notice(self, change: Change) -> None:
        """Queue the budgets that cover a pod, when it comes, goes, gets ready or stops being so."""
        if change.kind is POD_DISRUPTION_BUDGET:
            self.wake_for(change.obj)
        elif change.previous is None or change.type == "DELETED" or _counts(change.obj) != _counts(change.previous.obj):
            for budget in self.store.list(POD_DISRUPTION_BUDGET, change.obj["metadata"]["namespace"]):
                if _covers(budget, change.obj):
                    self.wake_for(budget)

    def reconcile(self, namespace: str, name: str) -> None:
        """Count."""
        budget = self.store.find(POD_DISRUPTION_BUDGET, namespace, name)
        if budget is None:
            return
        pods = [pod for pod in self.store.list(POD, namespace) if _covers(budget, pod) and is_active(pod)]
        healthy, expected = sum(map(is_ready, pods)), self._expected(namespace, pods)
        needed = _needed(budget["spec"], expected)
        allowed = max(0, healthy - needed) if pods else 0
        now = self.stamp()

        def change(new: Json) -> None:
            status = new.setdefault("status", {})
            status |= {
                "currentHealthy": healthy,
                "desiredHealthy": needed,
                "expectedPods": expected,
                "disruptionsAllowed": allowed,
                "observedGeneration": new["metadata"]["generation"],
            }
            reason = "SufficientPods" if allowed else "InsufficientPods"
            condition = set_condition(status, "DisruptionAllowed", allowed > 0, now, reason)
            condition["observedGeneration"] = new["metadata"]["generation"]

        self.store.modify(POD_DISRUPTION_BUDGET, namespace, name, change)

    def _expected(self, namespace: str, pods: list[Json]) -> int:
        """Return the number of pods that their controllers want, plus those without a controller."""
        wanted: dict[str, int] = {}
        for pod in pods:
            owner = controller_of(pod)
            kind = kind_of_owner(owner) if owner else None
            found = self.store.find(kind, namespace, str(owner["name"])) if owner and kind else None
            replicas = at(found, "spec", "replicas") if found else None
            wanted[str(owner["uid"]) if owner and replicas is not None else pod["metadata"]["uid"]] = (
                int(str(replicas)) if replicas is not None else 1
            )
        return sum(wanted.values())


def _covers(budget: Json, pod: Json) -> bool:
    selector = budget["spec"].get("selector")
    return isinstance(selector, dict) and matches(selector, pod["metadata"].get("labels") or {})


def _counts(pod: Json) -> tuple[bool, bool, object]:
    return is_ready(pod), is_active(pod), pod["metadata"].get("labels")


def _needed(spec: Json, expected: int) -> int:
    if spec.get("minAvailable") is not None:
        return share(spec["minAvailable"], expected, round_up=True)
    missing = spec.get("maxUnavailable")
    return max(0, math.floor(expected - share(1 if missing is None else missing, expected, round_up=True)))
