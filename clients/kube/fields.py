"""Readers of fields that only Kubernetes objects have; any may be absent or null."""

from typing import Final

from clients.answers import Json, part, parts, text

# Longer than what Kubernetes lets its own components say (an event 1 KiB, a container's end 4): what people read of it
# is looked through by patterns.
_LONGEST: Final = 8_000


def said(parent: Json, name: str) -> str:
    """Return the text `name`, written for people, cut to 8,000 characters."""
    return text(parent, name)[:_LONGEST]


def labels(metadata: Json, kind: str = "labels") -> dict[str, str]:
    """Return the labels (or annotations) as strings."""
    return {key: value for key, value in part(metadata, kind).items() if isinstance(value, str)}


def condition(status: Json, kind: str) -> Json:
    """Return the condition of that type; empty where it was never reported."""
    return next((one for one in parts(status, "conditions") if one.get("type") == kind), {})
