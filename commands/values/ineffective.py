"""Values that a chart accepts and that do nothing any more. Pure."""

from collections.abc import Mapping

from commands.values.schema_errors import SchemaViolation, violation_at

_ADMIN_ACCESS = ("hub", "config", "JupyterHub", "admin_access")


def without_effect(values: Mapping[str, object], defaults: Mapping[str, object]) -> tuple[SchemaViolation, ...]:
    """Return the values that somebody set and that have no effect with the chart that has these defaults.

    Source: JupyterHub 2.0's changelog and `admin_access` in app.py of 2.0 to 6.0: admins have every permission by their
    role. Zero to JupyterHub has roles (`hub.loadRoles`) since 2.0.0, its first chart with JupyterHub 2 or newer.
    """
    has_roles = "loadRoles" in _mapping(defaults.get("hub"))
    given = _at(values, *_ADMIN_ACCESS)
    if not has_roles or given is None:
        return ()
    why = "has had no effect since JupyterHub 2.0: admins may do everything, people's servers included"
    if given is False:
        why += ". Give people roles with fewer scopes (hub.loadRoles) instead of making them admins"
    return (violation_at(_ADMIN_ACCESS, why, breaks=False),)


def _mapping(node: object) -> Mapping[str, object]:
    return node if isinstance(node, Mapping) else {}


def _at(node: object, *path: str) -> object:
    for name in path:
        node = _mapping(node).get(name)
    return node
