"""What a node says of itself."""

from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.runtime.conditions import find_condition, is_true


def is_node_ready(node: Json) -> bool:
    """Whether its condition Ready is true; a node that says nothing of it counts as ready."""
    status = node.get("status") or {}
    return find_condition(status, "Ready") is None or is_true(status, "Ready")
