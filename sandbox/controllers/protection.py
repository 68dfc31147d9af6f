"""The protection of claims in use: the finalizer kubernetes.io/pvc-protection keeps one until no pod uses it.

After Kubernetes 1.32, pkg/controller/volume/pvcprotection: a pod holds its claims as long as it is there, even when
it is over; one that has no node yet holds nothing.
"""

from typing import ClassVar

from sandbox.apiserver.objects.resource_kinds import PERSISTENT_VOLUME_CLAIM, POD, Json, Kind
from sandbox.apiserver.storage.history import Change
from sandbox.runtime.controller import Controller
from sandbox.runtime.pod_facts import claims_of, is_ending, node_of

FINALIZER = "kubernetes.io/pvc-protection"


class ClaimProtection(Controller):
    """The controller that removes the finalizer when no pod uses the claim."""

    kinds: ClassVar[tuple[Kind, ...]] = (PERSISTENT_VOLUME_CLAIM, POD)

    def notice(self, change: Change) -> None:
        """Queue a claim that is being deleted, and the claims of a pod that is gone."""
        if change.kind is PERSISTENT_VOLUME_CLAIM:
            if is_ending(change.obj):
                self.wake_for(change.obj)
        elif change.type == "DELETED":
            for claim in claims_of(change.obj):
                self.wake(change.obj["metadata"]["namespace"], claim)

    def reconcile(self, namespace: str, name: str) -> None:
        """Remove the finalizer from the claim unless a pod holds it."""
        claim = self.store.find(PERSISTENT_VOLUME_CLAIM, namespace, name)
        if claim is None or not is_ending(claim):
            return
        if any(node_of(pod) for pod in self.context.pods.with_claim(namespace, name)):
            return

        def change(new: Json) -> None:
            held = new["metadata"].get("finalizers") or []
            new["metadata"]["finalizers"] = [one for one in held if one != FINALIZER]

        self.store.modify(PERSISTENT_VOLUME_CLAIM, namespace, name, change)
