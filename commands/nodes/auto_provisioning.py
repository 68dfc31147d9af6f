"""Node auto-provisioning and AKS Automatic: what cannot be done by pools there, said before it is tried.

"Overview of node auto-provisioning (NAP) in AKS" and "Stop and start an AKS cluster": Karpenter gives and takes nodes
as pods need them, the cluster autoscaler cannot be on beside it, and such a cluster cannot be stopped. AKS Automatic
has it always.
"""

from clients.azure.aks import Cluster
from commands.framework.errors import UserError


def provisions(cluster: Cluster) -> bool:
    """Return True if the cluster's nodes come from node auto-provisioning."""
    return cluster.provisions or cluster.automatic


def kind_in_words(cluster: Cluster) -> str:
    """Return what gives such a cluster its nodes: "AKS Automatic" or "node auto-provisioning"."""
    return "AKS Automatic" if cluster.automatic else "node auto-provisioning"


def check_can_stop(cluster: Cluster) -> None:
    """Raise UserError for a cluster that Azure does not stop."""
    if provisions(cluster):
        raise UserError(
            f"{cluster.name} has {kind_in_words(cluster)}, and Azure does not stop such a cluster. Nodes without pods "
            "go by themselves: stop servers to have fewer.",
            "/jhub nodes",
            "/jhub users",
        )


def check_autoscaler(cluster: Cluster) -> None:
    """Raise UserError for a cluster in which no pool can have the cluster autoscaler."""
    if provisions(cluster):
        raise UserError(
            f"{cluster.name} has {kind_in_words(cluster)}: Azure gives and takes nodes as pods need them, and allows "
            "no cluster autoscaler beside it. Its limits are in Karpenter’s NodePool objects (kubectl get nodepools).",
            "/jhub nodes",
        )


def check_has_pools(cluster: Cluster) -> None:
    """Raise UserError for a cluster whose users' nodes come from no pool of Azure's, so that there is none to size."""
    if provisions(cluster):
        raise UserError(
            f"{cluster.name} has {kind_in_words(cluster)}: nodes for users come and go as their servers need them, and "
            "no pool for users has a size to set. To have fewer nodes, stop servers; the limits are in Karpenter’s "
            "NodePool objects (kubectl get nodepools).",
            "/jhub nodes",
            "/jhub users",
        )
