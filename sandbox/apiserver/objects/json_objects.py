"""Plain JSON objects: copying them fast, and the forms that times and paths have in them."""

import math
from datetime import UTC, datetime
from functools import lru_cache
from typing import TypeVar

from sandbox.apiserver.objects.resource_kinds import Json

T = TypeVar("T")

_NESTED = (dict, list)


def copy_json(value: T) -> T:
    """Return a deep copy of JSON data; several times faster than copy.deepcopy, which also looks for cycles."""
    if isinstance(value, dict):
        return {k: copy_json(v) if isinstance(v, _NESTED) else v for k, v in value.items()}  # type: ignore[return-value]  # same shape
    if isinstance(value, list):
        return [copy_json(v) if isinstance(v, _NESTED) else v for v in value]  # type: ignore[return-value]  # same shape
    return value


def timestamp(moment: datetime) -> str:
    """Return a moment as Kubernetes writes it: UTC, whole seconds, "2026-01-31T08:00:00Z"."""
    return _written(math.floor(moment.timestamp()))


@lru_cache(maxsize=256)
def _written(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: str) -> datetime:
    """Return the moment of a Kubernetes timestamp. Raise ValueError if it is not one."""
    return datetime.fromisoformat(text)


def at(obj: Json, *path: str) -> object:
    """Return the value at that path of keys, None if the path ends early."""
    value: object = obj
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def list_at(obj: Json, *path: str) -> list[Json]:
    """Return the objects in the list at that path of keys, an empty list if there is no list."""
    value = at(obj, *path)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
