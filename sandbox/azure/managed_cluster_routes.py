"""Managed clusters and agent pools by Azure Resource Manager's REST API, in the shapes of its published examples.

After Microsoft.ContainerService 2026-08-01: a change answers 201 or 202 with `Azure-AsyncOperation`, `Location` and
`Retry-After`; the operation is asked for at that address until it is over.
"""

from typing import Final

from aiohttp import web

from sandbox.apiserver.objects.json_objects import timestamp
from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.azure.arm import CLUSTER, RESOURCE_GROUP, SUBSCRIPTION
from sandbox.azure.arm_routes import body_of
from sandbox.azure.errors import ArmError
from sandbox.azure.kubernetes_versions import listed
from sandbox.azure.managed_cluster import ManagedCluster
from sandbox.azure.managed_cluster_models import (
    LOCATION,
    cluster_model,
    pool_model,
    pool_upgrade_profile,
    upgrade_profile,
)
from sandbox.azure.operations import Operation

_ROOT: Final = "/subscriptions/{subscription}"
_GROUP: Final = _ROOT + "/resource{groups:[gG]roups}/{group}/providers/Microsoft.ContainerService"
_CLUSTER: Final = _GROUP + "/managedClusters/{cluster}"
_POOL: Final = _CLUSTER + "/agentPools/{pool}"
_PLACE: Final = _ROOT + "/providers/Microsoft.ContainerService/locations/{location}"

_KINDS: Final = ("automatic", "provisions", "plan", "tier", "channel", "maintenance", "version")


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
            web.get(_CLUSTER + "/agentPools", self._pools),
            web.get(_POOL, self._pool),
            web.put(_POOL, self._put_pool),
            web.delete(_POOL, self._delete_pool),
            web.post(_POOL + "/upgradeNodeImageVersion", self._upgrade_image),
            web.get(_CLUSTER + "/upgradeProfiles/default", self._upgrades),
            web.get(_POOL + "/upgradeProfiles/default", self._pool_upgrades),
            web.get(_CLUSTER + "/maintenanceConfigurations", self._maintenance),
            web.get(_PLACE + "/kubernetesVersions", self._versions),
            web.get(_PLACE + "/operations/{operation}", self._operation),
            web.get(_PLACE + "/operationresults/{operation}", self._result),
            web.get("/_sandbox/operations", self._operations),
            web.put("/_sandbox/next-operation", self._fail_next),
            web.put("/_sandbox/pools/{pool}", self._meddle),
            web.put("/_sandbox/cluster", self._set_up),
        ]

    async def _show(self, request: web.Request) -> web.StreamResponse:
        self._find(request)
        return web.json_response(cluster_model(self._cluster))

    async def _put_cluster(self, request: web.Request) -> web.StreamResponse:
        self._find(request)
        operation = self._cluster.put_cluster(await body_of(request), request.headers.get("If-Match", ""))
        return self._accepted(request, operation, cluster_model(self._cluster), 201)

    async def _stop(self, request: web.Request) -> web.StreamResponse:
        self._find(request)
        return self._accepted(request, self._cluster.stop(), None, 202)

    async def _start(self, request: web.Request) -> web.StreamResponse:
        self._find(request)
        return self._accepted(request, self._cluster.start(), None, 202)

    async def _pools(self, request: web.Request) -> web.StreamResponse:
        self._find(request)
        return web.json_response({"value": [pool_model(one) for one in self._cluster.pools.values()]})

    async def _pool(self, request: web.Request) -> web.StreamResponse:
        self._find(request)
        return web.json_response(pool_model(self._cluster.pool(request.match_info["pool"])))

    async def _put_pool(self, request: web.Request) -> web.StreamResponse:
        self._find(request)
        name, if_match = request.match_info["pool"], request.headers.get("If-Match", "")
        operation = self._cluster.put_pool(name, await body_of(request), if_match)
        return self._accepted(request, operation, pool_model(self._cluster.pool(name)), 201)

    async def _delete_pool(self, request: web.Request) -> web.StreamResponse:
        self._find(request)
        name = request.match_info["pool"]
        if name not in self._cluster.pools:
            return web.Response(status=204)
        operation = self._cluster.delete_pool(name, request.headers.get("If-Match", ""))
        return self._accepted(request, operation, None, 202)

    async def _upgrade_image(self, request: web.Request) -> web.StreamResponse:
        self._find(request)
        return self._accepted(request, self._cluster.upgrade_image(request.match_info["pool"]), None, 202)

    async def _upgrades(self, request: web.Request) -> web.StreamResponse:
        self._find(request)
        return web.json_response(upgrade_profile(self._cluster))

    async def _pool_upgrades(self, request: web.Request) -> web.StreamResponse:
        self._find(request)
        return web.json_response(pool_upgrade_profile(self._cluster, request.match_info["pool"]))

    async def _maintenance(self, request: web.Request) -> web.StreamResponse:
        self._find(request)
        return web.json_response({"value": self._cluster.maintenance})

    async def _versions(self, _: web.Request) -> web.StreamResponse:
        return web.json_response({"values": listed()})

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
        """Change a pool's upper limit, or its drain time-out, as somebody does in the portal."""
        pool, asked = self._cluster.pool(request.match_info["pool"]), await body_of(request)
        pool.maximum = int(asked.get("maxCount", pool.maximum or 0)) or None
        pool.drain_minutes = int(asked.get("drainTimeoutInMinutes", pool.drain_minutes))
        pool.touch()
        return web.json_response(pool_model(pool))

    async def _set_up(self, request: web.Request) -> web.StreamResponse:
        """Make it another kind of cluster: `{"provisions": true}`, `{"plan": "AKSLongTermSupport"}` and the like."""
        for name, value in (await body_of(request)).items():
            if name not in _KINDS:
                raise ArmError(400, "BadRequest", f"a cluster has {', '.join(_KINDS)}")
            setattr(self._cluster, name, value)
        return web.json_response(cluster_model(self._cluster))

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
            f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.ContainerService/locations/{LOCATION}"
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
