"""Helm values as YAML for a chat, without secrets and without what may hold some.

Secrets are recognised by the names above them and by their shape; what may hold anything
(`commands.values.opaque_values`) is hidden as a whole, unless somebody with permission asked to reveal it. Secrets stay
hidden even then.
"""

import re
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from typing import Final

import yaml

from clients.values import Path, is_plain
from commands.ports.context import Reads
from commands.text.redaction import MARK, Redactor
from commands.values.opaque_values import is_empty, named_by_people, opaque_depth, size_in_words
from commands.values.secrets import is_secret_name, known_secrets, leaves, secrets_among

REVEAL: Final = "also show environment variables, files, code, commands and annotations (admins, in a personal chat)"
HIDING: Final = (
    "what is or looks secret, and environment variables, files, code, commands and annotations: admins see these with "
    "--reveal"
)
_WIDE: Final = 1 << 16
# YAML needs quotes around the marks, but people read them better without.
_QUOTED: Final = re.compile(r"'(\[hidden(?:: \d+ [a-z]+)?\])'")


class _Dumper(yaml.SafeDumper):
    """PyYAML's dumper with block style for multi-line strings, and with lists indented below their names."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 - PyYAML's
        """Indent lists, too, instead of leaving them at the margin of their name."""
        super().increase_indent(flow, indentless=False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    # PyYAML leaves n, 08 and 1e3 unquoted, which helm would not read as strings.
    style = "|" if "\n" in text.strip() else None if is_plain(text) else "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


async def redactor(reads: Reads, *values: Mapping[str, object]) -> Redactor:
    """Return a redactor for the secrets of the last revisions and of these values.

    Raise Unavailable if the revisions cannot be read: nothing may be shown then.
    """
    known = await known_secrets(reads)
    return Redactor(known.union(*(secrets_among(one) for one in values)))


def as_lines(value: object, hide: Redactor) -> list[str]:
    """Return the value as lines of YAML, in its own order, secrets as [hidden]."""
    clean = _clean(value, hide)
    text = yaml.dump(clean, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDE)
    return [_QUOTED.sub(r"\1", line) for line in text.splitlines() if line != "..."]


def _clean(value: object, hide: Redactor, name: str = "", *, labels: bool = False) -> object:
    """Return the value without secrets. `name` is its key; `labels` says that people chose the keys in it."""
    if isinstance(value, Mapping):
        inner = {key: "" if labels else str(key) for key in value}
        return {
            _key(key, hide): _clean(child, hide, inner[key], labels=named_by_people(str(key)))
            for key, child in value.items()
        }
    if isinstance(value, list):
        return [_clean(child, hide, name) for child in value]
    if value is None or isinstance(value, bool):
        return value
    text = "\n".join(copy(hide).lines(str(value).split("\n")))
    # The value may be a secret because of its name: redact both as one line of a log.
    if text != str(value) or (name and _line(f"{name}: {text}", hide) != f"{name}: {text}"):
        return text if text != str(value) else MARK
    return value


def _key(key: object, hide: Redactor) -> object:
    shown = _line(str(key), hide)
    return key if shown == str(key) else shown


def _line(text: str, hide: Redactor) -> str:
    return copy(hide).line(text)


def hidden(values: object, path: Path = (), *, reveal: bool = False) -> object:
    """Return the values with [hidden] for secrets, recognised by names, and for what may hold any.

    `path` is where the values stand. `reveal` keeps the latter as it is.
    """
    whole = _placed(values, path)
    secrets = frozenset(leaf.path for leaf in leaves(whole) if leaf.secret)
    return _Hiding(secrets, reveal).node(values, _indexed(path))


def _placed(values: object, path: Path) -> object:
    """Return the values inside what holds them, as the first item where that is a list."""
    for part in reversed(path):
        values = [values] if isinstance(part, int) else {part: values}
    return values


def _indexed(path: Path) -> Path:
    return tuple(0 if isinstance(part, int) else part for part in path)


@dataclass(frozen=True)
class _Hiding:
    secrets: frozenset[Path]
    reveal: bool

    def node(self, value: object, path: Path) -> object:
        if path in self.secrets:
            return value if is_empty(value) else MARK
        begin = 0 if self.reveal else opaque_depth(path)
        if begin:
            return _named(value, path) if begin == len(path) else _covered(value, path)
        if isinstance(value, Mapping):
            return {name: self.node(child, (*path, str(name))) for name, child in value.items()}
        if isinstance(value, list):
            return [self.node(child, (*path, index)) for index, child in enumerate(value)]
        return value


def _named(value: object, path: Path) -> object:
    """Show only the names of variables, files or containers in a value that may hold anything."""
    if isinstance(value, Mapping):
        labels = bool(path) and named_by_people(str(path[-1]))
        return {name: _covered(child, ("" if labels else str(name),)) for name, child in value.items()}
    if isinstance(value, list) and value and all(isinstance(one, Mapping) for one in value):
        return [
            {name: child if name == "name" else _covered(child, (str(name),)) for name, child in one.items()}
            for one in value
        ]
    return _covered(value, path)


def _covered(value: object, path: Path) -> object:
    if is_empty(value):
        return value
    much = "" if is_secret_name(str(path[-1])) else size_in_words(value)
    return f"{MARK[:-1]}: {much}]" if much else MARK
