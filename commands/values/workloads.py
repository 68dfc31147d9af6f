"""The chart's own pods held against the cluster's nodes: one that fits none waits for ever. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from commands.release.manifest_objects import Objects
from commands.values.node_rooms import Rooms

# A pod of a daemon set is made for each node; others wait for one that has room.
_KINDS: Final = ("Deployment", "StatefulSet")
# They hold room for servers, and nobody misses one that waits.
_PLACEHOLDER: Final = "user-placeholder"


def unplaceable(found: Objects, rooms: Rooms) -> Iterator[str]:
    """Yield a sentence for each workload whose pods no node could hold."""
    for ref, one in found.found.items():
        if ref.kind in _KINDS and ref.name != _PLACEHOLDER and (why := rooms.too_large(_spec(one))):
            yield f"The pod of {ref.name} would find no node: it {why}. {rooms.way}"


def _spec(workload: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Any = workload
    for name in ("spec", "template", "spec"):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}
