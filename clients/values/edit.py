"""Changes of single values in a YAML file: comments, order, quotes and everything around them stay as they are.

ruamel.yaml 0.19 keeps comments, order and quotes, but lays a file out in its own way (how lists are indented, spaces in
brackets). So the file is written twice, without the changes and with them; what differs between the two is applied to
the original text. The result is read again and must have the wanted values, or nothing is done: a value that other
places repeat (an anchor) is not changed, since they would change with it. The error then says what to write by hand,
and where.
"""

import io
import re
from collections.abc import Sequence
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, ScalarString

from clients.errors import Rejected
from clients.values import words
from clients.values.by_hand import by_hand
from clients.values.changes import Path, ValueChange
from clients.values.composition import SYSTEM, refused
from clients.values.document import parse, scalar_or_flow
from clients.values.layout import carried_over

# A line that ends with a colon, and the empty ones and remarks below it. What has been read of them is not read again
# in another way (`(?>…)`), for which a line of many colons would take very long.
_HEAD: Final = r"(?=[^\n]*\n)(?>[^\n]*:[ ]*(?:#[^\n]*)?\n)(?>(?:[ ]*(?:#[^\n]*)?\n)*)"
_LIST: Final = re.compile(rf"^( *)(?=[^\s#]){_HEAD}( *)- ", re.MULTILINE)
_DEEPER: Final = re.compile(rf"^( *)(?=[^\s#-]){_HEAD}( *)[^\s#-]", re.MULTILINE)


def edited(text: str, changes: Sequence[ValueChange], *, shown: bool = True) -> str:
    """Return the file with these values changed. Raise Rejected where a path leads into something else, or nowhere.

    Its message contains the values themselves if they may be `shown`.
    """
    if "\r\n" in text:
        return edited(text.replace("\r\n", "\n"), changes, shown=shown).replace("\n", "\r\n")
    wanted = parse(text).values
    for change in changes:
        wanted = _mapping(replaced(wanted, change.path, change), change.path)
    try:
        made = _in_layout(text if text.endswith("\n") or not text else f"{text}\n", changes)
    except (YAMLError, ValueError, LookupError, TypeError, AttributeError):
        # Ruamel's own, and those of its types where a path leads into what a merge key brings.
        made = ""
    if not _holds(made, wanted):
        raise Rejected(
            SYSTEM,
            "layout",
            f"The bot cannot make this change in the values' file. {by_hand(text, changes, shown=shown)}",
        )
    return made


def _holds(text: str, wanted: object) -> bool:
    try:
        return parse(text).values == wanted
    except Rejected:
        return False


def value_at(values: object, path: Path) -> object:
    """Return the value at a path; None where there is none."""
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
    """Return the values with the one at `path` changed; missing names on the way are created. Raise Rejected."""
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
    """Return the text with the differences that the changes make in ruamel's writing."""
    own = _writer(text)
    before = own.load(text) or CommentedMap()
    _keep_anchors(before)
    plain = _written(own, before) if text.strip() else ""
    for change in changes:
        _set(before, change)
    changed = _written(own, before)
    if not _has_values(text):
        return text + changed.removeprefix(plain)
    return carried_over(text, plain, changed)


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
    # As for helm, an anchor means what it was given last.
    made.composer.warn_double_anchors = False
    return made


def _null(representer: Any, _: None) -> Any:  # noqa: ANN401 - ruamel's own types
    return representer.represent_scalar("tag:yaml.org,2002:null", "null")


def _indent(pattern: re.Pattern[str], text: str) -> int | None:
    """Return how much deeper the first match is indented; None where there is none."""
    found = pattern.search(text)
    return len(found[2]) - len(found[1]) if found else None


def _keep_anchors(data: object) -> None:
    """Have ruamel write also the anchors that nothing repeats any more."""
    left, seen = [data], set[int]()
    while left:
        one = left.pop()
        if id(one) in seen or not isinstance(one, CommentedMap | CommentedSeq):
            continue
        seen.add(id(one))
        if one.anchor.value:
            one.anchor.always_dump = True
        left += one.values() if isinstance(one, CommentedMap) else one


def _written(own: YAML, data: object) -> str:
    into = io.StringIO()
    own.dump(data, into)
    return into.getvalue()


def _set(data: Any, change: ValueChange) -> None:  # noqa: ANN401 - ruamel's own types
    *way, last = change.path
    for part, following in zip(way, change.path[1:], strict=True):
        key = _key(data, part)
        if isinstance(data, CommentedMap) and data.get(key) is None:
            data[key] = CommentedSeq() if isinstance(following, int) else CommentedMap()
        data = data[key]
    key = _key(data, last)
    if change.removed:
        if not isinstance(data, CommentedMap) or key in data:
            del data[key]
        return
    before = data.get(key) if isinstance(data, CommentedMap) else data[key]
    data[key] = _as_node(change.after, before)


def _key(data: object, part: str | int) -> Any:  # noqa: ANN401 - ruamel's own types
    """Return ruamel's key for the name as helm reads it; a new one is quoted where helm would read another."""
    if not isinstance(data, CommentedMap) or not isinstance(part, str):
        return part
    return next((key for key in data if _name_of(key) == part), _quoted(part))


def _name_of(key: object) -> str | None:
    return str(key) if isinstance(key, ScalarString) else words.name(str(key))


def _as_node(value: object, before: object) -> object:
    """Return the value for ruamel: quoted as the old one, and where helm would read a plain word otherwise."""
    match value:
        case str() if isinstance(before, ScalarString) and "\n" not in value:
            return type(before)(value) if type(before).__name__.endswith("QuotedScalarString") else _quoted(value)
        case str():
            return _quoted(value)
        case dict():
            return CommentedMap({_quoted(name): _as_node(child, None) for name, child in value.items()})
        case list():
            made = CommentedSeq([_as_node(child, None) for child in value])
            if getattr(getattr(before, "fa", None), "flow_style", lambda: False)():
                made.fa.set_flow_style()
            return made
    return value


def _quoted(value: str) -> str:
    return value if _is_plain(value) else DoubleQuotedScalarString(value)


def _is_plain(value: str) -> bool:
    """Return True if helm reads the unquoted text as this text; False for anything that looks like a number."""
    if re.fullmatch(r"[-+]?[0-9._]+([eE][-+]?[0-9]+)?|0[xob]\w+|[-+]?\d+(:\d+)+|\d+-\d+-\d+.*", value):
        return False
    try:
        return "\n" not in value and words.is_plain(value) and scalar_or_flow(value) == value
    except Rejected:
        return False
