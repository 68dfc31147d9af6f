"""Microsoft.Compute by Azure Resource Manager's REST API: which VM sizes a region has, and how many vCPUs are allowed.

Resource SKUs after 2021-07-01, usages after 2024-07-01. The vCPUs in use are those of the cluster's pools.
"""

from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.azure.arm import SUBSCRIPTION, ArmError, body_of
from sandbox.azure.managed_cluster import ALL_FAMILIES, SIZES, Estate, family

LOCATION: Final = "westeurope"
_COMPUTE: Final = "/subscriptions/{subscription}/providers/Microsoft.Compute"


@dataclass
class Quota:
    """One subscription in one region. `closed` are the sizes that it may not use."""

    estate: Estate
    closed: set[str] = field(default_factory=set)

    def routes(self) -> list[web.RouteDef]:
        """For `Arm.app`."""
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
        return web.json_response({"value": [disks, *(self._sku(size, cpu) for size, (cpu, _) in SIZES.items())]})

    def _sku(self, size: str, cpu: int) -> Json:
        why = {"type": "Location", "values": [LOCATION], "reasonCode": "NotAvailableForSubscription"}
        return {
            "resourceType": "virtualMachines",
            "name": size,
            "tier": "Standard",
            "size": size.removeprefix("Standard_"),
            "family": family(size),
            "locations": [LOCATION],
            "capabilities": [{"name": "vCPUs", "value": str(cpu)}],
            "restrictions": [why] if size in self.closed else [],
        }

    async def _usages(self, request: web.Request) -> web.StreamResponse:
        _check(request, "2024-07-01")
        if request.match_info["location"] != LOCATION:
            raise ArmError(404, "LocationNotFound", f"No location {request.match_info['location']!r} was found.")
        used = self.estate.vcpus()
        rows = [(ALL_FAMILIES, "Total Regional vCPUs", used[ALL_FAMILIES])]
        rows += [(name, _in_words(name), used[name]) for name in sorted({family(size) for size in SIZES})]
        return web.json_response({"value": [self._row(*row) for row in rows]})

    def _row(self, name: str, words: str, used: int) -> Json:
        return {
            "unit": "Count",
            "currentValue": used,
            "limit": self.estate.limit(name),
            "name": {"value": name, "localizedValue": words},
        }

    async def _set(self, request: web.Request) -> web.StreamResponse:
        given = await body_of(request)
        self.estate.limits = {str(name): int(limit) for name, limit in given.get("limits", {}).items()}
        self.closed = set(map(str, given.get("closed", ())))
        return web.json_response({})


def _in_words(name: str) -> str:
    """As the portal shows it: Standard ESv5 Family vCPUs."""
    return f"Standard {name.removeprefix('standard').removesuffix('Family')} Family vCPUs"


def _check(request: web.Request, version: str) -> None:
    if request.match_info["subscription"] != SUBSCRIPTION:
        raise ArmError(404, "SubscriptionNotFound", "The subscription could not be found.")
    if request.query.get("api-version") != version:
        raise ArmError(400, "InvalidApiVersionParameter", "The api-version is invalid.")
