"""The conditions of a node."""

from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.runtime.conditions import find_condition, is_true


def is_node_ready(node: Json) -> bool:
    """Return True if the condition Ready is true or absent."""
    status = node.get("status") or {}
    return find_condition(status, "Ready") is None or is_true(status, "Ready")
