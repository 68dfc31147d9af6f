"""Reading fields of Kubernetes objects, where anything may be absent or null."""

from datetime import UTC, datetime

from clients.kube.api import Json


def part(parent: Json, *path: str) -> Json:
    """The object at `path`; empty where there is none."""
    for name in path:
        child = parent.get(name)
        if not isinstance(child, dict):
            return {}
        parent = child
    return parent


def parts(parent: Json, name: str) -> list[Json]:
    """The objects in the list `name`; empty where there is none."""
    found = parent.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def text(parent: Json, name: str) -> str:
    """The string `name`; empty where there is none."""
    found = parent.get(name)
    return found if isinstance(found, str) else ""


def number(parent: Json, name: str) -> int:
    """The whole number `name`; 0 where there is none."""
    found = parent.get(name)
    return found if isinstance(found, int) else 0


def moment(parent: Json, name: str) -> datetime | None:
    """The time `name` (RFC 3339, with or without fractions), in UTC."""
    try:
        return datetime.fromisoformat(text(parent, name)).astimezone(UTC)
    except ValueError:
        return None


def labels(metadata: Json, kind: str = "labels") -> dict[str, str]:
    """The labels (or annotations) as strings."""
    return {key: value for key, value in part(metadata, kind).items() if isinstance(value, str)}


def condition(status: Json, kind: str) -> Json:
    """The condition of that type; empty where it was never reported."""
    return next((one for one in parts(status, "conditions") if one.get("type") == kind), {})
