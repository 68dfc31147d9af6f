"""Reads the protobuf form of request bodies into the JSON form; answers are always JSON."""

import base64
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.apiserver.serialization.protobuf_schema import Field, messages

_MAGIC = b"k8s\x00"
_VARINT, _FIXED_64, _BYTES, _FIXED_32 = 0, 1, 2, 5
_MOST_VARINT_BITS = 70
_ZERO_TIME = -62135596800
_DEEPEST = 64


class UnknownMessageError(Exception):
    """A body of a kind that has no table here; the kind's name is the only argument."""


def decode(body: bytes) -> Json:
    """Return the object in a body of type application/vnd.kubernetes.protobuf.

    Raise ValueError for bytes that are not such a message, UnknownMessageError for a kind without a table.
    """
    if not body.startswith(_MAGIC):
        raise ValueError("provided data does not appear to be a protobuf message, expected prefix k8s")
    envelope = dict(_fields(body[len(_MAGIC) :]))
    about = _parts(envelope.get(1, b""))
    version, kind = _text(about.get(1, b"")), _text(about.get(2, b""))
    if kind not in messages():
        raise UnknownMessageError(kind)
    return {"kind": kind, "apiVersion": version, **_message(kind, _as_bytes(envelope.get(2, b"")), 0)}


def _message(name: str, data: bytes, depth: int) -> Json:
    if depth > _DEEPEST:
        raise ValueError("nested too deep")
    known = messages()[name]
    result: Json = {}
    for number, raw in _fields(data):
        field = known.get(number)
        if field is not None:
            _place(result, field, raw, depth)
    return result


def _place(result: Json, field: Field, raw: int | bytes, depth: int) -> None:
    if field.shape == "inline":
        result.update(_message(field.type, _as_bytes(raw), depth + 1))
    elif field.shape == "list":
        result.setdefault(field.name, []).extend(_items(field.type, raw, depth))
    elif field.shape == "map":
        entry = _parts(raw)
        result.setdefault(field.name, {})[_text(entry.get(1, b""))] = _value(field.type, entry.get(2, b""), depth)
    else:
        value = _value(field.type, raw, depth)
        if not _left_out(field.type, value):
            result[field.name] = value


def _left_out(kind: str, value: object) -> bool:
    """Return True if Go's JSON omits the value: its protobuf writes every field that is not a pointer."""
    if value is None:
        return True
    return kind in ("string", "bytes", "count", "flag") and not value


def _items(kind: str, raw: int | bytes, depth: int) -> Iterator[Any]:
    if kind == "int" and isinstance(raw, bytes):
        at = 0
        while at < len(raw):
            number, at = _varint(raw, at)
            yield _signed(number)
    else:
        yield _value(kind, raw, depth)


def _value(kind: str, raw: int | bytes, depth: int) -> Any:  # noqa: ANN401  # any JSON value may come of it
    read = _READERS.get(kind)
    return read(raw) if read else _message(kind, _as_bytes(raw), depth + 1)


def _text(raw: int | bytes) -> str:
    return _as_bytes(raw).decode()


def _number(raw: int | bytes) -> int:
    return _signed(_as_int(raw))


def _quantity(raw: int | bytes) -> str:
    return _text(_parts(raw).get(1, b""))


def _number_or_text(raw: int | bytes) -> int | str:
    parts = _parts(raw)
    return _text(parts.get(3, b"")) if parts.get(1) else _number(parts.get(2, 0))


def _time(raw: int | bytes, precision: str = "seconds") -> str | None:
    parts = _parts(raw)
    seconds, nanos = _number(parts.get(1, 0)), _as_int(parts.get(2, 0))
    if seconds in (0, _ZERO_TIME):
        return None
    moment = datetime.fromtimestamp(seconds, UTC).replace(microsecond=nanos // 1000)
    return moment.replace(tzinfo=None).isoformat(timespec=precision) + "Z"


_READERS: dict[str, Callable[[int | bytes], object]] = {
    "string": _text,
    "text": _text,
    "bytes": lambda raw: base64.b64encode(_as_bytes(raw)).decode(),
    "int": _number,
    "count": _number,
    "bool": lambda raw: bool(_as_int(raw)),
    "flag": lambda raw: bool(_as_int(raw)),
    "Quantity": _quantity,
    "IntOrString": _number_or_text,
    "Time": _time,
    "MicroTime": lambda raw: _time(raw, "microseconds"),
}


def _parts(raw: int | bytes) -> dict[int, int | bytes]:
    return dict(_fields(_as_bytes(raw)))


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, wire = tag >> 3, tag & 7
        if wire == _VARINT:
            value, at = _varint(data, at)
            yield number, value
            continue
        if wire == _BYTES:
            size, at = _varint(data, at)
        elif wire in (_FIXED_64, _FIXED_32):
            size = 8 if wire == _FIXED_64 else 4
        else:
            raise ValueError(f"illegal wire type {wire}")
        if at + size > len(data):
            raise ValueError("unexpected EOF")
        yield number, data[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    result = shift = 0
    while shift < _MOST_VARINT_BITS:
        if at >= len(data):
            raise ValueError("unexpected EOF")
        byte = data[at]
        at += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004  # the continuation bit
            return result, at
        shift += 7
    raise ValueError("integer overflow")


def _signed(number: int) -> int:
    number &= (1 << 64) - 1
    return number - (1 << 64) if number >> 63 else number


def _as_bytes(value: int | bytes) -> bytes:
    if isinstance(value, bytes):
        return value
    raise ValueError("wrong wire type")


def _as_int(value: int | bytes) -> int:
    if isinstance(value, int):
        return value
    raise ValueError("wrong wire type")
