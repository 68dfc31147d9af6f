"""Azure Compute, limited to how many more machines a subscription may have.

Resource SKUs (Microsoft.Compute 2021-07-01) name the family of a VM size and its number of vCPUs; usages (2024-07-01)
say how many vCPUs of a family, and of all families, are in use and allowed. Both are of the subscription.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from azure.core.rest import HttpRequest

from clients.answers import Json, TooLongError, UnreadableError, all_parts, json_object, needed, parts, text, typed
from clients.azure.identity import Token
from clients.azure.pipeline import reading, rest_client
from clients.errors import NotFound
from clients.http import segment

_SKUS: Final = "2021-07-01"
_USAGES: Final = "2024-07-01"
_ALL_FAMILIES: Final = "cores"
# A region has about 1,500 SKUs, which Azure lists in one page.
_MOST_PAGES: Final = 50
_LONGEST_NUMBER: Final = 8
_GIB: Final = 2**30


@dataclass(frozen=True)
class Size:
    """A VM size in a region. `family` is Azure's name for its quota.

    `vcpus`, `memory` (in bytes) and `disks` (how many data disks a machine takes) are 0 where Azure does not say.
    """

    family: str
    vcpus: int
    offered: bool
    """True if this subscription may use it there."""
    memory: int = 0
    disks: int = 0


@dataclass(frozen=True)
class Usage:
    """vCPUs of a subscription in a region, including those of stopped machines. `name` is for people."""

    name: str
    used: int
    limit: int

    @property
    def free(self) -> int:
        """The number of vCPUs left, 0 at least: Azure lets a limit be lowered below what is used."""
        return max(0, self.limit - self.used)


@dataclass(frozen=True)
class Quota:
    """The quotas that bound the number of machines of one size: that of its family, and that of all families."""

    size: Size
    usages: tuple[Usage, ...]

    @property
    def tightest(self) -> Usage | None:
        """The quota with the fewest vCPUs left; None where Azure has named neither."""
        return min(self.usages, key=lambda usage: usage.free, default=None)

    @property
    def machines(self) -> int | None:
        """The number of machines of that size that may be added; None where that is not known."""
        tightest = self.tightest
        return tightest.free // self.size.vcpus if tightest and self.size.vcpus else None


class Compute:
    """A client of one subscription. Every method raises Unavailable and NotFound, and takes at most `timeout` seconds.

    The properties of a size do not change and are read once. `token` returns a bearer token for Azure Resource Manager
    and is called for each request. Raises ValueError for an id that no subscription can have.
    """

    def __init__(self, base_url: str, token: Token, *, subscription_id: str, timeout: float = 10.0) -> None:
        self._path = f"/subscriptions/{segment(subscription_id)}/providers/Microsoft.Compute"
        self._timeout = timeout
        self._known: dict[tuple[str, str], Size] = {}
        self._client = rest_client(base_url, token)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def quota(self, location: str, size: str) -> Quota:
        """Return the quotas for a VM size in a region. Raise NotFound for a size that the region does not have."""
        return await reading(lambda: self._quota(location, size), self._timeout)

    async def _quota(self, location: str, size: str) -> Quota:
        its, told = await asyncio.gather(self._size(location, size), self._usages(location))
        usages = {name.casefold(): usage for name, usage in told}
        return Quota(
            its, tuple(usages[name] for name in (its.family.casefold(), _ALL_FAMILIES) if name and name in usages)
        )

    async def _size(self, location: str, size: str) -> Size:
        key = (location.casefold(), size.casefold())
        if key not in self._known:
            # By nothing else can Azure filter it.
            where = f"location eq '{segment(location)}'"
            listed = await self._listed("/skus", {"api-version": _SKUS, "$filter": where})
            found = [one for one in listed if _is_machine(one) and text(one, "name").casefold() == key[1]]
            if not found:
                raise NotFound(f"Azure has no VM size {size} in {location}")
            self._known[key] = _size(found[0])
        return self._known[key]

    async def _usages(self, location: str) -> list[tuple[str, Usage]]:
        listed = await self._listed(f"/locations/{segment(location)}/usages", {"api-version": _USAGES})
        return [_usage(one) for one in listed]

    async def _listed(self, path: str, query: dict[str, str]) -> Sequence[Json]:
        found: list[Json] = []
        request = HttpRequest("GET", self._client.format_url(self._path + path), params=query)
        for _ in range(_MOST_PAGES):
            response = await self._client.send_request(request)
            response.raise_for_status()
            page = json_object(response.content)
            found += all_parts(page, "value")
            if not (following := typed(page, "nextLink", str, "")):
                return found
            request = HttpRequest("GET", following)
        raise TooLongError


def _is_machine(sku: Json) -> bool:
    return text(sku, "resourceType") == "virtualMachines"


def _size(sku: Json) -> Size:
    said = {text(one, "name"): text(one, "value") for one in parts(sku, "capabilities")}
    # A restriction of type Zone leaves other zones.
    closed = any(text(one, "type") == "Location" for one in parts(sku, "restrictions"))
    return Size(
        needed(sku, "family"),
        _whole(said.get("vCPUs", "")),
        offered=not closed,
        memory=round(_decimal(said.get("MemoryGB", "")) * _GIB),
        disks=_whole(said.get("MaxDataDiskCount", "")),
    )


def _whole(written: str) -> int:
    written = written[:_LONGEST_NUMBER]
    return int(written) if written.isascii() and written.isdecimal() else 0


def _decimal(written: str) -> float:
    whole, _, part = written[:_LONGEST_NUMBER].partition(".")
    return float(written[:_LONGEST_NUMBER]) if (whole + part).isascii() and (whole + part).isdecimal() else 0.0


def _usage(raw: Json) -> tuple[str, Usage]:
    name = typed(raw, "name", dict, {})
    value = needed(name, "value")
    used, limit = typed(raw, "currentValue", int, -1), typed(raw, "limit", int, -1)
    if used < 0 or limit < 0:
        raise UnreadableError
    return value, Usage(typed(name, "localizedValue", str, "") or value, used, limit)
