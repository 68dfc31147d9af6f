"""The bodies of requests, in whichever form, as JSON."""

import json
import zlib
from collections.abc import Iterable

import yaml
from aiohttp import web

from sandbox.apiserver.objects.errors import ApiError, bad_request, unsupported_media_type
from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.apiserver.serialization.protobuf import UnknownMessageError, decode

LARGEST = 3 * 1024 * 1024
"""Bytes of a body, as the real server takes."""

_JSON = "application/json"
_YAML = "application/yaml"
_PROTOBUF = "application/vnd.kubernetes.protobuf"
OBJECTS = (_JSON, _YAML, _PROTOBUF)


async def read_object(request: web.Request) -> Json:
    """Return the object in a body. Raise ApiError 400, 413 or 415."""
    raw = await read_raw(request)
    if not raw:
        raise bad_request("no body was sent")
    return _as_object(raw, request.content_type)


async def read_options(request: web.Request) -> Json:
    """Return the options in a body, which may be empty."""
    raw = await read_raw(request)
    return _as_object(raw, request.content_type) if raw.strip() else {}


async def read_patch(request: web.Request, accepted: Iterable[str]) -> object:
    """Return the patch in a body, JSON or YAML. Raise ApiError 415 unless its media type is among `accepted`."""
    accepted = tuple(accepted)
    if request.content_type not in accepted:
        raise unsupported_media_type(accepted)
    raw = await read_raw(request)
    return _yaml(raw) if request.content_type.endswith("+yaml") else _json(raw)


async def read_raw(request: web.Request) -> bytes:
    """Return the bytes of a body. Raise ApiError 413 if there are too many, 400 if they cannot be unpacked."""
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        message = f"Request entity too large: limit is {LARGEST}"
        raise ApiError(413, "RequestEntityTooLarge", message) from error
    except (web.HTTPBadRequest, zlib.error) as error:
        raise bad_request("the body of the request could not be read") from error


def _as_object(raw: bytes, media_type: str) -> Json:
    # Without a type aiohttp says octet-stream; curl without -H says form. The real server takes both for JSON.
    if media_type == _PROTOBUF:
        value: object = _protobuf(raw)
    elif media_type in (_YAML, "application/x-yaml"):
        value = _yaml(raw)
    elif media_type in (_JSON, "application/octet-stream", "application/x-www-form-urlencoded"):
        value = _json(raw)
    else:
        raise unsupported_media_type(OBJECTS)
    if not isinstance(value, dict):
        raise bad_request("couldn't get version/kind; json parse error: the body is not an object")
    return value


def _json(raw: bytes) -> object:
    try:
        value: object = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise bad_request(f"couldn't get version/kind; json parse error: {error}") from error
    return value


def _yaml(raw: bytes) -> object:
    # JSON is YAML, and the clients that send YAML mostly send JSON: a hundred times faster to read.
    try:
        value: object = json.loads(raw)
    except (ValueError, RecursionError):
        try:
            value = yaml.safe_load(raw)
        except (yaml.YAMLError, RecursionError) as error:
            raise bad_request(f"error decoding YAML: {error}") from error
    return value


def _protobuf(raw: bytes) -> Json:
    try:
        return decode(raw)
    except UnknownMessageError as error:
        raise unsupported_media_type((_JSON, _YAML)) from error
    except (ValueError, OverflowError, OSError) as error:
        raise bad_request(f"couldn't decode the protobuf body: {error}") from error
