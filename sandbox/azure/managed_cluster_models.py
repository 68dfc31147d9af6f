"""The managed cluster and what belongs to it as Azure Resource Manager sends them, after its published examples.

Microsoft.ContainerService 2026-08-01.
"""

from typing import Final

from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.azure.agent_pools import AgentPool
from sandbox.azure.arm import CLUSTER, RESOURCE_GROUP, SUBSCRIPTION
from sandbox.azure.kubernetes_versions import NEWEST_IMAGE, upgrades
from sandbox.azure.managed_cluster import ManagedCluster

LOCATION: Final = "westeurope"
ID: Final = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{RESOURCE_GROUP}"
    f"/providers/Microsoft.ContainerService/managedClusters/{CLUSTER}"
)


def cluster_model(cluster: ManagedCluster) -> Json:
    """Return the cluster."""
    pools = [{"name": one.name, **pool_model(one)["properties"]} for one in cluster.pools.values()]
    return {
        "id": ID,
        "name": CLUSTER,
        "type": "Microsoft.ContainerService/ManagedClusters",
        "location": LOCATION,
        "eTag": cluster.etag,
        "sku": {"name": "Automatic" if cluster.automatic else "Base", "tier": cluster.tier},
        "identity": {"type": "SystemAssigned"},
        "properties": {
            "provisioningState": cluster.state,
            "powerState": {"code": cluster.power},
            "kubernetesVersion": cluster.version,
            "currentKubernetesVersion": cluster.version,
            "dnsPrefix": CLUSTER,
            "fqdn": f"{CLUSTER}-0a1b2c3d.hcp.{LOCATION}.azmk8s.io",
            "agentPoolProfiles": pools,
            "addonProfiles": {name: {"enabled": on} for name, on in cluster.addons.items()},
            "nodeResourceGroup": f"MC_{RESOURCE_GROUP}_{CLUSTER}_{LOCATION}",
            "enableRBAC": True,
            "supportPlan": cluster.plan,
            "autoUpgradeProfile": {"upgradeChannel": cluster.channel, "nodeOSUpgradeChannel": "NodeImage"},
            "nodeProvisioningProfile": {"mode": "Auto" if cluster.provisions else "Manual"},
            "networkProfile": {"networkPlugin": "azure", "loadBalancerSku": "standard"},
        },
    }


def pool_model(pool: AgentPool) -> Json:
    """Return a node pool."""
    ranged = {"minCount": pool.minimum, "maxCount": pool.maximum} if pool.autoscaled else {}
    return {
        "id": f"{ID}/agentPools/{pool.name}",
        "name": pool.name,
        "type": "Microsoft.ContainerService/managedClusters/agentPools",
        "properties": {
            "eTag": pool.etag,
            "count": pool.count,
            "vmSize": pool.size,
            "osDiskSizeGB": 128,
            "osDiskType": "Managed",
            "maxPods": 110,
            "type": "VirtualMachineScaleSets",
            "enableAutoScaling": pool.autoscaled,
            **ranged,
            "provisioningState": pool.state,
            "powerState": {"code": pool.power},
            "orchestratorVersion": pool.version,
            "currentOrchestratorVersion": pool.current,
            "nodeImageVersion": pool.image,
            "mode": pool.mode,
            "osType": "Linux",
            "osSKU": "Ubuntu",
            "nodeLabels": pool.labels,
            "nodeTaints": list(pool.taints),
            "tags": pool.tags,
            "upgradeSettings": {
                "maxSurge": pool.surge,
                "maxUnavailable": "0",
                "drainTimeoutInMinutes": pool.drain_minutes,
            },
        },
    }


def upgrade_profile(cluster: ManagedCluster) -> Json:
    """Return what the control plane and the pools may be upgraded to."""
    plane = {"kubernetesVersion": cluster.version, "osType": "Linux", "upgrades": upgrades(cluster.version)}
    pools = [
        {"kubernetesVersion": pool.current, "name": name, "osType": "Linux", "upgrades": upgrades(pool.current)}
        for name, pool in cluster.pools.items()
    ]
    properties = {"controlPlaneProfile": plane, "agentPoolProfiles": pools}
    return {"id": f"{ID}/upgradeprofiles/default", "name": "default", "properties": properties}


def pool_upgrade_profile(cluster: ManagedCluster, name: str) -> Json:
    """Return what a pool may be upgraded to, and its newest node image. Raise ArmError 404 for no pool."""
    pool = cluster.pool(name)
    properties = {
        "kubernetesVersion": pool.current,
        "osType": "Linux",
        "upgrades": upgrades(pool.current, cluster.version),
        "latestNodeImageVersion": NEWEST_IMAGE,
    }
    profile = f"{ID}/agentPools/{pool.name}/upgradeProfiles/default"
    return {"id": profile, "name": "default", "properties": properties}
