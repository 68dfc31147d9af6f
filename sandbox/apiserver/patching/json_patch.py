"""JSON Patch (RFC 6902): a list of operations on paths."""

from typing import Any

from sandbox.apiserver.objects.errors import ApiError, bad_request
from sandbox.apiserver.objects.json_objects import copy_json
from sandbox.apiserver.objects.resource_kinds import Json

_MOST = 10_000


def json_patch(current: Json, operations: list[Json]) -> Json:
    """Return a new object: `current` after the operations.

    Raise ApiError 400 for operations that are malformed, 413 for more than 10,000 of them, 422 for ones that do
    not fit the object (a path that is not there, a test that fails).
    """
    if len(operations) > _MOST:
        why = f"Limit exceeded: The allowed maximum operations in a JSON patch is {_MOST}, got {len(operations)}"
        raise ApiError(413, "RequestEntityTooLarge", why)
    document: Any = copy_json(current)
    for operation in operations:
        document = _apply(document, operation)
    if not isinstance(document, dict):
        raise _misfit("the patched document is not an object")
    return document


def _apply(document: Any, operation: Json) -> Any:  # noqa: ANN401  # any JSON may stand at a path
    if not isinstance(operation, dict) or not isinstance(operation.get("path"), str):
        raise bad_request("error decoding patch: every operation needs an op and a path")
    name, path = operation.get("op"), _split(operation["path"])
    if name in ("add", "replace", "test") and "value" not in operation:
        raise bad_request(f"error decoding patch: {name} operation without a value")
    match name:
        case "add":
            return _add(document, path, copy_json(operation["value"]))
        case "replace":
            _read(document, path)
            return _add(_remove(document, path), path, copy_json(operation["value"])) if path else operation["value"]
        case "remove":
            return _remove(document, path)
        case "test":
            if _read_or_none(document, path) != operation["value"]:
                raise _misfit(f"testing value {operation['path']} failed")
            return document
        case "move" | "copy":
            source = _split(str(operation.get("from", "")))
            value = copy_json(_read(document, source))
            return _add(_remove(document, source) if name == "move" else document, path, value)
    raise bad_request(f"error decoding patch: unexpected kind: {name}")


def _split(pointer: str) -> list[str]:
    if pointer and not pointer.startswith("/"):
        raise bad_request(f"error decoding patch: path {pointer} does not begin with /")
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def _read(document: Any, path: list[str]) -> Any:  # noqa: ANN401  # any JSON may stand at a path
    value = document
    for part in path:
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list):
            value = value[_index(part, len(value) - 1)]
        else:
            raise _misfit(f"doc is missing path: /{'/'.join(path)}: missing value")
    return value


def _read_or_none(document: Any, path: list[str]) -> Any:  # noqa: ANN401  # any JSON may stand at a path
    try:
        return _read(document, path)
    except ApiError:
        return None


def _add(document: Any, path: list[str], value: Any) -> Any:  # noqa: ANN401  # any JSON may stand at a path
    if not path:
        return value
    holder = _read(document, path[:-1])
    if isinstance(holder, dict):
        holder[path[-1]] = value
    elif isinstance(holder, list):
        holder.insert(len(holder) if path[-1] == "-" else _index(path[-1], len(holder)), value)
    else:
        raise _misfit(f"add operation does not apply: doc is missing path: /{'/'.join(path)}: missing value")
    return document


def _remove(document: Any, path: list[str]) -> Any:  # noqa: ANN401  # any JSON may stand at a path
    if not path:
        raise _misfit("remove operation does not apply to the whole document")
    _read(document, path)
    holder = _read(document, path[:-1])
    if isinstance(holder, list):
        del holder[int(path[-1])]
    else:
        del holder[path[-1]]
    return document


def _index(part: str, last: int) -> int:
    if not (part.isascii() and part.isdigit()) or int(part) > last:
        raise _misfit(f"Unable to access invalid index: {part}: invalid index referenced")
    return int(part)


def _misfit(why: str) -> ApiError:
    message = "the server rejected our request due to an error in our request"
    return ApiError(422, "Invalid", message, {"causes": [{"reason": "UnexpectedServerResponse", "message": why}]})
