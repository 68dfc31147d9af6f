"""Makes a screenshot small: a palette of its 256 most common colours in place of true colour. For Chromium's PNGs."""

import struct
import zlib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_BYTES = 3
_COLOURS = 256


def shrink(path: Path) -> None:
    """Rewrite the file. Raise ValueError if it is not a plain 8-bit RGB screenshot."""
    chunks = list(_chunks(path.read_bytes()))
    width, height, depth, kind = struct.unpack(">IIBB", chunks[0][1][:10])
    if (depth, kind) != (8, 2):
        raise ValueError(f"{path} is not 8-bit RGB")
    rows = _rows(zlib.decompress(b"".join(body for name, body in chunks if name == b"IDAT")), width * _BYTES)
    pixels = [row[x : x + _BYTES] for row in rows for x in range(0, len(row), _BYTES)]
    palette, indices = _indexed(pixels)
    lines = b"".join(b"\0" + indices[y * width : (y + 1) * width] for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = ((b"IHDR", header), (b"PLTE", palette), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    path.write_bytes(_SIGNATURE + b"".join(_chunk(name, body) for name, body in parts))


def _indexed(pixels: list[bytes]) -> tuple[bytes, bytes]:
    colours = [colour for colour, _ in Counter(pixels).most_common(_COLOURS)]

    @cache
    def nearest(pixel: bytes) -> int:
        def distance(index: int) -> int:
            return sum((a - b) ** 2 for a, b in zip(colours[index], pixel, strict=True))

        return min(range(len(colours)), key=distance)

    return b"".join(colours), bytes(map(nearest, pixels))


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_SIGNATURE)
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += length + 12


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _rows(data: bytes, length: int) -> Iterator[bytes]:
    """Yield the rows as they were before PNG's filters (PNG specification, third edition, section 9.2)."""
    above = bytes(length)
    for start in range(0, len(data), length + 1):
        above = _unfiltered(data[start], data[start + 1 : start + 1 + length], above)
        yield above


def _unfiltered(kind: int, line: bytes, above: bytes) -> bytes:
    row = bytearray(line)
    for i, byte in enumerate(line):
        left = row[i - _BYTES] if i >= _BYTES else 0
        corner = above[i - _BYTES] if i >= _BYTES else 0
        guess = (0, left, above[i], (left + above[i]) // 2, _paeth(left, above[i], corner))[kind]
        row[i] = (byte + guess) & 255
    return bytes(row)


def _paeth(left: int, above: int, corner: int) -> int:
    return min((left, above, corner), key=lambda value: abs(left + above - corner - value))
