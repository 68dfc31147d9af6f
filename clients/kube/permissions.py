"""The permissions that the bot may need in Kubernetes: its role grants them, and `doctor` checks them.

The verbs of the first part are those of the calls in this package; those of the second helm needs to upgrade z2jh 4.4,
and those of the third helm 4 does besides. `deploy/roles.py` makes the chart's roles of them, and
tests/deploy/test_roles.py holds both against the requests.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Permission:
    """A verb on a resource of an API group (empty: the core one).

    `resource` may have a subresource behind a slash, as in "pods/log". `namespace` is empty for cluster-wide resources,
    "hub" for the hub's namespace, "gateway" for those that Gateways of the hub are in, else the namespace itself.
    `name` is that of the one object that it is about, empty for all. A `resource` that begins with a slash is no
    resource but a path of the API server's, as in "/metrics".
    """

    verb: str
    resource: str
    group: str = ""
    namespace: str = "hub"
    name: str = ""

    @property
    def text(self) -> str:
        """The form of `kubectl auth can-i`: "list pods", "create volumesnapshots.snapshot.storage.k8s.io"."""
        named = f"/{self.name}" if self.name else ""
        return f"{self.verb} {self.resource}{f'.{self.group}' if self.group else ''}{named}"


def _each(resource: str, verbs: str, group: str = "", namespace: str = "hub") -> tuple[Permission, ...]:
    return tuple(Permission(verb, resource, group, namespace) for verb in verbs.split())


_GATEWAY_API: Final = "gateway.networking.k8s.io"
# Where the cluster autoscaler writes how it and its node groups are (AKS keeps its name).
AUTOSCALER_STATUS: Final = "cluster-autoscaler-status"
_SNAPSHOTS: Final = "snapshot.storage.k8s.io"
CALLED: Final = (
    # Pods are created as dry runs alone (`clients.kube.pod_reviews`).
    *_each("pods", "list watch create delete"),
    *_each("pods", "list", namespace="kube-system"),
    *_each("events", "list", namespace="kube-system"),
    Permission("get", "configmaps", namespace="kube-system", name=AUTOSCALER_STATUS),
    *_each("resourcequotas", "list"),
    *_each("limitranges", "list"),
    *_each("pods/log", "get"),
    *_each("events", "list watch"),
    *_each("secrets", "get list delete patch"),
    # The announcement that the hub's pages show.
    *_each("configmaps", "create patch"),
    *_each("services", "get"),
    *_each("ingresses", "list", "networking.k8s.io"),
    *_each("httproutes", "list", _GATEWAY_API),
    *_each("gateways", "get", _GATEWAY_API),
    *_each("deployments", "get patch delete", "apps"),
    *_each("daemonsets", "list create delete", "apps"),
    *_each("persistentvolumeclaims", "get list watch create delete patch"),
    *_each("volumesnapshots", "get list create delete patch", _SNAPSHOTS),
    *_each("nodes", "list watch patch", namespace=""),
    *_each("persistentvolumes", "get list patch", namespace=""),
    *_each("storageclasses", "list", "storage.k8s.io", ""),
    *_each("volumesnapshotclasses", "list", _SNAPSHOTS, ""),
    *_each("ingressclasses", "list", "networking.k8s.io", ""),
    *_each("poddisruptionbudgets", "list", "policy", ""),
    *_each("/metrics", "get", namespace=""),
)
# A Gateway is often in a namespace of its own. Which one is in the hub's values, so this is granted by the chart's
# (`rbac.gatewayNamespaces`), and without it the Gateway is said to be not judged.
GATEWAYS: Final = _each("gateways", "get", _GATEWAY_API, "gateway")
_WRITES: Final = "get create patch delete"
_RBAC: Final = "rbac.authorization.k8s.io"
HELM: Final = (
    *_each("secrets", "create update"),
    *_each("configmaps", "get delete"),
    *_each("services", "create patch delete"),
    *_each("serviceaccounts", _WRITES),
    *_each("deployments", "create", "apps"),
    *_each("replicasets", "list", "apps"),
    *_each("daemonsets", "get patch", "apps"),
    *_each("statefulsets", _WRITES, "apps"),
    *_each("jobs", "get create delete list watch", "batch"),
    *_each("poddisruptionbudgets", _WRITES, "policy"),
    *_each("networkpolicies", _WRITES, "networking.k8s.io"),
    *_each("roles", _WRITES, _RBAC),
    *_each("rolebindings", _WRITES, _RBAC),
    # Of the whole cluster z2jh has the user scheduler's role and, where wanted, priorities: helm looks at them.
    *_each("clusterroles", "get", _RBAC, ""),
    *_each("clusterrolebindings", "get", _RBAC, ""),
    *_each("priorityclasses", "get", "scheduling.k8s.io", ""),
)
# Helm 4 waits for hooks and for the whole release by watching each of its kinds, where helm 3 asks every two seconds;
# and where it applies on the server's side, it patches what helm 3 creates.
HELM_4: Final = (
    *_each("configmaps", "list watch"),
    *_each("serviceaccounts", "list watch"),
    *_each("deployments", "list watch", "apps"),
    *_each("daemonsets", "watch", "apps"),
    *_each("statefulsets", "list watch", "apps"),
    *_each("jobs", "patch", "batch"),
    *_each("poddisruptionbudgets", "list watch", "policy"),
    *_each("networkpolicies", "list watch", "networking.k8s.io"),
    *_each("roles", "list watch", _RBAC),
    *_each("rolebindings", "list watch", _RBAC),
    *_each("clusterroles", "list watch", _RBAC, ""),
    *_each("clusterrolebindings", "list watch", _RBAC, ""),
    *_each("priorityclasses", "list watch", "scheduling.k8s.io", ""),
)
# Nobody may give what he has not: z2jh's Roles (hub, autohttps, hook-image-awaiter) give their accounts these.
GRANTED: Final = (
    *_each("pods", "get"),
    *_each("events", "get"),
    *_each("secrets", "watch"),
    *_each("services", "list watch"),
)
PERMISSIONS: Final = (*CALLED, *HELM, *HELM_4, *GRANTED)
