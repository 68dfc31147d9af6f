"""The digest of a plan: approval is bound to it, and it must be the same right before the change is applied."""

import hashlib
import json
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

_INCIDENTAL = {"incidental": True}


def incidental() -> dict[str, bool]:
    """Return field metadata for a value that a preview shows but approval is not bound to.

    It is for counts that change by the minute. Use: `running: int = field(metadata=incidental())`.
    """
    return dict(_INCIDENTAL)


def digest(command: str, requester: str, plan: object) -> str:
    """Return the SHA-256, in hexadecimal, that an approval is bound to.

    It covers the command's name, the requester's object id and the plan's binding fields. `plan` is a dataclass made of
    dataclasses, mappings, sequences, enums and JSON's own scalars; raise TypeError otherwise.
    """
    content = {"command": command, "requester": requester, "plan": _plain(plan)}
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def digest_values(values: Any) -> str:  # noqa: ANN401 - a release's values are any JSON
    """Return the SHA-256 of a release's values, for plans: the values themselves hold secrets and stay out of plans."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        bound = [f for f in fields(value) if not f.metadata.get("incidental")]
        return {f.name: _plain(getattr(value, f.name)) for f in bound}
    if isinstance(value, Enum):
        return _plain(value.value)
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise TypeError(f"a plan cannot hold a {type(value).__name__}")
