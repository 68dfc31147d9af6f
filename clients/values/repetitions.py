"""Values that stand once in a file and apply in several places: anchors, aliases and merge keys."""

from collections.abc import Mapping
from dataclasses import dataclass

import yaml

from clients.values.changes import Path
from clients.values.composition import composed, is_merge, name_of


@dataclass(frozen=True)
class Repetition:
    """A value that stands once in a file and applies in several places: its line, and the line where it is defined."""

    path: Path
    line: int
    source: int
    merged: bool = False


def repetitions(text: str, path: Path) -> list[Repetition]:
    """Return the parts of the path, itself included, that are an alias, have one elsewhere, or come by a merge key."""
    root = composed(text)
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
    """Return how often each node is used, by its id."""
    found: dict[int, int] = {}
    left = [root] if root else []
    while left:
        node = left.pop()
        found[id(node)] = found.get(id(node), 0) + 1
        if found[id(node)] == 1 and isinstance(node, yaml.CollectionNode):
            left += [one for child in node.value for one in (child if isinstance(child, tuple) else (child,))]
    return found


def _child(node: yaml.Node | None, part: str | int) -> tuple[yaml.Node | None, yaml.Node | None, bool]:
    """Return the key and value under the name or index, and True if a merge key brings them; else None twice."""
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and 0 <= part < len(node.value):
        return node.value[part], node.value[part], False
    if not isinstance(node, yaml.MappingNode):
        return None, None, False
    for key, child in reversed(node.value):
        if not is_merge(key) and name_of(key) == part:
            return key, child, False
        for one in (child.value if isinstance(child, yaml.SequenceNode) else (child,)) if is_merge(key) else ():
            its, value, _ = _child(one, part)
            if its is not None:
                return its, value, True
    return None, None, False
