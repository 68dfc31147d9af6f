"""Values of which a chart's schema says no more than "string or number", and which the hub or Kubernetes then refuses.

The hub would end at every start with `memory.limit: 6Gi`, and homes would not be made with `capacity: 10GB`, long after
helm had said that all is well.
"""

import re
from collections.abc import Mapping
from typing import Final

from commands.schema_complaints import Complaint, coalesced

# JupyterHub 5.5, jupyterhub/traitlets.py, ByteSpecification: bytes, or a number with one of these letters.
_MEMORY: Final = (
    re.compile(r"\d{1,18}(\.\d{1,18})?[KMGT]"),
    "must be a number of bytes, or a number followed by K, M, G or T, e.g. 8G",
)
# Kubernetes' resource.Quantity (apimachinery, pkg/api/resource/quantity.go), without the forms nobody types for a disk.
_SIZE: Final = (re.compile(r"\d+(\.\d+)?([KMGTP]i|[kMGTP])?"), "must be a Kubernetes quantity, e.g. 10Gi")
_FORMS: Final = {
    ("singleuser", "memory", "limit"): _MEMORY,
    ("singleuser", "memory", "guarantee"): _MEMORY,
    ("singleuser", "storage", "capacity"): _SIZE,
    ("hub", "db", "pvc", "storage"): _SIZE,
}


def malformed(values: Mapping[str, object], defaults: Mapping[str, object]) -> tuple[Complaint, ...]:
    """What has not the form that its reader takes, of the few values that are known here; by path."""
    whole = coalesced(values, defaults)
    return tuple(
        Complaint(".".join(path), why)
        for path, (form, why) in _FORMS.items()
        if isinstance(found := _at(whole, path), str) and not form.fullmatch(found)
    )


def _at(values: object, path: tuple[str, ...]) -> object:
    for name in path:
        values = values.get(name) if isinstance(values, Mapping) else None
    return values
