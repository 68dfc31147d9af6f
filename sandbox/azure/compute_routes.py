"""Microsoft.Compute by Azure Resource Manager's REST API: the VM sizes of a region, and the vCPUs that are allowed.

Resource SKUs after 2021-07-01, usages after 2024-07-01. The vCPUs in use are those of the cluster's pools.
"""

from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.azure.arm import SUBSCRIPTION
from sandbox.azure.arm_routes import body_of
from sandbox.azure.compute import ALL_FAMILIES, DATA_DISKS, SIZES, family
from sandbox.azure.errors import ArmError
from sandbox.azure.managed_cluster import ManagedCluster

LOCATION: Final = "westeurope"
_COMPUTE: Final = "/subscriptions/{subscription}/providers/Microsoft.Compute"


@dataclass
class ComputeRoutes:
    """The routes of one subscription in one region. `restricted` are the sizes that it may not use."""

    cluster: ManagedCluster
    restricted: set[str] = field(default_factory=set)

    def routes(self) -> list[web.RouteDef]:
        """Return the routes for `ArmRoutes.app`."""
        return [
            web.get(_COMPUTE + "/skus", self._skus),
            web.get(_COMPUTE + "/locations/{location}/usages", self._usages),
            web.put("/_sandbox/quota", self._set),
        ]

    async def _skus(self, request: web.Request) -> web.StreamResponse:
        _check(request, "2021-07-01")
        if request.query.get("$filter") != f"location eq '{LOCATION}'":
            return web.json_response({"value": []})
        disks = {"resourceType": "disks", "name": "Premium_LRS", "locations": [LOCATION], "restrictions": []}
        return web.json_response({"value": [disks, *(self._sku(size, *its) for size, its in SIZES.items())]})

    def _sku(self, size: str, cpu: int, memory: int) -> Json:
        has = {"vCPUs": cpu, "MemoryGB": memory, "MaxDataDiskCount": DATA_DISKS[cpu]}
        why = {"type": "Location", "values": [LOCATION], "reasonCode": "NotAvailableForSubscription"}
        return {
            "resourceType": "virtualMachines",
            "name": size,
            "tier": "Standard",
            "size": size.removeprefix("Standard_"),
            "family": family(size),
            "locations": [LOCATION],
            "capabilities": [{"name": name, "value": str(number)} for name, number in has.items()],
            "restrictions": [why] if size in self.restricted else [],
        }

    async def _usages(self, request: web.Request) -> web.StreamResponse:
        _check(request, "2024-07-01")
        if request.match_info["location"] != LOCATION:
            raise ArmError(404, "LocationNotFound", f"No location {request.match_info['location']!r} was found.")
        used = self.cluster.vcpus()
        rows = [(ALL_FAMILIES, "Total Regional vCPUs", used[ALL_FAMILIES])]
        rows += [(name, _localized(name), used[name]) for name in sorted({family(size) for size in SIZES})]
        return web.json_response({"value": [self._row(*row) for row in rows]})

    def _row(self, name: str, localized: str, used: int) -> Json:
        return {
            "unit": "Count",
            "currentValue": used,
            "limit": self.cluster.limit(name),
            "name": {"value": name, "localizedValue": localized},
        }

    async def _set(self, request: web.Request) -> web.StreamResponse:
        given = await body_of(request)
        self.cluster.limits = {str(name): int(limit) for name, limit in given.get("limits", {}).items()}
        self.restricted = set(map(str, given.get("closed", ())))
        return web.json_response({})


def _localized(name: str) -> str:
    """Return a family's name as the portal shows it, such as Standard ESv5 Family vCPUs."""
    return f"Standard {name.removeprefix('standard').removesuffix('Family')} Family vCPUs"


def _check(request: web.Request, version: str) -> None:
    if request.match_info["subscription"] != SUBSCRIPTION:
        raise ArmError(404, "SubscriptionNotFound", "The subscription could not be found.")
    if request.query.get("api-version") != version:
        raise ArmError(400, "InvalidApiVersionParameter", "The api-version is invalid.")
