"""A YAML text composed into nodes, and refused with the line where it is not plain data.

Of PyYAML only the parser and the composer are used. Before anything is composed, tags (`!!python/…`), several documents
and nesting without end are refused.
"""

from typing import Final

import yaml

from clients.errors import Rejected
from clients.values import words

SYSTEM: Final = "The values' file"
# z2jh's own values.yaml with all its comments has 30 KiB; reading this much takes some seconds.
LARGEST: Final = 256 << 10
DEEPEST: Final = 40
_MERGE: Final = "<<"


class _Loader(yaml.SafeLoader):
    """PyYAML's loader, but it leaves plain words as they are, and accepts an anchor that was given before."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Compose the next node. An anchor means what it was given last."""
        if not self.check_event(yaml.AliasEvent):
            event: object = self.peek_event()  # type: ignore[no-untyped-call] # PyYAML's stubs have no type for it
            self.anchors.pop(getattr(event, "anchor", None), None)
        return super().compose_node(parent, index)


_Loader.yaml_implicit_resolvers = {}


def composed(text: str) -> yaml.Node | None:
    """Return the root node of the text; None for an empty one. Raise Rejected, with the line but none of its text."""
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
    """Return the reason why it is not YAML, without the text that was found."""
    return next((words for part, words in _MISTAKES.items() if part in (problem or "")), "it cannot be read as such")


def _check(text: str) -> None:
    """Refuse what is not plain data, event by event, before any of it is composed. Raise Rejected."""
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


def is_merge(key: yaml.Node) -> bool:
    """Return True for a merge key, an unquoted “<<”."""
    return isinstance(key, yaml.ScalarNode) and key.style is None and key.value == _MERGE


def name_of(key: yaml.Node) -> str:
    """Return the name as helm reads it: `on` is “true”, 08 is “8”. Raise Rejected for what cannot be a name."""
    name = (words.name(key.value) if key.style is None else key.value) if isinstance(key, yaml.ScalarNode) else None
    if not isinstance(name, str):
        raise refused("no name", "A name must be text: put it in quotes.", key)
    return name


def refused(code: str, why: str, at: yaml.Node | yaml.Event | None = None) -> Rejected:
    """Return the error for an unusable file, with the line where there is one."""
    where = f"Line {at.start_mark.line + 1}: " if at is not None and at.start_mark is not None else ""
    return Rejected(SYSTEM, code, f"{SYSTEM} cannot be used. {where}{why}")
