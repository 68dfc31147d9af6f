"""Resource quotas: what a namespace uses of what it may (Kubernetes 1.35, pkg/controller/resourcequota).

Of what a quota can limit, pods and claims and what they request and are limited to are counted.
"""

from decimal import Decimal
from typing import ClassVar

from sandbox.apiserver.objects.json_objects import list_at
from sandbox.apiserver.objects.quantities import amount, written
from sandbox.apiserver.objects.resource_kinds import PERSISTENT_VOLUME_CLAIM, POD, RESOURCE_QUOTA, Json, Kind
from sandbox.apiserver.storage.history import Change
from sandbox.apiserver.validation.quotas import claim_usage
from sandbox.runtime.controller import Controller
from sandbox.runtime.pod_facts import is_over


class ResourceQuotas(Controller):
    """The controller of the status of ResourceQuotas."""

    kinds: ClassVar[tuple[Kind, ...]] = (RESOURCE_QUOTA, POD, PERSISTENT_VOLUME_CLAIM)

    def notice(self, change: Change) -> None:
        """Queue the quotas of the namespace in which a pod came, went, or ended, or a claim came, went, or changed."""
        if change.kind is RESOURCE_QUOTA:
            self.wake_for(change.obj)
        elif change.kind is not POD or change.previous is None or change.type == "DELETED" or is_over(change.obj):
            for quota in self.store.list(RESOURCE_QUOTA, change.obj["metadata"]["namespace"]):
                self.wake_for(quota)

    def reconcile(self, namespace: str, name: str) -> None:
        """Count."""
        quota = self.store.find(RESOURCE_QUOTA, namespace, name)
        if quota is None:
            return
        hard = (quota.get("spec") or {}).get("hard") or {}
        pods = [pod for pod in self.store.list(POD, namespace) if not is_over(pod)]
        claims = self.store.list(PERSISTENT_VOLUME_CLAIM, namespace)
        used = {resource: _used(resource, pods, claims) for resource in hard}

        def change(new: Json) -> None:
            new["status"] = {"hard": dict(hard), "used": used}

        self.store.modify(RESOURCE_QUOTA, namespace, name, change)


def _used(resource: str, pods: list[Json], claims: list[Json]) -> str:
    if resource in ("pods", "count/pods"):
        return str(len(pods))
    if resource.endswith(("requests.storage", "persistentvolumeclaims")):
        return written(sum((claim_usage(one).get(resource, Decimal(0)) for one in claims), Decimal(0)))
    kind, dot, name = resource.partition(".")
    if not dot or kind not in ("requests", "limits"):
        kind, name = "requests", resource
    total = sum((_of_pod(pod, kind, name) for pod in pods), Decimal(0))
    return format(total.normalize(), "f")


def _of_pod(pod: Json, kind: str, name: str) -> Decimal:
    containers = list_at(pod, "spec", "containers")
    given = ((one.get("resources") or {}).get(kind, {}).get(name) for one in containers)
    return sum((amount(str(one)) for one in given if one is not None), Decimal(0))
