"""A daemon set whose only purpose is to pull an image, built like z2jh's own image pullers (chart 4.4).

Each of its pods begins with a container of the image that ends at once, which it can only do once the image is there;
then it pauses, so that it counts as ready, until the daemon set is deleted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from clients.answers import Json

PURPOSE: Final = "hub.jupyter.org/node-purpose"
# As z2jh has it (`prePuller.containerSecurityContext`), and what Kubernetes' restricted policy asks for besides.
_HARMLESS: Final = {
    "runAsUser": 65534,
    "runAsGroup": 65534,
    "runAsNonRoot": True,
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


@dataclass(frozen=True)
class Puller:
    """The image to pull and the nodes to pull it on.

    `image` and `pause` are images with their tags; `secrets` name the Secrets to pull with. With `users_only` it goes
    to nodes that are labelled for users' servers; `node_selector` narrows that down. `tolerations` and `resources` are
    in Kubernetes' own form.
    """

    name: str
    labels: Mapping[str, str]
    image: str
    pause: str
    policy: str = "IfNotPresent"
    secrets: tuple[str, ...] = ()
    users_only: bool = True
    node_selector: Mapping[str, str] | None = None
    tolerations: tuple[Mapping[str, Any], ...] = ()
    resources: Mapping[str, Any] | None = None

    def manifest(self) -> Json:
        """Return the apps/v1 DaemonSet."""
        return {
            "apiVersion": "apps/v1",
            "kind": "DaemonSet",
            "metadata": {"name": self.name, "labels": dict(self.labels)},
            "spec": {
                "selector": {"matchLabels": dict(self.labels)},
                "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "100%"}},
                "template": {"metadata": {"labels": dict(self.labels)}, "spec": self._pod()},
            },
        }

    def _pod(self) -> Json:
        pod: Json = {
            "terminationGracePeriodSeconds": 0,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "tolerations": [dict(one) for one in self.tolerations],
            "imagePullSecrets": [{"name": name} for name in self.secrets],
            "initContainers": [
                self._container("pull", self.image)
                | {"imagePullPolicy": self.policy, "command": ["/bin/sh", "-c", "exit 0"]}
            ],
            "containers": [self._container("pause", self.pause)],
        }
        if self.node_selector:
            pod["nodeSelector"] = dict(self.node_selector)
        if self.users_only:
            pod["affinity"] = {"nodeAffinity": _for_users()}
        return pod

    def _container(self, name: str, image: str) -> Json:
        return {
            "name": name,
            "image": image,
            "resources": dict(self.resources or {}),
            "securityContext": {**_HARMLESS},
        }


def _for_users() -> Json:
    only = {"matchExpressions": [{"key": PURPOSE, "operator": "In", "values": ["user"]}]}
    return {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [only]}}
