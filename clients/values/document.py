"""A file of values, read as helm reads it, and refused with the line where it is not plain data.

Helm 3.17 reads YAML 1.1 (its parser is a fork of go-yaml 2): yes and on are true, 0755 is octal. So does PyYAML, but
for dates and numbers to the base of 60, which are texts here as there. What would mean more than it says is refused
before anything is made of it: anchors that are used again (bombs, loops), tags (`!!python/…`), nesting without end.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import yaml

from clients.errors import Rejected
from clients.values.changes import Path

SYSTEM: Final = "The values' file"
# z2jh's own values.yaml with all its comments has 30 KiB; reading this much takes some seconds.
LARGEST: Final = 256 << 10
DEEPEST: Final = 40
_STRANGERS: Final = ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:merge", "tag:yaml.org,2002:value")
_NULL: Final = "tag:yaml.org,2002:null"
_INTEGER: Final = "tag:yaml.org,2002:int"


class _Loader(yaml.SafeLoader):
    """PyYAML's, with Go's idea of what a plain word is."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _STRANGERS]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True)
class Document:
    """Values, and the line (from 1) on which each path's name stands; the empty path is the file's first line."""

    values: Mapping[str, object] = field(repr=False)
    lines: Mapping[Path, int]

    def line(self, path: Path) -> int:
        """Where the path stands, or else the nearest that holds it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def decoded(content: bytes) -> str:
    """The text of a file. Raises Rejected for what is not UTF-8, with the line, and for too much of it."""
    if len(content) > LARGEST:
        raise refused("too large", f"It is larger than {LARGEST >> 10} KiB.")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise refused("no text", f"Line {line} is not UTF-8 text.") from None


def parse(text: str) -> Document:
    """The values in a file's text; none in an empty one. Raises Rejected, naming the line and showing none of it."""
    if len(text.encode("utf-8", "surrogatepass")) > LARGEST:
        raise refused("too large", f"It is larger than {LARGEST >> 10} KiB.")
    return Document(*_mapping_in(text))


def scalar_or_flow(text: str) -> object:
    """One value, as typed: `8G`, `true`, `[a, b]`, `{cpu: 2}`. Raises Rejected for what a file may not hold either."""
    try:
        node = _composed(text)
        if isinstance(node, yaml.CollectionNode) and not node.flow_style:
            raise refused("no value", "Put mappings and lists in brackets, as in {cpu: 2} or [a, b].")
        return None if node is None else _made(node, (), {})
    except Rejected as error:
        why = str(error).partition(". ")[2].removeprefix("Line 1: ").removeprefix("Line 1 ")
        raise Rejected("The value", error.code, f"The value cannot be used. {why[:1].upper()}{why[1:]}") from None


def _mapping_in(text: str) -> tuple[Mapping[str, object], Mapping[Path, int]]:
    node = _composed(text)
    lines: dict[Path, int] = {(): 1}
    if node is None or (isinstance(node, yaml.ScalarNode) and node.tag == _NULL):
        return {}, lines
    if not isinstance(node, yaml.MappingNode):
        raise refused("no mapping", "It contains no values: the top level must consist of names, such as “hub:”.", node)
    made = _made(node, (), lines)
    return (made if isinstance(made, dict) else {}), lines


def _composed(text: str) -> yaml.Node | None:
    try:
        _check(text)
        loader = _Loader(text)
        try:
            found: yaml.Node | None = loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise refused("no YAML", f"Line {mark.line + 1 if mark else 1} is not YAML: {_plain(error.problem)}.") from None
    except yaml.YAMLError:
        raise refused("no YAML", "It contains characters that YAML does not allow.") from None
    return found


# What PyYAML says, by a part of it, in words that help and hold nothing of the text: that may be a secret.
_MISTAKES: Final = {
    "\\t": "it has a tab where there must be spaces",
    "expected ',' or": "a bracket is opened and never closed",
    "unexpected end of stream": "a quotation mark is opened and never closed",
    "mapping values are not allowed": "a colon stands where none may; put the text in quotation marks",
    "could not find expected ':'": "a name has no colon behind it",
    "cannot start any token": "a text begins with a character that YAML keeps for itself; put it in quotation marks",
    "expected '<document start>'": "something stands behind its end, or before its beginning",
}


def _plain(problem: str | None) -> str:
    """Why it is no YAML, without the text that was found."""
    return next((words for part, words in _MISTAKES.items() if part in (problem or "")), "it cannot be read as such")


def _check(text: str) -> None:
    """Refuse what is not plain data, event by event, before any of it is put together."""
    depth = documents = 0
    for event in yaml.parse(text, _Loader):
        documents += isinstance(event, yaml.DocumentStartEvent)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent):
            raise refused("alias", "“*” (an alias) is not allowed: write the value out.", event)
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag is not None:
            raise refused("tag", "A tag (“!…”) is not allowed: remove it.", event)
        if depth > DEEPEST:
            raise refused("too deep", f"It is nested more than {DEEPEST} levels deep.", event)
        if documents > 1:
            raise refused("several documents", "“---” begins a second document, but helm takes only one.", event)


def _made(node: yaml.Node, path: Path, lines: dict[Path, int]) -> object:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return {name: _made(child, (*path, name), lines) for name, child in _pairs(node, path, lines)}
    if isinstance(node, yaml.SequenceNode):
        return [_made(child, (*path, index), lines) for index, child in enumerate(node.value)]
    return _scalar(node)


def _pairs(node: yaml.MappingNode, path: Path, lines: dict[Path, int]) -> Iterator[tuple[str, yaml.Node]]:
    seen: dict[str, int] = {}
    for key, child in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode) or key.tag != "tag:yaml.org,2002:str":
            raise refused("no name", "A name must be text: put it in quotes.", key)
        if key.value == "<<":
            raise refused("merge", "“<<” (a merge key) is not allowed: write the values out.", key)
        if key.value in seen:
            raise refused("twice", f"The name is already used in line {seen[key.value]}.", key)
        seen[key.value] = line
        lines[(*path, key.value)] = line
        yield key.value, child


def _scalar(node: yaml.Node) -> object:
    if node.tag == _INTEGER and ":" in node.value:
        return node.value
    if node.tag == "tag:yaml.org,2002:float" and ":" in node.value:
        return node.value
    loader = _Loader("")
    try:
        made = loader.construct_object(node)
    except (ValueError, yaml.YAMLError):
        raise refused("no value", "This value cannot be read.", node) from None
    finally:
        loader.dispose()
    if isinstance(made, float) and not math.isfinite(made):
        raise refused("no number", "An infinite number cannot be passed to helm.", node)
    return made if isinstance(made, str | int | float | bool | None) else node.value


def refused(code: str, why: str, at: yaml.Node | yaml.Event | None = None) -> Rejected:
    """The error for it, with the line where there is one."""
    where = f"Line {at.start_mark.line + 1}: " if at is not None and at.start_mark is not None else ""
    return Rejected(SYSTEM, code, f"{SYSTEM} cannot be used. {where}{why}")
