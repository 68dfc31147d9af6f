"""Values as they may be shown in a chat: as YAML, without secrets, those known by their names and by their shape."""

from collections.abc import Mapping
from typing import Final

import yaml

from clients.values import Path
from commands.reads import Reads
from commands.redaction import MARK, Redactor
from commands.release_secrets import known_secrets, leaves, secrets_among

_WIDE: Final = 1 << 16


class _Dumper(yaml.SafeDumper):
    """PyYAML's, with texts of several lines as such, and lists deeper than what holds them."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 - PyYAML's
        """Never leave a list at its name's margin."""
        super().increase_indent(flow, indentless=False)  # type: ignore[no-untyped-call] # PyYAML's own


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text.strip() else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


async def redactor(reads: Reads, *values: Mapping[str, object]) -> Redactor:
    """What hides the secrets of the last revisions and of these values. Raises Unavailable: nothing is shown then."""
    known = await known_secrets(reads)
    return Redactor(known.union(*(secrets_among(one) for one in values)))


def as_lines(value: object, hide: Redactor) -> list[str]:
    """The value as lines of YAML, in its own order, secrets as [hidden]."""
    text = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDE)
    return hide.lines([line for line in text.splitlines() if line != "..."])


def hidden(values: object) -> object:
    """The same with [hidden] in place of what stands under names that mean a secret."""
    return _hidden(values, (), frozenset(leaf.path for leaf in leaves(values) if leaf.secret))


def _hidden(values: object, path: Path, secrets: frozenset[Path]) -> object:
    if path in secrets and values not in (None, ""):
        return MARK
    if isinstance(values, Mapping):
        return {name: _hidden(child, (*path, str(name)), secrets) for name, child in values.items()}
    if isinstance(values, list):
        return [_hidden(child, (*path, index), secrets) for index, child in enumerate(values)]
    return values
