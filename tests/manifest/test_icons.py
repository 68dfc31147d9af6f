"""The icons of the Teams app: of Teams' sizes and colours, and what the script beside them draws."""

import importlib.util
import json
import struct
import zlib
from pathlib import Path

import pytest

MANIFEST = Path(__file__).parents[2] / "manifest"


@pytest.fixture(scope="module")
def draw():
    spec = importlib.util.spec_from_file_location("draw", MANIFEST / "draw.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pixels(png):
    """Width, height, and a list of RGBA for each pixel, of a PNG without filters."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height, depth, kind = struct.unpack(">IIBB", png[16:26])
    assert (depth, kind) == (8, 6)
    at, packed = 8, b""
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        name, content = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        assert zlib.crc32(name + content) == struct.unpack(">I", png[at + 8 + length : at + 12 + length])[0]
        packed += content if name == b"IDAT" else b""
        at += 12 + length
    rows = zlib.decompress(packed)
    step = 4 * width + 1
    assert len(rows) == step * height
    assert {rows[y * step] for y in range(height)} == {0}
    flat = b"".join(rows[y * step + 1 : (y + 1) * step] for y in range(height))
    return width, height, [tuple(flat[n : n + 4]) for n in range(0, len(flat), 4)]


def icon(name):
    return pixels((MANIFEST / name).read_bytes())


def accent():
    code = json.loads((MANIFEST / "manifest.json").read_text("utf-8"))["accentColor"]
    return tuple(bytes.fromhex(code.removeprefix("#")))


def test_the_coloured_one_is_192_wide_and_high_with_its_symbol_in_the_middle_120():
    width, height, shown = icon("color.png")
    assert (width, height) == (192, 192)
    assert {alpha for *_, alpha in shown} == {255}
    outside = [shown[y * 192 + x] for y in range(192) for x in range(192) if not (36 <= x < 156 and 36 <= y < 156)]
    assert set(outside) == {(*accent(), 255)}
    assert (255, 255, 255, 255) in shown


def test_the_outline_is_32_wide_and_high_white_on_nothing():
    width, height, shown = icon("outline.png")
    assert (width, height) == (32, 32)
    assert {pixel[:3] for pixel in shown} == {(255, 255, 255)}
    assert {0, 255} <= {alpha for *_, alpha in shown}
    assert sum(alpha == 0 for *_, alpha in shown) > len(shown) / 2


def test_they_are_what_the_script_draws(draw):
    assert pixels(draw.colour(accent())) == icon("color.png")
    assert pixels(draw.outline()) == icon("outline.png")
