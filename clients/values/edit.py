"""Changes of single values in a YAML file: comments, order, quotes and everything around them stay as they are.

ruamel.yaml 0.19 keeps comments, order and quotes, but lays a file out in its own way (how lists are indented, spaces
in brackets). So the file is written twice, without the changes and with them; what differs between the two is taken
over into the text as it was. What comes out is read again and must hold the wanted values, or nothing is done.
"""

import difflib
import io
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, ScalarString

from clients.errors import Rejected
from clients.values.changes import Path, ValueChange
from clients.values.document import parse, refused, scalar_or_flow

# A line that ends with a colon, and the empty ones and remarks below it. What has been read of them is not read again
# in another way (`(?>…)`), for which a line of many colons would take very long.
_HEAD: Final = r"(?=[^\n]*\n)(?>[^\n]*:[ ]*(?:#[^\n]*)?\n)(?>(?:[ ]*(?:#[^\n]*)?\n)*)"
_LIST: Final = re.compile(rf"^( *)(?=[^\s#]){_HEAD}( *)- ", re.MULTILINE)
_DEEPER: Final = re.compile(rf"^( *)(?=[^\s#-]){_HEAD}( *)[^\s#-]", re.MULTILINE)


def edited(text: str, changes: Sequence[ValueChange]) -> str:
    """The file with these values changed. Raises Rejected where a path leads into something else, or nowhere."""
    if "\r\n" in text:
        return edited(text.replace("\r\n", "\n"), changes).replace("\n", "\r\n")
    wanted = parse(text).values
    for change in changes:
        wanted = _mapping(replaced(wanted, change.path, change), change.path)
    made = _in_layout(text if text.endswith("\n") or not text else f"{text}\n", changes)
    if not _holds(made, wanted):
        raise refused("layout", "It cannot be changed without rewriting it: change it by hand.")
    return made


def _holds(text: str, wanted: object) -> bool:
    try:
        return parse(text).values == wanted
    except Rejected:
        return False


def value_at(values: object, path: Path) -> object:
    """The value at a path; None where there is none."""
    for part in path:
        match values, part:
            case dict(), str():
                values = values.get(part)
            case list(), int():
                values = values[part] if 0 <= part < len(values) else None
            case _:
                return None
    return values


def replaced(node: object, path: Path, change: ValueChange) -> object:
    """The values with the one at `path` changed; names on the way are made. Raises Rejected."""
    if not path:
        return change.after
    first, rest, goes = path[0], path[1:], change.removed and len(path) == 1
    match node, first:
        case dict() | None, str():
            there = dict(node or {})
            if goes:
                there.pop(first, None)
                return there
            return {**there, first: replaced(there.get(first), rest, change)}
        case list(), int() if 0 <= first < len(node):
            instead = [] if goes else [replaced(node[first], rest, change)]
            return [*node[:first], *instead, *node[first + 1 :]]
    raise refused("no such path", f"“{first}” cannot be used at that place in the path.")


def _mapping(made: object, path: Path) -> dict[str, object]:
    if not isinstance(made, dict):
        raise refused("no such path", f"“{path[0] if path else ''}” cannot be used at the top level.")
    return made


def _in_layout(text: str, changes: Sequence[ValueChange]) -> str:
    """The text with what ruamel's writing of the changes differs in."""
    own = _writer(text)
    try:
        before = own.load(text) or CommentedMap()
        plain = _written(own, before) if text.strip() else ""
        for change in changes:
            _set(before, change)
        changed = _written(own, before)
    except (YAMLError, ValueError) as error:
        raise refused("layout", "It cannot be changed in its present form: change it by hand.") from error
    if not _has_values(text):
        return text + changed.removeprefix(plain)
    return _carried_over(text, plain, changed)


def _has_values(text: str) -> bool:
    return bool(parse(text).values)


def _writer(text: str) -> YAML:
    made = YAML(typ="rt", pure=True)
    made.preserve_quotes = True
    made.width = 1 << 16
    made.allow_unicode = True
    made.explicit_start = bool(re.search(r"^---", text, re.MULTILINE))
    step = _indent(_DEEPER, text) or 2
    offset = _indent(_LIST, text)
    made.indent(mapping=step, sequence=(offset or 0) + 2, offset=offset or 0)
    made.representer.add_representer(type(None), _null)
    return made


def _null(representer: Any, _: None) -> Any:  # noqa: ANN401 - ruamel's own types
    return representer.represent_scalar("tag:yaml.org,2002:null", "null")


def _indent(pattern: re.Pattern[str], text: str) -> int | None:
    """How much deeper the first of the kind stands; None where there is none."""
    found = pattern.search(text)
    return len(found[2]) - len(found[1]) if found else None


def _written(own: YAML, data: object) -> str:
    into = io.StringIO()
    own.dump(data, into)
    return into.getvalue()


def _set(data: Any, change: ValueChange) -> None:  # noqa: ANN401 - ruamel's own types
    *way, last = change.path
    for part, following in zip(way, change.path[1:], strict=True):
        if isinstance(data, CommentedMap) and data.get(part) is None:
            data[part] = CommentedSeq() if isinstance(following, int) else CommentedMap()
        data = data[part]
    if change.removed:
        if not isinstance(data, CommentedMap) or last in data:
            del data[last]
        return
    before = data.get(last) if isinstance(data, CommentedMap) else data[last]
    data[last] = _as_node(change.after, before)


def _as_node(value: object, before: object) -> object:
    """The value for ruamel: quoted as what was there, and where helm would read a plain word as something else."""
    match value:
        case str() if isinstance(before, ScalarString) and "\n" not in value:
            return type(before)(value) if type(before).__name__.endswith("QuotedScalarString") else _quoted(value)
        case str():
            return _quoted(value)
        case dict():
            return CommentedMap({name: _as_node(child, None) for name, child in value.items()})
        case list():
            made = CommentedSeq([_as_node(child, None) for child in value])
            if getattr(getattr(before, "fa", None), "flow_style", lambda: False)():
                made.fa.set_flow_style()
            return made
    return value


def _quoted(value: str) -> str:
    return value if _is_plain(value) else DoubleQuotedScalarString(value)


def _is_plain(value: str) -> bool:
    """Whether the text, written as it is, is read as this text by helm too; all that looks like a number is quoted."""
    if re.fullmatch(r"[-+]?[0-9._]+([eE][-+]?[0-9]+)?|0[xob]\w+|[-+]?\d+(:\d+)+|\d+-\d+-\d+.*", value):
        return False
    try:
        return "\n" not in value and scalar_or_flow(value) == value
    except Rejected:
        return False


def _carried_over(text: str, plain: str, changed: str) -> str:
    """`text`, in which is done what turns `plain` into `changed`; the two of ruamel differ from it in layout alone."""
    lines, old, new = text.splitlines(keepends=True), plain.splitlines(keepends=True), changed.splitlines(keepends=True)
    if len(lines) != len(old):
        raise refused("layout", "A change would break its layout (long lines, odd blank lines): change it by hand.")
    made: list[str] = []
    for tag, first, last, begin, end in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            made += lines[first:last]
        else:
            made += _shifted(lines, old, new[begin:end], first)
    return "".join(made)


def _shifted(lines: Sequence[str], old: Sequence[str], new: Sequence[str], first: int) -> Iterator[str]:
    """New lines, moved as far to the right or left as the text stands from ruamel's writing there."""
    at = min(first, len(lines) - 1)
    by = _margin(lines[at]) - _margin(old[at]) if lines else 0
    for line in new:
        yield " " * by + line if by > 0 else line[min(-by, _margin(line)) :]


def _margin(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
