"""Deployments and DaemonSets, limited to their rollouts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from clients.answers import Json, moment, number, part, parts, text
from clients.kube.fields import labels

# What a restart leaves in the pods' template: the time, as `kubectl rollout restart` does, and whose it was.
RESTARTED_AT: Final = "kubectl.kubernetes.io/restartedAt"
RESTARTED_BY: Final = "jhub-bot/restart"


@dataclass(frozen=True)
class Deployment:
    """A Deployment. `restart` is the mark of the last restart by `KubeWriter.restart`; empty after any other restart.

    `is_rolled_out` follows the rules of `kubectl rollout status` (Kubernetes 1.32): all pods are of the newest template
    and available, none is left of an older one. `recreates` is True if the old pods go before the new ones come.
    """

    name: str
    uid: str
    replicas: int
    restart: str
    restarted: datetime | None
    is_rolled_out: bool
    recreates: bool = False

    @classmethod
    def from_json(cls, deployment: Json) -> "Deployment":
        """Return a deployment from an apps/v1 Deployment."""
        metadata, spec, status = (part(deployment, name) for name in ("metadata", "spec", "status"))
        template = part(spec, "template", "metadata")
        wanted = number(spec, "replicas") if "replicas" in spec else 1
        counts = [number(status, name) for name in ("replicas", "updatedReplicas", "availableReplicas")]
        return cls(
            name=text(metadata, "name"),
            uid=text(metadata, "uid"),
            replicas=wanted,
            restart=labels(template, "annotations").get(RESTARTED_BY, ""),
            restarted=moment(part(template, "annotations"), RESTARTED_AT),
            is_rolled_out=number(status, "observedGeneration") >= number(metadata, "generation")
            and counts == [wanted] * 3,
            recreates=text(part(spec, "strategy"), "type") == "Recreate",
        )


@dataclass(frozen=True)
class DaemonSet:
    """A DaemonSet. `wanted` is the number of nodes it should run on, `ready` the number it runs on.

    Neither counts before `is_observed`: until then the cluster has not looked for nodes yet. `images` are those of its
    init containers, then those of its containers.
    """

    name: str
    uid: str
    labels: Mapping[str, str]
    images: tuple[str, ...]
    wanted: int
    ready: int
    is_observed: bool

    @classmethod
    def from_json(cls, daemon_set: Json) -> "DaemonSet":
        """Return a daemon set from an apps/v1 DaemonSet."""
        metadata, status = part(daemon_set, "metadata"), part(daemon_set, "status")
        pods = part(daemon_set, "spec", "template", "spec")
        return cls(
            name=text(metadata, "name"),
            uid=text(metadata, "uid"),
            labels=labels(metadata),
            images=tuple(text(one, "image") for kind in ("initContainers", "containers") for one in parts(pods, kind)),
            wanted=number(status, "desiredNumberScheduled"),
            ready=number(status, "numberReady"),
            is_observed=0 < number(metadata, "generation") <= number(status, "observedGeneration"),
        )
