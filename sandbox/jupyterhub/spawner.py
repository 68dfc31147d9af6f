"""The objects that kubespawner makes for a user's server: a claim and a pod, with its labels and annotations.

Read off kubespawner 7.1 (`kubespawner/spawner.py`, `objects.py`) and z2jh 4.4 (`files/hub/jupyterhub_config.py`).
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sandbox.apiserver.objects.json_objects import timestamp
from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.jupyterhub.slugs import escaped, escaped_suffix, safe, safe_suffix


@dataclass(frozen=True)
class Named:
    """A server of a user and the scheme by which its objects are named."""

    user: str
    server: str = ""
    old_scheme: bool = False

    # Once for each: the hub looks for the pods of all servers again and again.
    @cached_property
    def suffix(self) -> str:
        """The part of the names after `claim-` and `jupyter-`."""
        return escaped_suffix(self.user, self.server) if self.old_scheme else safe_suffix(self.user, self.server)

    @property
    def pod(self) -> str:
        """The pod's name."""
        return f"jupyter-{self.suffix}"

    @property
    def claim(self) -> str:
        """The claim's name."""
        return f"claim-{self.suffix}"


@dataclass(frozen=True)
class Profile:
    """The release's settings of users' servers."""

    namespace: str
    release: str
    image: str
    capacity: str
    storage_class: str
    memory: str = "1073741824"
    memory_limit: str = ""
    match_node_purpose: str = "require"
    old_names: bool = False
    chart: str = "4.4.0"


def claim(named: Named, profile: Profile, created: datetime | None = None) -> Json:
    """Return the claim of a server's home, not bound yet."""
    return {
        "metadata": _metadata(named.claim, named, profile, "singleuser-storage", created),
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": profile.storage_class,
            "resources": {"requests": {"storage": profile.capacity}},
        },
    }


def pod(named: Named, profile: Profile, created: datetime | None = None, claim_name: str = "") -> Json:
    """Return the pod of a server, not scheduled yet. It mounts the claim of its own name by default."""
    metadata = _metadata(named.pod, named, profile, "singleuser-server", created)
    metadata["labels"]["hub.jupyter.org/network-access-hub"] = "true"
    return {
        "metadata": metadata,
        "spec": {
            "restartPolicy": "OnFailure",
            "schedulerName": f"{profile.release}-user-scheduler",
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "tolerations": _TOLERATIONS,
            "affinity": _affinity(profile.match_node_purpose),
            "volumes": [
                {
                    "name": f"volume-{named.suffix}"[:63].rstrip("-"),
                    "persistentVolumeClaim": {"claimName": claim_name or named.claim},
                }
            ],
            "containers": [_container(named, profile)],
        },
    }


_TOLERATIONS = [
    {"key": key, "operator": "Equal", "value": "user", "effect": "NoSchedule"}
    for key in ("hub.jupyter.org/dedicated", "hub.jupyter.org_dedicated")
]


def _container(named: Named, profile: Profile) -> Json:
    return {
        "name": "notebook",
        "image": profile.image,
        "imagePullPolicy": "IfNotPresent",
        "args": ["jupyterhub-singleuser"],
        "ports": [{"name": "notebook-port", "containerPort": 8888}],
        "env": [
            {"name": "JUPYTERHUB_USER", "value": named.user},
            {"name": "JUPYTERHUB_SERVER_NAME", "value": named.server},
        ],
        "resources": {
            "requests": {"memory": profile.memory},
            **({"limits": {"memory": profile.memory_limit}} if profile.memory_limit else {}),
        },
        "volumeMounts": [{"name": f"volume-{named.suffix}"[:63].rstrip("-"), "mountPath": "/home/jovyan"}],
    }


def _affinity(match_node_purpose: str) -> Json:
    expressions = [{"key": "hub.jupyter.org/node-purpose", "operator": "In", "values": ["user"]}]
    if match_node_purpose == "require":
        terms = {"nodeSelectorTerms": [{"matchExpressions": expressions}]}
        return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}
    if match_node_purpose == "prefer":
        preferred = [{"weight": 100, "preference": {"matchExpressions": expressions}}]
        return {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": preferred}}
    return {}


def _metadata(name: str, named: Named, profile: Profile, component: str, created: datetime | None) -> Json:
    metadata: Json = {
        "name": name,
        "namespace": profile.namespace,
        "labels": {
            "app": "jupyterhub",
            "component": component,
            "release": profile.release,
            "chart": f"jupyterhub-{profile.chart}",
            "heritage": "jupyterhub",
            "app.kubernetes.io/name": "jupyterhub",
            "app.kubernetes.io/component": component,
            "app.kubernetes.io/managed-by": "kubespawner",
            # A slug that differs between the schemes: the annotation holds the name itself.
            "hub.jupyter.org/username": Named(named.user, "", named.old_scheme).suffix[:63].strip("-"),
        },
        "annotations": {"hub.jupyter.org/username": named.user, "hub.jupyter.org/jupyterhub-version": "5.5.0"},
    }
    if named.server:
        metadata["annotations"]["hub.jupyter.org/servername"] = named.server
        metadata["labels"]["hub.jupyter.org/servername"] = (escaped if named.old_scheme else safe)(named.server)
    if created:
        metadata["creationTimestamp"] = timestamp(created)
    return metadata
