"""What a node says of itself."""

from sandbox.engine.conditions import find_condition, is_true
from sandbox.kube.resources import Json


def is_node_ready(node: Json) -> bool:
    """Whether its condition Ready is true; a node that says nothing of it counts as ready."""
    status = node.get("status") or {}
    return find_condition(status, "Ready") is None or is_true(status, "Ready")
