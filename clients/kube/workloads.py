"""A Deployment, as far as its rollout goes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from clients.kube.api import Json
from clients.kube.fields import labels, moment, number, part, text

# What a restart leaves in the pods' template: the time, as `kubectl rollout restart` does, and whose it was.
RESTARTED_AT: Final = "kubectl.kubernetes.io/restartedAt"
RESTARTED_BY: Final = "jhub-bot/restart"


@dataclass(frozen=True)
class Deployment:
    """A Deployment. `restart` is the mark of the last restart by `KubeWriter.restart`; empty where it was another's.

    `is_rolled_out` by the rules of `kubectl rollout status` (Kubernetes 1.32): all pods are of the newest template and
    available, none is left of an older one.
    """

    name: str
    uid: str
    replicas: int
    restart: str
    restarted: datetime | None
    is_rolled_out: bool

    @classmethod
    def from_json(cls, deployment: Json) -> "Deployment":
        """Read what the API server serves for an apps/v1 Deployment."""
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
        )
