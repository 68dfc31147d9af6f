"""Draws the app's icons: a speech bubble with a hub in it. `python manifest/draw.py` writes them beside this file.

Teams wants 192 by 192 pixels in colour, what matters within the middle 120, and 32 by 32 in white on transparent. They
are committed; a test draws them again.
"""

import json
import math
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

HERE = Path(__file__).parent
WHITE = (255, 255, 255)

Point = tuple[float, float]
# How far a point is outside a shape, in pixels; negative within.
Shape = Callable[[Point], float]
Colour = tuple[int, ...]
Layer = tuple[Shape, Colour]


def disc(middle: Point, radius: float) -> Shape:
    """Return a filled circle."""
    return lambda at: math.dist(at, middle) - radius


def line(start: Point, end: Point, width: float) -> Shape:
    """Return a line with round ends."""
    run = (end[0] - start[0], end[1] - start[1])
    length = run[0] ** 2 + run[1] ** 2

    def distance(at: Point) -> float:
        along = ((at[0] - start[0]) * run[0] + (at[1] - start[1]) * run[1]) / length
        share = min(1.0, max(0.0, along))
        return math.dist(at, (start[0] + share * run[0], start[1] + share * run[1])) - width / 2

    return distance


def tip(corners: tuple[Point, Point, Point]) -> Shape:
    """Return a triangle, its corners clockwise on the screen."""

    def distance(at: Point) -> float:
        edges = zip(corners, (*corners[1:], corners[0]), strict=True)
        return max(
            ((at[0] - x) * (v - y) - (at[1] - y) * (u - x)) / math.dist((x, y), (u, v)) for (x, y), (u, v) in edges
        )

    return distance


def box(middle: Point, half: Point, radius: float) -> Shape:
    """Return a rectangle with round corners."""

    def distance(at: Point) -> float:
        out = [abs(a - m) - h + radius for a, m, h in zip(at, middle, half, strict=True)]
        return math.hypot(max(out[0], 0.0), max(out[1], 0.0)) + min(max(out), 0.0) - radius

    return distance


def together(*shapes: Shape) -> Shape:
    """Return the union of shapes."""
    return lambda at: min(shape(at) for shape in shapes)


def outlined(shape: Shape, width: float) -> Shape:
    """Return only the border of a shape, drawn inwards."""
    return lambda at: max(shape(at), -shape(at) - width)


def bubble(unit: float, middle: float) -> Shape:
    """Return a speech bubble; `unit` is a twelfth of its width."""
    whole = box((middle, middle - unit), (6 * unit, 4.75 * unit), 2 * unit)
    low = middle + 3 * unit
    tail = tip(((middle - 3.6 * unit, low), (middle - 0.2 * unit, low), (middle - 3.4 * unit, middle + 6 * unit)))
    return together(whole, tail)


def hub(unit: float, middle: float) -> Shape:
    """Return a hub: a disc in the middle, and three around it, linked by spokes."""
    centre = (middle, middle - unit)
    turns = [math.radians(degrees) for degrees in (-90, 30, 150)]
    ends = [(centre[0] + 2.9 * unit * math.cos(turn), centre[1] + 2.9 * unit * math.sin(turn)) for turn in turns]
    spokes = [line(centre, end, 0.7 * unit) for end in ends]
    return together(disc(centre, 1.25 * unit), *(disc(end, 0.85 * unit) for end in ends), *spokes)


def colour(accent: Colour) -> bytes:
    """Return the coloured icon."""
    layers = [(box((96, 96), (200, 200), 0), accent), (bubble(10, 96), WHITE), (hub(10, 96), accent)]
    return png(192, layers)


def outline() -> bytes:
    """Return the icon that Teams shows in its own bars."""
    return png(32, [(together(outlined(bubble(2.4, 16.4), 1.9), hub(2.05, 15.9)), WHITE)])


def png(size: int, layers: list[Layer]) -> bytes:
    """Return the layers as a PNG, the first at the bottom, on transparency. Third edition: 8 bits, RGBA, no filter."""
    rows = b"".join(b"\0" + bytes(_row(size, y, layers)) for y in range(size))
    head = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(map(_chunk, chunks))


def _row(size: int, y: int, layers: list[Layer]) -> Iterator[int]:
    for x in range(size):
        yield from _pixel((x + 0.5, y + 0.5), layers)


def _pixel(at: Point, layers: list[Layer]) -> Colour:
    shown, opacity = layers[0][1], 0.0
    for shape, paint in layers:
        share = min(1.0, max(0.0, 0.5 - shape(at)))
        shown = tuple(round(old + share * (new - old)) for old, new in zip(shown, paint, strict=True))
        opacity += share * (1 - opacity)
    return (*shown, round(255 * opacity))


def _chunk(chunk: tuple[bytes, bytes]) -> bytes:
    name, content = chunk
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


if __name__ == "__main__":
    code = json.loads((HERE / "manifest.json").read_text("utf-8"))["accentColor"]
    (HERE / "color.png").write_bytes(colour(tuple(bytes.fromhex(code[1:]))))
    (HERE / "outline.png").write_bytes(outline())
