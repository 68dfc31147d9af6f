"""The OpenAPI v2 document that older kubectl reads before it sends anything.

It wants protobuf (gnostic's openapiv2 messages) and looks for two things: that each kind has a definition, and that
its operations take fieldValidation, so that the checking is left to the server.
"""

from functools import lru_cache

from sandbox.apiserver.discovery import VERSION
from sandbox.apiserver.objects.resource_kinds import ALL, Json, Kind
from sandbox.apiserver.openapi import group_version_kind, path_of
from sandbox.apiserver.storage.records import encode

PROTOBUF = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"

_GVK = "x-kubernetes-group-version-kind"
_PARAMETERS = ("dryRun", "fieldManager", "fieldValidation")


@lru_cache(maxsize=1)
def as_json() -> bytes:
    """Return the document in JSON."""
    write = {
        "parameters": [{"name": n, "in": "query", "type": "string", "uniqueItems": True} for n in _PARAMETERS],
        "responses": {"200": {"description": "OK"}},
    }
    paths: Json = {}
    definitions: Json = {}
    for kind in ALL:
        about = {_GVK: group_version_kind(kind)}
        paths[path_of(kind)] = {"post": {**write, **about}}
        paths[f"{path_of(kind)}/{{name}}"] = {"put": {**write, **about}, "patch": {**write, **about}}
        definitions[_definition(kind)] = {"type": "object", _GVK: [group_version_kind(kind)]}
    info = {"title": "Kubernetes", "version": VERSION["gitVersion"]}
    return encode({"swagger": "2.0", "info": info, "paths": paths, "definitions": definitions})


@lru_cache(maxsize=1)
def as_protobuf() -> bytes:
    """Return the document as gnostic encodes it; the numbers below are those of its OpenAPIv2.proto."""
    info = _text(1, "Kubernetes") + _text(2, VERSION["gitVersion"])
    paths = b"".join(_path(kind) for kind in ALL)
    definitions = b"".join(_part(1, _named(_definition(kind), _extension(31, kind, several=True))) for kind in ALL)
    return _text(1, "2.0") + _part(2, info) + _part(8, paths) + _part(9, definitions)


def _definition(kind: Kind) -> str:
    group = kind.group.partition(".")[0] or "core"
    return f"io.k8s.api.{group}.{kind.version}.{kind.kind}"


def _path(kind: Kind) -> bytes:
    operation = b"".join(_part(8, _part(1, _parameter(name))) for name in _PARAMETERS)
    operation += _part(9, b"") + _extension(13, kind, several=False)
    post, patch = _part(4, operation), _part(8, operation)
    collection = _named(path_of(kind), post)
    return _part(2, collection) + _part(2, _named(f"{path_of(kind)}/{{name}}", patch))


def _parameter(name: str) -> bytes:
    """Return a Parameter that holds a NonBodyParameter that holds a query parameter of type string."""
    inner = _text(2, "query") + _text(4, name) + _text(6, "string")
    return _part(2, _part(3, inner))


def _extension(number: int, kind: Kind, *, several: bool) -> bytes:
    """Return a vendor extension: its value is YAML in an Any."""
    about = ", ".join(f'{key}: "{value}"' for key, value in group_version_kind(kind).items())
    value = f"[{{{about}}}]" if several else f"{{{about}}}"
    return _part(number, _named(_GVK, _text(2, value)))


def _named(name: str, value: bytes) -> bytes:
    return _text(1, name) + _part(2, value)


def _text(number: int, text: str) -> bytes:
    return _part(number, text.encode())


def _part(number: int, body: bytes) -> bytes:
    """Return a length-delimited field."""
    return _varint(number << 3 | 2) + _varint(len(body)) + body


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:  # noqa: PLR2004  # seven bits a byte
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
