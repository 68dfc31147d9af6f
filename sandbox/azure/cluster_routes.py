"""Managed clusters and agent pools by Azure Resource Manager's REST API, in the shapes of its published examples.

After Microsoft.ContainerService 2026-08-01: a change answers 201 or 202 with `Azure-AsyncOperation`, `Location` and
`Retry-After`; the operation is asked for at that address until it is over.
"""

from typing import Final

from aiohttp import web

from sandbox.apiserver.objects.json_objects import timestamp
from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.azure.arm import CLUSTER, RESOURCE_GROUP, SUBSCRIPTION, ArmError, body_of
from sandbox.azure.managed_cluster import AgentPool, Estate, Operation, kubernetes_version

_ROOT: Final = "/subscriptions/{subscription}"
_GROUP: Final = _ROOT + "/resource{groups:[gG]roups}/{group}/providers/Microsoft.ContainerService"
_CLUSTER: Final = _GROUP + "/managedClusters/{cluster}"
_POOL: Final = _CLUSTER + "/agentPools/{pool}"
_PLACE: Final = _ROOT + "/providers/Microsoft.ContainerService/locations/{location}"
_LOCATION: Final = "westeurope"
_ID: Final = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{RESOURCE_GROUP}"
    f"/providers/Microsoft.ContainerService/managedClusters/{CLUSTER}"
)


class ClusterRoutes:
    """The routes of one cluster. `retry_after` is how many seconds callers are asked to wait between looks."""

    def __init__(self, estate: Estate, *, retry_after: int = 1) -> None:
        self._estate = estate
        self._retry_after = str(retry_after)

    def routes(self) -> list[web.RouteDef]:
        """For `Arm.app`."""
        return [
            web.get(_CLUSTER, self._cluster),
            web.put(_CLUSTER, self._put_cluster),
            web.post(_CLUSTER + "/stop", self._stop),
            web.post(_CLUSTER + "/start", self._start),
            web.get(_CLUSTER + "/upgradeProfiles/default", self._upgrades),
            web.get(_CLUSTER + "/agentPools", self._pools),
            web.get(_POOL, self._pool),
            web.get(_POOL + "/upgradeProfiles/default", self._pool_upgrades),
            web.put(_POOL, self._put_pool),
            web.delete(_POOL, self._delete_pool),
            web.get(_PLACE + "/operations/{operation}", self._operation),
            web.get(_PLACE + "/operationresults/{operation}", self._result),
            web.get("/_sandbox/operations", self._operations),
            web.put("/_sandbox/next-operation", self._fail_next),
            web.put("/_sandbox/pools/{pool}", self._meddle),
        ]

    async def _cluster(self, request: web.Request) -> web.StreamResponse:
        self._find(request)
        return web.json_response(self._told())

    async def _put_cluster(self, request: web.Request) -> web.StreamResponse:
        self._find(request)
        operation = self._estate.put_cluster(await body_of(request), request.headers.get("If-Match", ""))
        return self._accepted(request, operation, self._told(), 201)

    async def _stop(self, request: web.Request) -> web.StreamResponse:
        self._find(request)
        return self._accepted(request, self._estate.stop(), None, 202)

    async def _start(self, request: web.Request) -> web.StreamResponse:
        self._find(request)
        return self._accepted(request, self._estate.start(), None, 202)

    async def _upgrades(self, request: web.Request) -> web.StreamResponse:
        self._find(request)
        current = {"kubernetesVersion": kubernetes_version(), "osType": "Linux"}
        newer = [{"kubernetesVersion": "1.33.3"}, {"kubernetesVersion": "1.33.5"}]
        pools = [current | {"name": name} for name in self._estate.pools]
        properties = {"controlPlaneProfile": current | {"upgrades": newer}, "agentPoolProfiles": pools}
        return web.json_response({"id": f"{_ID}/upgradeprofiles/default", "name": "default", "properties": properties})

    async def _pool_upgrades(self, request: web.Request) -> web.StreamResponse:
        self._find(request)
        pool = self._estate.pool(request.match_info["pool"])
        newer = [{"kubernetesVersion": "1.33.3"}, {"kubernetesVersion": "1.33.5"}]
        properties = {"kubernetesVersion": kubernetes_version(), "osType": "Linux", "upgrades": newer}
        profile = f"{_ID}/agentPools/{pool.name}/upgradeProfiles/default"
        return web.json_response({"id": profile, "name": "default", "properties": properties})

    async def _pools(self, request: web.Request) -> web.StreamResponse:
        self._find(request)
        return web.json_response({"value": [_pool(one) for one in self._estate.pools.values()]})

    async def _pool(self, request: web.Request) -> web.StreamResponse:
        self._find(request)
        return web.json_response(_pool(self._estate.pool(request.match_info["pool"])))

    async def _put_pool(self, request: web.Request) -> web.StreamResponse:
        self._find(request)
        name, if_match = request.match_info["pool"], request.headers.get("If-Match", "")
        operation = self._estate.put_pool(name, await body_of(request), if_match)
        return self._accepted(request, operation, _pool(self._estate.pool(name)), 201)

    async def _delete_pool(self, request: web.Request) -> web.StreamResponse:
        self._find(request)
        name = request.match_info["pool"]
        if name not in self._estate.pools:
            return web.Response(status=204)
        operation = self._estate.delete_pool(name, request.headers.get("If-Match", ""))
        return self._accepted(request, operation, None, 202)

    async def _operation(self, request: web.Request) -> web.StreamResponse:
        operation = self._known(request)
        told: Json = {"id": request.path, "name": operation.id, "status": operation.status}
        told["startTime"] = timestamp(operation.started)
        if operation.ended:
            told["endTime"] = timestamp(operation.ended)
        if operation.error:
            code, message = operation.error
            told["error"] = {"code": code, "message": message}
        headers = {} if operation.ended else {"Retry-After": self._retry_after}
        return web.json_response(told, headers=headers)

    async def _result(self, request: web.Request) -> web.StreamResponse:
        operation = self._known(request)
        if operation.error:
            raise ArmError(400, *operation.error)
        if operation.ended:
            return web.Response(status=204)
        headers = {"Retry-After": self._retry_after, "Location": str(request.url)}
        return web.Response(status=202, headers=headers)

    async def _operations(self, _: web.Request) -> web.StreamResponse:
        """How much was asked of the cluster since the sandbox began."""
        kinds = [operation.kind for operation in self._estate.operations.values()]
        return web.json_response({"count": len(kinds), "kinds": kinds})

    async def _fail_next(self, request: web.Request) -> web.StreamResponse:
        asked = await body_of(request)
        self._estate.fail_next = (str(asked.get("code")), str(asked.get("message", "")))
        return web.json_response({})

    async def _meddle(self, request: web.Request) -> web.StreamResponse:
        """Somebody else changes a pool's upper limit, in the portal say."""
        pool, asked = self._estate.pool(request.match_info["pool"]), await body_of(request)
        pool.maximum = int(asked["maxCount"])
        pool.touch()
        return web.json_response(_pool(pool))

    def _find(self, request: web.Request) -> None:
        given = request.match_info
        if "api-version" not in request.query:
            raise ArmError(400, "MissingApiVersionParameter", "The api-version query parameter is required.")
        if given["subscription"].lower() != SUBSCRIPTION:
            message = f"The subscription '{given['subscription']}' could not be found."
            raise ArmError(404, "SubscriptionNotFound", message)
        if given["group"].lower() != RESOURCE_GROUP:
            message = f"Resource group '{given['group']}' could not be found."
            raise ArmError(404, "ResourceGroupNotFound", message)
        if given["cluster"].lower() != CLUSTER:
            message = f"The Resource 'Microsoft.ContainerService/managedClusters/{given['cluster']}' was not found."
            raise ArmError(404, "ResourceNotFound", message)

    def _known(self, request: web.Request) -> Operation:
        operation = self._estate.operations.get(request.match_info["operation"])
        if operation is None:
            raise ArmError(404, "NotFound", "The entity was not found.")
        return operation

    def _accepted(
        self, request: web.Request, operation: Operation, body: Json | None, status: int
    ) -> web.StreamResponse:
        place = request.url.origin().with_path(
            f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.ContainerService/locations/{_LOCATION}"
        )
        version = {"api-version": request.query["api-version"]}
        headers = {
            "Azure-AsyncOperation": str((place / "operations" / operation.id).with_query(version)),
            "Location": str((place / "operationresults" / operation.id).with_query(version)),
            "Retry-After": self._retry_after,
        }
        if body is None:
            return web.Response(status=status, headers=headers)
        return web.json_response(body, status=status, headers=headers)

    def _told(self) -> Json:
        estate = self._estate
        return {
            "id": _ID,
            "name": CLUSTER,
            "type": "Microsoft.ContainerService/ManagedClusters",
            "location": _LOCATION,
            "eTag": estate.etag,
            "sku": {"name": "Base", "tier": "Free"},
            "identity": {"type": "SystemAssigned"},
            "properties": {
                "provisioningState": estate.state,
                "powerState": {"code": estate.power},
                "kubernetesVersion": kubernetes_version(),
                "currentKubernetesVersion": kubernetes_version(),
                "dnsPrefix": CLUSTER,
                "fqdn": f"{CLUSTER}-0a1b2c3d.hcp.{_LOCATION}.azmk8s.io",
                "agentPoolProfiles": [{"name": one.name, **_pool(one)["properties"]} for one in estate.pools.values()],
                "addonProfiles": {name: {"enabled": on} for name, on in estate.addons.items()},
                "nodeResourceGroup": f"MC_{RESOURCE_GROUP}_{CLUSTER}_{_LOCATION}",
                "enableRBAC": True,
                "supportPlan": "KubernetesOfficial",
                "networkProfile": {"networkPlugin": "azure", "loadBalancerSku": "standard"},
            },
        }


def _pool(pool: AgentPool) -> Json:
    ranged = {"minCount": pool.minimum, "maxCount": pool.maximum} if pool.autoscaled else {}
    return {
        "id": f"{_ID}/agentPools/{pool.name}",
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
            "orchestratorVersion": kubernetes_version(),
            "currentOrchestratorVersion": kubernetes_version(),
            "mode": pool.mode,
            "osType": "Linux",
            "osSKU": "Ubuntu",
            "nodeLabels": pool.labels,
            "nodeTaints": list(pool.taints),
            "tags": pool.tags,
            "upgradeSettings": {"maxSurge": "10%"},
        },
    }
