"""Hands out what the API server itself allots to Services: addresses and node ports."""

from ipaddress import IPv4Address

from sandbox.apiserver.objects.resource_kinds import Json

_FIRST_ADDRESS = IPv4Address("10.0.0.10")
_FIRST_NODE_PORT = 30000
_NODE_PORTS = 2768


class Addresses:
    """An allocator that gives each address once, in order; released ones are not used again in a cluster's life."""

    def __init__(self) -> None:
        self._address = _FIRST_ADDRESS
        self._node_ports = 0

    def note(self, spec: Json) -> None:
        """Reserve the addresses that a Service already has."""
        if spec.get("clusterIP", "None") != "None":
            self._address = max(self._address, IPv4Address(spec["clusterIP"]))
        ports = [port.get("nodePort", 0) - _FIRST_NODE_PORT for port in spec.get("ports") or ()]
        self._node_ports = max(self._node_ports, *ports, 0)

    def cluster_ip(self) -> str:
        """Return the next Service address."""
        self._address += 1
        return str(self._address)

    def node_port(self) -> int:
        """Return the next node port, from Kubernetes' default range 30000-32767, starting again after the last."""
        self._node_ports += 1
        return _FIRST_NODE_PORT + self._node_ports % _NODE_PORTS
