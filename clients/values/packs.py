"""The unpacked size of a git pack, found without unpacking it into memory.

A pack of some kilobytes may hold gigabytes: each object is compressed, and a delta may copy the same bytes many times.
"""

import zlib
from typing import Final

_PIECE: Final = 1 << 16
_HEADER: Final = 12
_OFFSET_DELTA, _REFERENCE_DELTA = 6, 7
_NAME: Final = 20


def unpacked_size(pack: bytes, most: int) -> int:
    """Return the bytes of all its objects, or some number above `most`. Raise ValueError if it is no pack."""
    if not pack.startswith(b"PACK"):
        raise ValueError("no pack")
    at, total = _HEADER, 0
    for _ in range(int.from_bytes(pack[8:_HEADER], "big")):
        kind = (_byte(pack, at) >> 4) & 7
        at = _after_number(pack, at)
        if kind == _OFFSET_DELTA:
            at = _after_number(pack, at)
        if kind == _REFERENCE_DELTA:
            at += _NAME
        begin, size, at = _inflated(pack, at, most - total)
        total += _target(begin) if kind in (_OFFSET_DELTA, _REFERENCE_DELTA) else 0
        total += size
        if total > most:
            return total
    return total


def _byte(pack: bytes, at: int) -> int:
    if at >= len(pack):
        raise ValueError("cut short")
    return pack[at]


def _after_number(pack: bytes, at: int) -> int:
    """Return the offset behind a number of seven bits a byte, of which all but the last have the highest bit set."""
    while _byte(pack, at) & 0x80:
        at += 1
    return at + 1


def _inflated(pack: bytes, at: int, most: int) -> tuple[bytes, int, int]:
    """Return the beginning of the compressed stream at `at`, its unpacked size, and the offset of its end.

    Beyond `most` bytes it is not unpacked further: the size is then some number above that.
    """
    unpacker, begin, size = zlib.decompressobj(), b"", 0
    piece = b""
    try:
        while not unpacker.eof and size <= most:
            if not piece:
                piece, at = pack[at : at + _PIECE], at + _PIECE
                if not piece:
                    raise ValueError("cut short")
            out = unpacker.decompress(piece, _PIECE)
            piece = unpacker.unconsumed_tail
            begin, size = begin or out[:_NAME], size + len(out)
    except zlib.error as error:
        raise ValueError("not compressed as git does") from error
    return begin, size, min(at, len(pack)) - len(unpacker.unused_data)


def _target(delta: bytes) -> int:
    """Return the size of what a delta makes: the second of the two numbers that it begins with."""
    at = _after_number(delta, 0)
    end = _after_number(delta, at)
    return sum((byte & 0x7F) << (7 * place) for place, byte in enumerate(delta[at:end]))
