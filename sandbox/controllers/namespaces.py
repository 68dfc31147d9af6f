"""Namespaces: furnished when they come, emptied before they go.

After Kubernetes 1.32, pkg/controller/serviceaccount, certificates/rootcacertpublisher and namespace.
"""

from typing import ClassVar

from sandbox.apiserver.objects.resource_kinds import ALL, CONFIG_MAP, EVENT, NAMESPACE, SERVICE_ACCOUNT, Json, Kind
from sandbox.apiserver.storage.history import Change
from sandbox.runtime.controller import Controller
from sandbox.runtime.pod_facts import is_ending

_NAMESPACED = tuple(kind for kind in ALL if kind.namespaced)
_AUTHORITY = "kube-root-ca.crt"
_WHAT_IT_IS_FOR = "Contains a CA bundle that can be used to verify the kube-apiserver."


class Namespaces(Controller):
    """The controller of namespaces and of the two objects that each of them has."""

    kinds: ClassVar[tuple[Kind, ...]] = (NAMESPACE, *(kind for kind in _NAMESPACED if kind is not EVENT))

    def notice(self, change: Change) -> None:
        """Queue the namespace of a deleted object: it may have been the last, or one of the two."""
        if change.kind is NAMESPACE:
            self.wake("", change.obj["metadata"]["name"])
        elif change.type == "DELETED":
            name = change.obj["metadata"]["namespace"]
            namespace = self.store.find(NAMESPACE, None, name)
            if namespace is not None and (is_ending(namespace) or change.kind in (SERVICE_ACCOUNT, CONFIG_MAP)):
                self.wake("", name)

    def reconcile(self, namespace: str, name: str) -> None:  # noqa: ARG002 - it has none
        """Create the namespace's two objects, or delete its content if it is being deleted."""
        found = self.store.find(NAMESPACE, None, name)
        if found is None:
            return
        if is_ending(found):
            self._empty(found)
        else:
            self._furnish(name)

    def _furnish(self, name: str) -> None:
        if self.store.find(SERVICE_ACCOUNT, name, "default") is None:
            self.store.create(SERVICE_ACCOUNT, name, {"metadata": {"name": "default"}})
        if self.store.find(CONFIG_MAP, name, _AUTHORITY) is None:
            annotations = {"kubernetes.io/description": _WHAT_IT_IS_FOR}
            data = {"ca.crt": "The sandbox speaks plain HTTP: there is no authority.\n"}
            self.store.create(
                CONFIG_MAP, name, {"metadata": {"name": _AUTHORITY, "annotations": annotations}, "data": data}
            )

    def _empty(self, namespace: Json) -> None:
        name = namespace["metadata"]["name"]
        for kind in _NAMESPACED:
            for obj in self.store.list(kind, name):
                if not is_ending(obj):
                    self.store.delete(kind, name, obj["metadata"]["name"])
        if not any(self.store.list(kind, name) for kind in _NAMESPACED):
            self.store.modify(NAMESPACE, None, name, lambda new: new["spec"].update(finalizers=[]))
