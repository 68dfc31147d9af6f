"""Hands out pod addresses: from the node's own range, none twice while in use."""

from collections import defaultdict
from ipaddress import IPv4Network
from itertools import count

from sandbox.apiserver.objects.json_objects import at
from sandbox.apiserver.objects.resource_kinds import Json

_ELSEWHERE = IPv4Network("10.245.0.0/16")
# The first ones belong to the bridge and the node itself.
_FIRST = 4


class PodAddresses:
    """The addresses that pods have."""

    def __init__(self) -> None:
        self._users: dict[str, set[str]] = defaultdict(set)
        self._of: dict[str, str] = {}
        self._next: dict[str, int] = {}

    def note(self, pod: Json) -> None:
        """Reserve the address that a pod already has."""
        address = str(at(pod, "status", "podIP") or "")
        if address:
            self._take(pod["metadata"]["uid"], address)

    def release(self, pod: Json) -> None:
        """Release the address of a pod that is gone."""
        address = self._of.pop(pod["metadata"]["uid"], "")
        if address:
            self._users[address].discard(pod["metadata"]["uid"])

    def allot(self, pod: Json, node: Json) -> str:
        """Return the pod's address on that node; the node's own for a pod in the host's network."""
        if pod["spec"].get("hostNetwork"):
            return host_address(node)
        address = self._free(str(at(node, "spec", "podCIDR") or ""))
        self._take(pod["metadata"]["uid"], address)
        return address

    def _take(self, uid: str, address: str) -> None:
        self._of[uid] = address
        self._users[address].add(uid)

    def _free(self, given: str) -> str:
        network = IPv4Network(given) if given else _ELSEWHERE
        for number in count(self._next.get(given, _FIRST)):
            if number >= network.num_addresses - 1:
                # A full range is no reason to stop a sandbox.
                return self._free("")
            address = str(network[number])
            if not self._users.get(address):
                self._next[given] = number + 1
                return address
        raise AssertionError


def host_address(node: Json) -> str:
    """Return the node's internal address, "" if it has none."""
    addresses = at(node, "status", "addresses")
    found = addresses if isinstance(addresses, list) else []
    return next((str(one["address"]) for one in found if one.get("type") == "InternalIP"), "")
