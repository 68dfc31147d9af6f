"""The OpenAPI v3 documents: enough for clients to see that the server validates fields, and for `kubectl explain`.

Schemas are made from the same tables as the protobuf form. Operations do not offer strategic-merge-patch, so that
kubectl computes such patches from the merge keys it knows itself.
"""

from collections.abc import Iterator
from functools import lru_cache

from sandbox.apiserver import discovery
from sandbox.apiserver.objects.resource_kinds import ALL, Json, Kind
from sandbox.apiserver.serialization.protobuf_schema import Field, messages
from sandbox.apiserver.storage.records import encode

_GVK = "x-kubernetes-group-version-kind"
_TYPES: dict[str, Json] = {
    "string": {"type": "string"},
    "text": {"type": "string"},
    "bytes": {"type": "string", "format": "byte"},
    "int": {"type": "integer", "format": "int64"},
    "count": {"type": "integer", "format": "int32"},
    "bool": {"type": "boolean"},
    "flag": {"type": "boolean"},
    "Quantity": {"type": "string"},
    "IntOrString": {"type": "string", "format": "int-or-string"},
    "Time": {"type": "string", "format": "date-time"},
    "MicroTime": {"type": "string", "format": "date-time"},
}
_VERBS = {
    "collection": (("get", "list"), ("post", "post"), ("delete", "deletecollection")),
    "object": (("get", "get"), ("put", "put"), ("patch", "patch"), ("delete", "delete")),
}
_WRITES = ("post", "put", "patch")


def path_of(kind: Kind) -> str:
    """Return the path template of a kind's collection."""
    root = f"/apis/{kind.group}/{kind.version}" if kind.group else f"/api/{kind.version}"
    return f"{root}/namespaces/{{namespace}}/{kind.plural}" if kind.namespaced else f"{root}/{kind.plural}"


def group_version_kind(kind: Kind) -> Json:
    """Return a kind's group, version and kind in the form of the documents."""
    return {"group": kind.group, "version": kind.version, "kind": kind.kind}


@lru_cache(maxsize=1)
def index() -> bytes:
    """Return the response to /openapi/v3."""
    roots = ["api/v1", *(f"apis/{name}/{versions[0]}" for name, versions in discovery.groups().items())]
    version = discovery.VERSION["gitVersion"]
    return encode({"paths": {r: {"serverRelativeURL": f"/openapi/v3/{r}?hash={version}"} for r in roots}})


@lru_cache(maxsize=64)
def document(group: str, version: str) -> bytes | None:
    """Return the response to /openapi/v3/api/v1 (the group is "") or .../apis/GROUP/VERSION, None if there is none."""
    if discovery.resource_list(group, version) is None:
        return None
    kinds = [kind for kind in ALL if (kind.group, kind.version) == (group, version)]
    paths: Json = {}
    schemas: Json = {}
    for kind in kinds:
        path = path_of(kind)
        paths[path] = _operations(kind, "collection")
        paths[f"{path}/{{name}}"] = _operations(kind, "object")
        schemas[kind.kind] = _kind_schema(kind)
        schemas.update({name: _schema(name) for name in _used_by(kind)})
    info = {"title": "Kubernetes", "version": discovery.VERSION["gitVersion"]}
    return encode({"openapi": "3.0.0", "info": info, "paths": paths, "components": {"schemas": schemas}})


def _operations(kind: Kind, level: str) -> Json:
    return {
        method: {
            "x-kubernetes-action": action,
            _GVK: group_version_kind(kind),
            "parameters": parameters() if method in _WRITES else [],
            "responses": {"200": _answer(kind)},
        }
        for method, action in _VERBS[level]
    }


def _answer(kind: Kind) -> Json:
    schema = {"$ref": f"#/components/schemas/{kind.kind}"}
    return {"description": "OK", "content": {"application/json": {"schema": schema}}}


def parameters() -> list[Json]:
    """Return the parameters of every write; clients look for fieldValidation among them."""
    return [
        {"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": True}}
        for name in ("dryRun", "fieldManager", "fieldValidation")
    ]


def _kind_schema(kind: Kind) -> Json:
    text: Json = {"type": "string"}
    given: Json = {"apiVersion": text, "kind": text, "metadata": _reference("ObjectMeta")}
    status: Json = {"status": {"type": "object"}} if kind.has_status else {}
    properties = {**given, **_schema(kind.kind)["properties"], **status}
    return {"type": "object", "properties": properties, _GVK: [group_version_kind(kind)]}


def _used_by(kind: Kind) -> set[str]:
    """Return the messages that a kind is made of, at any depth."""
    found: set[str] = set()
    waiting = ["ObjectMeta", *_types(kind.kind)]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _types(name)
    return found - {kind.kind}


def _types(message: str) -> list[str]:
    return [field.type for field in _flat(message) if field.type in messages()]


def _flat(message: str) -> Iterator[Field]:
    for field in messages().get(message, {}).values():
        if field.shape == "inline":
            yield from _flat(field.type)
        else:
            yield field


def _schema(message: str) -> Json:
    return {"type": "object", "properties": {field.name: _field(field) for field in _flat(message)}}


def _field(field: Field) -> Json:
    one = _TYPES.get(field.type) or _reference(field.type)
    if field.shape == "list":
        return {"type": "array", "items": one}
    if field.shape == "map":
        return {"type": "object", "additionalProperties": one}
    return one


def _reference(name: str) -> Json:
    return {"allOf": [{"$ref": f"#/components/schemas/{name}"}], "default": {}}
