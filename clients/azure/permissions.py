"""The permissions that the bot may need in Azure, a list for each resource.

The custom roles of deploy/azure grant exactly these. Names of Azure's resource provider operations;
tests/clients/azure/test_permissions.py holds the lists against what the clients request.
"""

from typing import Final

_AKS: Final = "Microsoft.ContainerService"
_ACR: Final = "Microsoft.ContainerRegistry/registries"

CLUSTER: Final = frozenset(
    {
        f"{_AKS}/managedClusters/read",
        # Turning an add-on off, or another version of the control plane, is a write of the whole cluster: Azure has
        # nothing narrower.
        f"{_AKS}/managedClusters/write",
        f"{_AKS}/managedClusters/start/action",
        f"{_AKS}/managedClusters/stop/action",
        f"{_AKS}/managedClusters/upgradeProfiles/read",
        f"{_AKS}/managedClusters/maintenanceConfigurations/read",
        f"{_AKS}/managedClusters/agentPools/read",
        f"{_AKS}/managedClusters/agentPools/write",
        f"{_AKS}/managedClusters/agentPools/delete",
        f"{_AKS}/managedClusters/agentPools/upgradeProfiles/read",
        f"{_AKS}/managedClusters/agentPools/upgradeNodeImageVersion/action",
        f"{_AKS}/locations/operations/read",
        f"{_AKS}/locations/operationresults/read",
    }
)
"""On the managed cluster (`clients.azure.aks`)."""

BUILDS: Final = frozenset(
    {
        f"{_ACR}/read",
        f"{_ACR}/taskruns/read",
        f"{_ACR}/taskruns/write",
        f"{_ACR}/taskruns/delete",
        f"{_ACR}/runs/read",
        f"{_ACR}/runs/cancel/action",
        f"{_ACR}/runs/listLogSasUrl/action",
    }
)
"""On the registry, as a resource (`clients.azure.acr_tasks`, `.registry_mode`)."""

IMAGES: Final = frozenset({f"{_ACR}/pull/read", f"{_ACR}/push/write"})
"""On the registry, for its tags and their locks (`clients.acr`): what AcrPull and AcrPush grant."""

REGISTRY: Final = BUILDS | IMAGES

BOT: Final = frozenset({"Microsoft.BotService/botServices/channels/read"})
"""On the Azure Bot (`clients.azure.bot_service`)."""

QUOTA: Final = frozenset(
    {
        "Microsoft.Compute/skus/read",
        "Microsoft.Compute/locations/usages/read",
        f"{_AKS}/locations/kubernetesVersions/read",
    }
)
"""On the subscription, which owns the quotas and is offered the versions (`clients.azure.compute`, `.aks_reader`)."""

GRAPH: Final = ("User.Read.All", "GroupMember.Read.All", "Application.ReadWrite.OwnedBy")
"""Application permissions at Microsoft Graph (`clients.entra.directory`, `clients.entra.applications`)."""
