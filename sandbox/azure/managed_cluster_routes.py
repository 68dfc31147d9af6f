"""Managed clusters and agent pools by Azure Resource Manager's REST API, in the shapes of its published examples.

After Microsoft.ContainerService 2026-08-01: a change answers 201 or 202 with `Azure-AsyncOperation`, `Location` and
`Retry-After`; the operation is asked for at that address until it is over.
"""

from typing import Final

from aiohttp import web

from sandbox.apiserver.objects.json_objects import timestamp
from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.azure.agent_pools import AgentPool
from sandbox.azure.arm import CLUSTER, RESOURCE_GROUP, SUBSCRIPTION
from sandbox.azure.arm_routes import body_of
from sandbox.azure.errors import ArmError
from sandbox.azure.managed_cluster import ManagedCluster, kubernetes_version
from sandbox.azure.operations import Operation

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


class ManagedClusterRoutes:
    """The routes of one cluster. `retry_after` is the interval, in seconds, at which callers are asked to poll."""

    def __init__(self, cluster: ManagedCluster, *, retry_after: int = 1) -> None:
        self._cluster = cluster
        self._retry_after = str(retry_after)

    def routes(self) -> list[web.RouteDef]:
        """Return the routes for `ArmRoutes.app`."""
        return [
            web.get(_CLUSTER, self._show),
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

    async def _show(self, request: web.Request) -> web.StreamResponse:
        self._find(request)
        return web.json_response(self._model())

    async def _put_cluster(self, request: web.Request) -> web.StreamResponse:
        self._find(request)
        operation = self._cluster.put_cluster(await body_of(request), request.headers.get("If-Match", ""))
        return self._accepted(request, operation, self._model(), 201)

    async def _stop(self, request: web.Request) -> web.StreamResponse:
        self._find(request)
        return self._accepted(request, self._cluster.stop(), None, 202)

    async def _start(self, request: web.Request) -> web.StreamResponse:
        self._find(request)
        return self._accepted(request, self._cluster.start(), None, 202)

    async def _upgrades(self, request: web.Request) -> web.StreamResponse:
        self._find(request)
        current = {"kubernetesVersion": kubernetes_version(), "osType": "Linux"}
        newer = [{"kubernetesVersion": "1.33.3"}, {"kubernetesVersion": "1.33.5"}]
        pools = [current | {"name": name} for name in self._cluster.pools]
        properties = {"controlPlaneProfile": current | {"upgrades": newer}, "agentPoolProfiles": pools}
        return web.json_response({"id": f"{_ID}/upgradeprofiles/default", "name": "default", "properties": properties})

    async def _pool_upgrades(self, request: web.Request) -> web.StreamResponse:
        self._find(request)
        pool = self._cluster.pool(request.match_info["pool"])
        newer = [{"kubernetesVersion": "1.33.3"}, {"kubernetesVersion": "1.33.5"}]
        properties = {"kubernetesVersion": kubernetes_version(), "osType": "Linux", "upgrades": newer}
        profile = f"{_ID}/agentPools/{pool.name}/upgradeProfiles/default"
        return web.json_response({"id": profile, "name": "default", "properties": properties})

    async def _pools(self, request: web.Request) -> web.StreamResponse:
        self._find(request)
        return web.json_response({"value": [_pool(one) for one in self._cluster.pools.values()]})

    async def _pool(self, request: web.Request) -> web.StreamResponse:
        self._find(request)
        return web.json_response(_pool(self._cluster.pool(request.match_info["pool"])))

    async def _put_pool(self, request: web.Request) -> web.StreamResponse:
        self._find(request)
        name, if_match = request.match_info["pool"], request.headers.get("If-Match", "")
        operation = self._cluster.put_pool(name, await body_of(request), if_match)
        return self._accepted(request, operation, _pool(self._cluster.pool(name)), 201)

    async def _delete_pool(self, request: web.Request) -> web.StreamResponse:
        self._find(request)
        name = request.match_info["pool"]
        if name not in self._cluster.pools:
            return web.Response(status=204)
        operation = self._cluster.delete_pool(name, request.headers.get("If-Match", ""))
        return self._accepted(request, operation, None, 202)

    async def _operation(self, request: web.Request) -> web.StreamResponse:
        operation = self._known(request)
        model: Json = {"id": request.path, "name": operation.id, "status": operation.status}
        model["startTime"] = timestamp(operation.started)
        if operation.ended:
            model["endTime"] = timestamp(operation.ended)
        if operation.error:
            code, message = operation.error
            model["error"] = {"code": code, "message": message}
        headers = {} if operation.ended else {"Retry-After": self._retry_after}
        return web.json_response(model, headers=headers)

    async def _result(self, request: web.Request) -> web.StreamResponse:
        operation = self._known(request)
        if operation.error:
            raise ArmError(400, *operation.error)
        if operation.ended:
            return web.Response(status=204)
        headers = {"Retry-After": self._retry_after, "Location": str(request.url)}
        return web.Response(status=202, headers=headers)

    async def _operations(self, _: web.Request) -> web.StreamResponse:
        """Answer with the number and kinds of all operations since the sandbox began."""
        kinds = [operation.kind for operation in self._cluster.operations.values()]
        return web.json_response({"count": len(kinds), "kinds": kinds})

    async def _fail_next(self, request: web.Request) -> web.StreamResponse:
        asked = await body_of(request)
        self._cluster.fail_next = (str(asked.get("code")), str(asked.get("message", "")))
        return web.json_response({})

    async def _meddle(self, request: web.Request) -> web.StreamResponse:
        """Change a pool's upper limit, as somebody does in the portal."""
        pool, asked = self._cluster.pool(request.match_info["pool"]), await body_of(request)
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
        operation = self._cluster.operations.get(request.match_info["operation"])
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

    def _model(self) -> Json:
        cluster = self._cluster
        return {
            "id": _ID,
            "name": CLUSTER,
            "type": "Microsoft.ContainerService/ManagedClusters",
            "location": _LOCATION,
            "eTag": cluster.etag,
            "sku": {"name": "Base", "tier": "Free"},
            "identity": {"type": "SystemAssigned"},
            "properties": {
                "provisioningState": cluster.state,
                "powerState": {"code": cluster.power},
                "kubernetesVersion": kubernetes_version(),
                "currentKubernetesVersion": kubernetes_version(),
                "dnsPrefix": CLUSTER,
                "fqdn": f"{CLUSTER}-0a1b2c3d.hcp.{_LOCATION}.azmk8s.io",
                "agentPoolProfiles": [{"name": one.name, **_pool(one)["properties"]} for one in cluster.pools.values()],
                "addonProfiles": {name: {"enabled": on} for name, on in cluster.addons.items()},
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
