"""A file of values, read as helm reads it, with the line of each value.

The meaning of a plain word is helm's (`clients.values.words`). Anchors, aliases and merge keys are read as go-yaml 2
reads them: an anchor that is given again means the later value from there on, and what a merge key brings counts from
where it stands. Text that could expand is refused: repetitions that grow beyond all bounds, anchors within themselves.
"""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import yaml

from clients.errors import Rejected
from clients.values import words
from clients.values.changes import Path
from clients.values.composition import DEEPEST, LARGEST, composed, is_merge, name_of, refused

# How many values may come of aliases. Helm itself takes some 400,000 (go-yaml 2, allowedAliasRatio).
MOST_REPEATED: Final = 50_000


@dataclass(frozen=True)
class ValuesDocument:
    """Values, and the line (from 1) of each path's name; the empty path is the file's first line."""

    values: Mapping[str, object] = field(repr=False)
    lines: Mapping[Path, int]

    def line(self, path: Path) -> int:
        """Return the line of the path, or else of the nearest path that contains it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def decoded(content: bytes) -> str:
    """Return the text of a file. Raise Rejected if it is not UTF-8, with the line, or too large."""
    if len(content) > LARGEST:
        raise refused("too large", f"It is larger than {LARGEST >> 10} KiB.")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise refused("no text", f"Line {line} is not UTF-8 text.") from None


def parse(text: str) -> ValuesDocument:
    """Return the values in a file's text; none in an empty one. Raise Rejected, with the line but none of its text."""
    if len(text.encode("utf-8", "surrogatepass")) > LARGEST:
        raise refused("too large", f"It is larger than {LARGEST >> 10} KiB.")
    return ValuesDocument(*_mapping_in(text))


def scalar_or_flow(text: str) -> object:
    """Return one value, as typed: `8G`, `true`, `[a, b]`, `{cpu: 2}`. Raise Rejected as `parse` does."""
    try:
        node = composed(text)
        if isinstance(node, yaml.CollectionNode) and not node.flow_style:
            raise refused("no value", "Put mappings and lists in brackets, as in {cpu: 2} or [a, b].")
        return None if node is None else _Maker(node).made
    except Rejected as error:
        why = str(error).partition(". ")[2].removeprefix("Line 1: ").removeprefix("Line 1 ")
        raise Rejected("The value", error.code, f"The value cannot be used. {why[:1].upper()}{why[1:]}") from None


def _mapping_in(text: str) -> tuple[Mapping[str, object], Mapping[Path, int]]:
    node = composed(text)
    if node is None or (isinstance(node, yaml.ScalarNode) and _scalar(node) is None):
        return {}, {(): 1}
    if not isinstance(node, yaml.MappingNode):
        raise refused("no mapping", "It contains no values: the top level must consist of names, such as “hub:”.", node)
    maker = _Maker(node)
    made = maker.made
    return (made if isinstance(made, dict) else {}), {**maker.lines, (): 1}


class _Maker:
    """The value of the nodes, with the line of each path's name: for an alias, where its anchor has it."""

    def __init__(self, root: yaml.Node) -> None:
        self.lines: dict[Path, int] = {}
        self._seen: set[int] = set()
        self._within: set[int] = set()
        self._repeated = 0
        self.made = self._value(root, ())

    def _value(self, node: yaml.Node, path: Path) -> object:
        if isinstance(node, yaml.ScalarNode):
            self._count(node)
            return _scalar(node)
        with self._inside(node, path):
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, path)
            return [self._item(child, (*path, index)) for index, child in enumerate(node.value)]

    def _item(self, node: yaml.Node, path: Path) -> object:
        self.lines[path] = node.start_mark.line + 1
        return self._value(node, path)

    @contextmanager
    def _inside(self, node: yaml.Node, path: Path) -> Iterator[None]:
        self._count(node)
        if id(node) in self._within:
            raise refused("loop", "What is repeated here (“*”) would contain itself.", node)
        if len(path) > DEEPEST:
            raise refused("too deep", f"It is nested more than {DEEPEST} levels deep.", node)
        self._within.add(id(node))
        yield
        self._within.discard(id(node))

    def _count(self, node: yaml.Node) -> None:
        """Count what comes of aliases. Raise Rejected beyond what any chart takes."""
        self._repeated += id(node) in self._seen
        self._seen.add(id(node))
        if self._repeated > MOST_REPEATED:
            raise refused("too much", f"Aliases (“*”) repeat more than {MOST_REPEATED:,} values.", node)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, object]:
        made: dict[str, object] = {}
        typed: dict[str, int] = {}
        for key, child in node.value:
            if is_merge(key):
                self._merge(child, path, made)
                continue
            name = name_of(key)
            line = key.start_mark.line + 1
            if name in typed:
                raise refused("twice", f"The name is already used in line {typed[name]}.", key)
            typed[name] = line
            self.lines[(*path, name)] = line
            made[name] = self._value(child, (*path, name))
        return made

    def _merge(self, node: yaml.Node, path: Path, into: dict[str, object]) -> None:
        """Put what a merge key brings in place of what is there; of several mappings the first takes precedence."""
        several = isinstance(node, yaml.SequenceNode)
        for one in reversed(node.value) if several else (node,):
            if not isinstance(one, yaml.MappingNode):
                raise refused("merge", "“<<” (a merge key) takes a mapping, or a list of them.", node)
            with self._inside(one, path):
                into.update(self._mapping(one, path))


def _scalar(node: yaml.ScalarNode) -> words.Scalar:
    made: words.Scalar = words.meaning(node.value) if node.style is None else node.value
    if isinstance(made, float) and not math.isfinite(made):
        raise refused("no number", "An infinite number cannot be passed to helm.", node)
    return made
