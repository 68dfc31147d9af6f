"""Answers as Tables (what `kubectl get` prints) and as metadata only."""

from collections.abc import Iterable
from datetime import datetime

from sandbox.apiserver.objects.resource_kinds import Json, Kind
from sandbox.apiserver.printers.table_columns import columns_of

_META = "meta.k8s.io/v1"


def metadata_only(obj: Json) -> Json:
    """Return the object with its metadata only."""
    return {"kind": "PartialObjectMetadata", "apiVersion": _META, "metadata": obj["metadata"]}


def metadata_list(objects: Iterable[Json], metadata: Json) -> Json:
    """Return a list of objects with their metadata only."""
    items = [metadata_only(obj) for obj in objects]
    return {"kind": "PartialObjectMetadataList", "apiVersion": _META, "metadata": metadata, "items": items}


def table(kind: Kind, objects: Iterable[Json], metadata: Json, include: str, now: datetime) -> Json:
    """Return a Table of the objects; `include` is the query's includeObject: Object, None, or else Metadata."""
    columns = columns_of(kind)
    definitions = [
        {"name": c.name, "type": c.type, "format": c.format, "description": "", "priority": c.priority} for c in columns
    ]
    rows = [{"cells": [column.read(obj, now) for column in columns], **_carried(obj, include)} for obj in objects]
    return {
        "kind": "Table",
        "apiVersion": _META,
        "metadata": metadata,
        "columnDefinitions": definitions,
        "rows": rows,
    }


def _carried(obj: Json, include: str) -> Json:
    if include == "None":
        return {"object": None}
    return {"object": obj if include == "Object" else metadata_only(obj)}
