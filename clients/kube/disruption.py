"""Pod disruption budgets: how many of their pods may be evicted right now."""

from dataclasses import dataclass

from clients.answers import Json, number, part, text


@dataclass(frozen=True)
class DisruptionBudget:
    """A budget with the counts that the disruption controller keeps: `healthy` of `wanted` pods, `allowed` may go."""

    namespace: str
    name: str
    allowed: int
    healthy: int
    wanted: int
    pods: int

    @property
    def blocks(self) -> bool:
        """True if it has pods and lets none of them go: a node with one of them cannot be drained."""
        return self.pods > 0 and self.allowed < 1

    @classmethod
    def from_json(cls, budget: Json) -> "DisruptionBudget":
        """Return a budget from a policy/v1 PodDisruptionBudget."""
        metadata, status = part(budget, "metadata"), part(budget, "status")
        return cls(
            namespace=text(metadata, "namespace"),
            name=text(metadata, "name"),
            allowed=number(status, "disruptionsAllowed"),
            healthy=number(status, "currentHealthy"),
            wanted=number(status, "desiredHealthy"),
            pods=number(status, "expectedPods"),
        )
