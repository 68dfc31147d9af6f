"""A file of values, read as helm reads it, and refused with the line where it is not plain data.

What a plain word means is helm's to say (`clients.values.words`): of PyYAML only the parser and the composer are used.
Anchors, aliases and merge keys are read as go-yaml 2 reads them: an anchor that is given again means the later value
from there on, and what a merge key brings counts from where it stands. What would mean more than it says is refused
before anything is made of it: repetitions that grow beyond all bounds, anchors within themselves, tags
(`!!python/…`), nesting without end.
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

SYSTEM: Final = "The values' file"
# z2jh's own values.yaml with all its comments has 30 KiB; reading this much takes some seconds.
LARGEST: Final = 256 << 10
DEEPEST: Final = 40
# How many values may come of aliases. Helm itself takes some 400,000 (go-yaml 2, allowedAliasRatio).
MOST_REPEATED: Final = 50_000
_MERGE: Final = "<<"


class _Loader(yaml.SafeLoader):
    """PyYAML's, which leaves plain words as they are, and takes an anchor that was given before."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Compose the next node. An anchor means what it was given last."""
        if not self.check_event(yaml.AliasEvent):
            event: object = self.peek_event()  # type: ignore[no-untyped-call] # PyYAML's stubs have no type for it
            self.anchors.pop(getattr(event, "anchor", None), None)
        return super().compose_node(parent, index)


_Loader.yaml_implicit_resolvers = {}


@dataclass(frozen=True)
class ValuesDocument:
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


def parse(text: str) -> ValuesDocument:
    """Return the values in a file's text; none in an empty one. Raise Rejected, with the line but none of its text."""
    if len(text.encode("utf-8", "surrogatepass")) > LARGEST:
        raise refused("too large", f"It is larger than {LARGEST >> 10} KiB.")
    return ValuesDocument(*_mapping_in(text))


def scalar_or_flow(text: str) -> object:
    """Return one value, as typed: `8G`, `true`, `[a, b]`, `{cpu: 2}`. Raise Rejected as `parse` does."""
    try:
        node = _composed(text)
        if isinstance(node, yaml.CollectionNode) and not node.flow_style:
            raise refused("no value", "Put mappings and lists in brackets, as in {cpu: 2} or [a, b].")
        return None if node is None else _Maker(node).made
    except Rejected as error:
        why = str(error).partition(". ")[2].removeprefix("Line 1: ").removeprefix("Line 1 ")
        raise Rejected("The value", error.code, f"The value cannot be used. {why[:1].upper()}{why[1:]}") from None


@dataclass(frozen=True)
class Repetition:
    """A value that stands once in a file and counts in several places: the line that has it, and where it begins."""

    path: Path
    line: int
    source: int
    merged: bool = False


def repetitions(text: str, path: Path) -> list[Repetition]:
    """What on the way to the path, itself included, is an alias, has one elsewhere, or comes by a merge key."""
    root = _composed(text)
    uses = _uses(root)
    found: list[Repetition] = []
    node: yaml.Node | None = root
    for length, part in enumerate(path, 1):
        key, child, merged = _child(node, part)
        if key is None or child is None:
            break
        if merged or uses.get(id(child), 0) > 1:
            line, source = key.start_mark.line + 1, child.start_mark.line + 1
            found.append(Repetition(path[:length], line, source, merged))
        node = child
    return found


def _uses(root: yaml.Node | None) -> Mapping[int, int]:
    """How often each node is put somewhere."""
    found: dict[int, int] = {}
    left = [root] if root else []
    while left:
        node = left.pop()
        found[id(node)] = found.get(id(node), 0) + 1
        if found[id(node)] == 1 and isinstance(node, yaml.CollectionNode):
            left += [one for child in node.value for one in (child if isinstance(child, tuple) else (child,))]
    return found


def _child(node: yaml.Node | None, part: str | int) -> tuple[yaml.Node | None, yaml.Node | None, bool]:
    """What stands under the name or index, with its key, and whether a merge key brings it. None where nothing does."""
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and 0 <= part < len(node.value):
        return node.value[part], node.value[part], False
    if not isinstance(node, yaml.MappingNode):
        return None, None, False
    for key, child in reversed(node.value):
        if not _is_merge(key) and _name(key) == part:
            return key, child, False
        for one in (child.value if isinstance(child, yaml.SequenceNode) else (child,)) if _is_merge(key) else ():
            its, value, _ = _child(one, part)
            if its is not None:
                return its, value, True
    return None, None, False


def _mapping_in(text: str) -> tuple[Mapping[str, object], Mapping[Path, int]]:
    node = _composed(text)
    if node is None or (isinstance(node, yaml.ScalarNode) and _scalar(node) is None):
        return {}, {(): 1}
    if not isinstance(node, yaml.MappingNode):
        raise refused("no mapping", "It contains no values: the top level must consist of names, such as “hub:”.", node)
    maker = _Maker(node)
    made = maker.made
    return (made if isinstance(made, dict) else {}), {**maker.lines, (): 1}


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
    "found undefined alias": "it repeats (“*”) what has no anchor (“&”)",
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
        if isinstance(event, yaml.DocumentStartEvent) and (event.version or (1, 1)) != (1, 1):
            raise refused("version", "Helm reads YAML 1.1 alone: remove “%YAML”.", event)
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag is not None:
            raise refused("tag", "A tag (“!…”) is not allowed: remove it.", event)
        if depth > DEEPEST:
            raise refused("too deep", f"It is nested more than {DEEPEST} levels deep.", event)
        if documents > 1:
            raise refused("several documents", "“---” begins a second document, but helm takes only one.", event)


class _Maker:
    """What the nodes come to, with the line on which each path's name stands: for an alias, where its anchor has it."""

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
        """Count what comes of aliases, and refuse more than any chart takes."""
        self._repeated += id(node) in self._seen
        self._seen.add(id(node))
        if self._repeated > MOST_REPEATED:
            raise refused("too much", f"Aliases (“*”) repeat more than {MOST_REPEATED:,} values.", node)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, object]:
        made: dict[str, object] = {}
        typed: dict[str, int] = {}
        for key, child in node.value:
            if _is_merge(key):
                self._merge(child, path, made)
                continue
            name = _name(key)
            line = key.start_mark.line + 1
            if name in typed:
                raise refused("twice", f"The name is already used in line {typed[name]}.", key)
            typed[name] = line
            self.lines[(*path, name)] = line
            made[name] = self._value(child, (*path, name))
        return made

    def _merge(self, node: yaml.Node, path: Path, into: dict[str, object]) -> None:
        """Put what a merge key brings in place of what is there; of several mappings the first counts most."""
        several = isinstance(node, yaml.SequenceNode)
        for one in reversed(node.value) if several else (node,):
            if not isinstance(one, yaml.MappingNode):
                raise refused("merge", "“<<” (a merge key) takes a mapping, or a list of them.", node)
            with self._inside(one, path):
                into.update(self._mapping(one, path))


def _is_merge(key: yaml.Node) -> bool:
    return isinstance(key, yaml.ScalarNode) and key.style is None and key.value == _MERGE


def _name(key: yaml.Node) -> str:
    """The name as helm reads it: `on` is “true”, 08 is “8”. Raises Rejected for what cannot be one."""
    name = (words.name(key.value) if key.style is None else key.value) if isinstance(key, yaml.ScalarNode) else None
    if not isinstance(name, str):
        raise refused("no name", "A name must be text: put it in quotes.", key)
    return name


def _scalar(node: yaml.ScalarNode) -> words.Scalar:
    made: words.Scalar = words.meaning(node.value) if node.style is None else node.value
    if isinstance(made, float) and not math.isfinite(made):
        raise refused("no number", "An infinite number cannot be passed to helm.", node)
    return made


def refused(code: str, why: str, at: yaml.Node | yaml.Event | None = None) -> Rejected:
    """The error for it, with the line where there is one."""
    where = f"Line {at.start_mark.line + 1}: " if at is not None and at.start_mark is not None else ""
    return Rejected(SYSTEM, code, f"{SYSTEM} cannot be used. {where}{why}")
