"""A configuration file as text: YAML with the line of everything in it, and nothing that a person would not write.

Refused are tags, anchors' aliases (which multiply), the same key twice (of which YAML takes the last), several
documents, and what is larger or deeper than a configuration ever is.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

import yaml

Path = tuple[str | int, ...]

LARGEST: Final = 256 * 1024
_DEEPEST: Final = 12
_QUOTED: Final = re.compile(r"'[^'<>]{2,}'")


class _Mark(Protocol):
    """A place in the text, counted from 0, as both of PyYAML's parsers have it."""

    line: int
    column: int


@dataclass(frozen=True)
class Spot:
    """A place in the text, counted from 1."""

    line: int
    column: int


class DocumentError(ValueError):
    """The text is no configuration. The message shows nothing of what stands there, but the name of a key."""

    def __init__(self, spot: Spot, what: str) -> None:
        super().__init__(what)
        self.spot = spot


@dataclass(frozen=True)
class YamlDocument:
    """Content of the text, and its places: of a setting its key, of an item of a list its value."""

    content: dict[str, object]
    spots: Mapping[Path, Spot]

    def spot(self, path: Path) -> Spot:
        """Return the place of that, or of what is closest to it among those above."""
        while path and path not in self.spots:
            path = path[:-1]
        return self.spots.get(path, Spot(1, 1))


def parse(content: bytes) -> YamlDocument:
    """Return the document in a file's content. Raise DocumentError."""
    if len(content) > LARGEST:
        raise DocumentError(Spot(1, 1), f"is larger than {LARGEST // 1024} KB, the limit for a configuration file")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DocumentError(Spot(line, 1), "is not UTF-8 text") from None
    try:
        return _document(text)
    except yaml.YAMLError as error:
        raise _malformed(error) from None


def _document(text: str) -> YamlDocument:
    _check(yaml.parse(text, Loader=yaml.SafeLoader))
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    if node is None or (isinstance(node, yaml.ScalarNode) and node.tag.endswith(":null")):
        return YamlDocument({}, {})
    if not isinstance(node, yaml.MappingNode):
        raise DocumentError(_spot(node.start_mark), "has no settings: it must be a mapping of sections")
    spots: dict[Path, Spot] = {}
    return YamlDocument(_mapping(node, (), spots), spots)


def _check(events: Iterator[yaml.Event]) -> None:
    depth = documents = 0
    for event in events:
        what = ""
        match event:
            case yaml.DocumentStartEvent():
                documents += 1
                what = "is a second YAML document: a configuration file has one" if documents > 1 else ""
            case yaml.CollectionStartEvent():
                depth += 1
                what = "is nested deeper than any setting" if depth > _DEEPEST else ""
            case yaml.CollectionEndEvent():
                depth -= 1
            case yaml.AliasEvent():
                what = "is an alias (*): write out what it stands for"
        if isinstance(event, yaml.CollectionStartEvent | yaml.ScalarEvent) and event.tag not in (None, "!"):
            what = "has a tag (!): leave it out"
        if what:
            raise DocumentError(_spot(event.start_mark), what)


def _value(node: yaml.Node, path: Path, spots: dict[Path, Spot]) -> object:
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, spots)
    if isinstance(node, yaml.SequenceNode):
        return [_item(inner, (*path, number), spots) for number, inner in enumerate(node.value)]
    return _scalar(node)


def _item(node: yaml.Node, path: Path, spots: dict[Path, Spot]) -> object:
    spots[path] = _spot(node.start_mark)
    return _value(node, path, spots)


def _mapping(node: yaml.MappingNode, path: Path, spots: dict[Path, Spot]) -> dict[str, object]:
    made: dict[str, object] = {}
    for key_node, value_node in node.value:
        spot = _spot(key_node.start_mark)
        if not isinstance(key_node, yaml.ScalarNode):
            raise DocumentError(spot, "is not the name of a setting")
        key = key_node.value
        if key in made:
            first = spots[*path, key]
            raise DocumentError(spot, f"“{key[:60]}” is set a second time; the first is on line {first.line}")
        spots[*path, key] = spot
        made[key] = _value(value_node, (*path, key), spots)
    return made


def _scalar(node: yaml.Node) -> object:
    loader = yaml.SafeLoader("")
    try:
        return loader.construct_object(node)
    except (ValueError, OverflowError):
        raise DocumentError(
            _spot(node.start_mark), "is not a valid date or number: if it is text, put it in quotation marks"
        ) from None
    finally:
        loader.dispose()


def _malformed(error: yaml.YAMLError) -> DocumentError:
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    # What stands there may be a secret; what kind of thing it is may not.
    said = f": {problem}" if problem and not _QUOTED.search(problem) else ""
    return DocumentError(_spot(mark), f"is not YAML{said}")


def _spot(mark: _Mark | None) -> Spot:
    return Spot(mark.line + 1, mark.column + 1) if mark else Spot(1, 1)
