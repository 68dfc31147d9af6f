"""Changes of code in Helm values, line by line, for those who decide about them. Pure.

Code is what the hub or a server runs: `hub.extraConfig`, hooks, commands, scripts among files, and any other text that
is a program. It is shown whatever its name is, with what looks like a secret in it hidden; environment variables,
annotations and other files are not shown (`commands.values.opaque_values`).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from typing import Final

import yaml

from cards.views import Difference, Lines
from clients.secret_patterns import hidden
from commands.framework.pagination import wrapped
from commands.text.redaction import MARK, Redactor
from commands.values.code import does_something, is_code
from commands.values.code_redaction import lines_with_secrets, shown_code
from commands.values.diff import NOT_SET, ValueDifference, differing, dotted
from commands.values.opaque_values import Area, opaque_area
from commands.values.secrets import is_secret_name, leaves, secrets_among, without_indices

# Of one change, and of all: a card has room for no more. Longer texts take too long to compare.
_MOST: Final = 250
_MOST_TOGETHER: Final = 600
_LONGEST: Final = 4_000
_LARGEST: Final = 1 << 17
_SCRIPT: Final = re.compile(r".*\.(?:py|sh|bash|r|R|js|pl|rb)")
_COVERED: Final = (Area.ENVIRONMENT, Area.FILES, Area.ANNOTATIONS)


@dataclass(frozen=True)
class CodeChange:
    """A change of code: how long it was and is, in words, and the lines that differ, as a diff."""

    path: str
    before: str
    after: str
    lines: tuple[str, ...]


def code_changes(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[CodeChange, ...]:
    """Return the code that differs, by path; what looks like a secret in it is hidden."""
    known = secrets_among(before) | secrets_among(after)
    found = (
        _change(path, old, new, known)
        for path, old, new in differing(before, after)
        if _is_shown(path, old) or _is_shown(path, new)
    )
    return tuple(_bounded(sorted(found, key=lambda one: one.path)))


def secrets_in_code(values: Mapping[str, object]) -> Iterator[tuple[tuple[str | int, ...], int]]:
    """Yield the paths of code with the lines in it, from 1, that have what plans hide: what looks like a secret."""
    known = secrets_among(values)
    for leaf in leaves(values):
        if leaf.secret or not isinstance(leaf.value, str) or len(leaf.value) > _LARGEST:
            continue
        path, text = tuple(map(str, without_indices(leaf.path))), _plain_breaks(leaf.value)
        if _is_shown(path, text):
            found = lines_with_secrets(text, Redactor(known), python=_runs_as_python(path, text))
            yield from ((leaf.path, line) for line in found)


def rows(differences: Sequence[ValueDifference]) -> tuple[Difference, ...]:
    """Return the differences as rows of a plan."""
    return tuple(Difference(one.path, one.before, one.after) for one in differences)


def with_code(differences: Sequence[Difference], code: Sequence[CodeChange]) -> tuple[Difference, ...]:
    """Return the rows of a plan that shows code below: its length is told instead of being hidden."""
    shown = {one.path: Difference(one.path, one.before, one.after) for one in code}
    return tuple(shown.get(one.path, one) for one in differences)


def code_sections(code: Sequence[CodeChange]) -> tuple[Lines, ...]:
    """Return the changes as sections of a plan."""
    return tuple(Lines(one.lines, f"{one.path}: the code that changes", code=True) for one in code)


def _is_shown(path: Sequence[str], value: object) -> bool:
    """Return True for what is run, and shown therefore. Nothing above an environment's variable makes it that."""
    if value is None or isinstance(value, bool | int | float):
        return False
    match opaque_area(path):
        case Area.CODE | Area.COMMANDS:
            return not _is_secret(path, value)
        case Area.FILES:
            named = any(_SCRIPT.fullmatch(part) for part in path)
            return path[-1] in ("stringData", "data") and isinstance(value, str) and (named or is_code(value))
        case None:
            return isinstance(value, str) and is_code(value)
    return False


def _is_secret(path: Sequence[str], value: object) -> bool:
    """Return True for one text that is a secret by a name that means something, as below a container's `env`."""
    placed: object = value
    for name in reversed(path):
        placed = {name: placed}
    return isinstance(value, str) and any(leaf.secret for leaf in leaves(placed))


def _change(path: tuple[str, ...], old: object, new: object, known: frozenset[str]) -> CodeChange:
    if any(isinstance(one, str) and len(one) > _LARGEST for one in (old, new)):
        why = "(too long to be shown: an admin reads it with /jhub config diff --reveal)"
        return CodeChange(dotted(path), _length(old), _length(new), (why,))
    before, after = (_lines(path, one, known) for one in (old, new))
    if len(before) + len(after) > _LONGEST:
        lines = [f"({len(after)} lines, too many to compare: an admin reads them with /jhub config diff --reveal)"]
    elif before == after:
        lines = ["(it differs in what is hidden alone)"]
    else:
        # Where all of it is new, or goes, there is no place in it to tell.
        skipped = 2 if before and after else 3
        lines = list(unified_diff(before, after, n=2, lineterm=""))[skipped:]
    below = ", below" if after else ""
    return CodeChange(dotted(path), _count(before), f"{_count(after)}{below}", tuple(wrapped(lines)))


def _length(value: object) -> str:
    return NOT_SET if value is None else f"code of {len(str(value).splitlines())} lines"


def _count(lines: Sequence[str]) -> str:
    return NOT_SET if not lines else f"code of {len(lines)} line{'' if len(lines) == 1 else 's'}"


def _lines(path: Sequence[str], value: object, known: frozenset[str]) -> list[str]:
    if isinstance(value, str):
        value = _plain_breaks(value)
        return shown_code(value.rstrip("\n"), Redactor(known), python=_runs_as_python(path, value)) if value else []
    if value in (None, {}, []):
        return []
    text = yaml.safe_dump(_visible(value), sort_keys=False, allow_unicode=True, width=1 << 16)
    return shown_code(text.rstrip("\n"), Redactor(known), python=False)


def _plain_breaks(text: str) -> str:
    """Return the text as Python reads it: a carriage return ends a line, and a comment with it; a card has none."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _runs_as_python(path: Sequence[str], text: str) -> bool:
    return is_code(text) or (path[:2] == ("hub", "extraConfig") and does_something(text))


def _visible(node: object, name: str = "") -> object:
    """Return a structure without variables, files, annotations and secrets by name; commands stay."""
    if isinstance(node, Mapping):
        secret = is_secret_name(str(node.get("name", "")))
        return {key: MARK if secret and key == "value" else _visible(child, str(key)) for key, child in node.items()}
    if opaque_area((name,)) in _COVERED and node:
        return MARK
    if isinstance(node, list):
        words = iter(_command([one for one in node if isinstance(one, str)]))
        return [next(words) if isinstance(one, str) else _visible(one, name) for one in node]
    hides = isinstance(node, str) and is_secret_name(name) and not is_code(node)
    return MARK if hides and node else node


def _command(words: Sequence[str]) -> Iterator[str]:
    """Yield the words of a command line without secrets, which the word before may tell: `--password x`."""
    line = " ".join(one.replace("\n", " ") for one in words)
    spans, begin = Redactor().spans(line), 0
    for one in words:
        its = [(max(first - begin, 0), min(last - begin, len(one))) for first, last in spans]
        yield hidden(one, [(first, last) for first, last in its if first < last])
        begin += len(one) + 1


def _bounded(changes: Sequence[CodeChange]) -> Iterator[CodeChange]:
    left = _MOST_TOGETHER
    for one in changes:
        most = max(1, min(_MOST, left))
        left -= min(len(one.lines), most)
        if len(one.lines) > most:
            rest = f"… {len(one.lines) - most} more lines: an admin reads them with /jhub config diff --reveal"
            yield CodeChange(one.path, one.before, one.after, (*one.lines[:most], rest))
        else:
            yield one
