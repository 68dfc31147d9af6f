"""Code as those who decide about it see it: what is run is shown, what looks like a secret in it is hidden. Pure.

In Python a secret is a literal or stands in a comment: names, calls and operators are never hidden, so that nothing
that is run can pass for a secret (`token = run("…")`). In other texts whatever looks like one is hidden.
"""

import io
import re
import tokenize
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from clients.secret_patterns import hidden
from commands.text.redaction import Redactor
from commands.values.code import statements
from commands.values.secrets import is_secret_name

Span = tuple[int, int]
_Regions = dict[int, list[Span]]

_QUOTES: Final = re.compile(r"[A-Za-z]{0,3}(\"\"\"|'''|\"|')")
_WORD: Final = re.compile(r"(?<![\w+/=.-])[\w+/=.-]{10,}")
_PART: Final = re.compile(r"[A-Za-z0-9]{10,}")
_GUID: Final = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_DIGEST: Final = re.compile(r"sha(?:256|512):[0-9a-fA-F]+")
# Like a password: capital and small letters, digits and signs together, without a space.
_PASSWORD: Final = re.compile(r"(?=\S*[a-z])(?=\S*[A-Z])(?=\S*\d)(?=\S*[!@#$%^&*?~+])[^\s{}()<>\[\]/\\]{7,64}")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z_-]*")
# Whose first argument is the name of what is asked for.
_ASKING: Final = ("get", "getenv", "pop", "setdefault", "getattr", "setattr", "hasattr", "get_secret", "get_config")
_TURNS: Final = 3
# `$TOKEN`, `${TOKEN}`, `$(cat token)`, but not `$apr1$…`, as passwords are kept.
_VARIABLE: Final = re.compile(r"(?:^|[\s\"'])\$[A-Za-z_{(](?!\w*\$)")
_STRINGS: Final = (tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", -1))
_FORMATTED: Final = re.compile(r"(?i)^(?:f|rf|fr)[\"']")


def shown_code(text: str, hide: Redactor, *, python: bool) -> list[str]:
    """Return the lines of a program without what looks like a secret in it.

    `python` says that it is to be run as Python, if it can be. `hide` must be fresh: it is used up.
    """
    return [hidden(line, spans) for line, spans in _found(text, hide, python=python)]


def lines_with_secrets(text: str, hide: Redactor, *, python: bool) -> list[int]:
    """Return the lines, from 1, in which `shown_code` hides something; a shell's variable is no secret."""
    found = enumerate(_found(text, hide, python=python), 1)
    return [
        number
        for number, (line, spans) in found
        if any(begin < end and not _VARIABLE.search(line[begin:end]) for begin, end in spans)
    ]


def _found(text: str, hide: Redactor, *, python: bool) -> Iterator[tuple[str, list[Span]]]:
    """Yield each line with the spans that are hidden in it."""
    lines = text.split("\n")
    parsed = _parsed(text, lines) if python else None
    for number, line in enumerate(lines):
        found = [*hide.spans(line), *_words(line)]
        if parsed is None:
            spans = found
        else:
            within = parsed.regions.get(number, [])
            # A word that people set as a secret could be what a function is called.
            known = [span for span in hide.known_spans(line) if not _NAME.fullmatch(line[slice(*span)])]
            spans = [*known, *_clipped(found, within), *parsed.literals.get(number, [])]
        yield line, spans


@dataclass
class _Parsed:
    """By line: where literals and comments stand, and the literals that are secrets by what stands before them."""

    regions: _Regions
    literals: _Regions


def _parsed(text: str, lines: Sequence[str]) -> _Parsed | None:
    """Return where a Python program has literals; None for what is no Python."""
    if statements(text) is None:
        return None
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (SyntaxError, tokenize.TokenError):
        return None
    made = _Parsed({}, {})
    for token in tokens:
        if token.type in (*_STRINGS, tokenize.NUMBER, tokenize.COMMENT):
            for number, (begin, end) in _by_line(token, lines):
                span = (begin, end) if token.type == tokenize.COMMENT else _within_quotes(lines[number], begin, end)
                made.regions.setdefault(number, []).extend(_unformatted(token, lines[number], span))
    for token in _secret_literals(tokens):
        for number, (begin, end) in _by_line(token, lines):
            made.literals.setdefault(number, []).append(_within_quotes(lines[number], begin, end))
    return made


def _by_line(token: tokenize.TokenInfo, lines: Sequence[str]) -> Iterator[tuple[int, Span]]:
    (first, begin), (last, end) = token.start, token.end
    for number in range(first - 1, min(last, len(lines))):
        yield (
            number,
            (
                begin if number == first - 1 else 0,
                end if number == last - 1 else len(lines[number]),
            ),
        )


def _unformatted(token: tokenize.TokenInfo, line: str, span: Span) -> Iterator[Span]:
    """Yield the parts of a literal that are no expressions: those of an f-string are run."""
    if token.type != tokenize.STRING or not _FORMATTED.match(token.string):
        yield span
        return
    begin, depth = span[0], 0
    for at in range(*span):
        if line[at] == "{":
            if not depth:
                yield begin, at
            depth += 1
        elif line[at] == "}" and depth:
            depth -= 1
            begin = at + 1
    if not depth:
        yield begin, span[1]


@dataclass
class _Level:
    """A pair of brackets: `named` says that what follows in it belongs to a secret's name, a literal if `by_text`."""

    bracket: str
    from_above: bool = False
    named: bool = False
    by_text: bool = False

    def comma(self) -> None:
        """Begin the next argument or pair: it belongs to no name, but for the value that follows a name in a text."""
        if self.bracket and not (self.bracket == "(" and self.by_text):
            self.named = self.from_above


def _secret_literals(tokens: Sequence[tokenize.TokenInfo]) -> Iterator[tokenize.TokenInfo]:
    """Yield the literals that belong to a secret's name: what is assigned to it, its default, an argument.

    What is handed to another function on the way there is none: `token = run("…")`.
    """
    levels = [_Level("")]
    for place, token in enumerate(tokens):
        level = levels[-1]
        if token.type == tokenize.NEWLINE:
            levels = [_Level("")]
        elif token.type == tokenize.NAME:
            level.named = level.named or is_secret_name(token.string)
        elif token.type == tokenize.STRING:
            inner = _content(token.string)
            is_name = bool(_NAME.fullmatch(inner)) and is_secret_name(inner)
            run = bool(_FORMATTED.match(token.string))
            if level.named and inner and not is_name and not run and not _is_key(tokens, place):
                yield token
            if is_name:
                level.named = level.by_text = True
        elif token.type == tokenize.OP:
            _bracket(token.string, tokens[place - 1] if place else None, levels)


def _bracket(mark: str, before: tokenize.TokenInfo | None, levels: list[_Level]) -> None:
    level = levels[-1]
    if mark == "(" and before is not None and (before.type == tokenize.NAME or before.string in (")", "]")):
        its = is_secret_name(before.string)
        levels.append(_Level(mark, its, its))
    elif mark in ("(", "[", "{"):
        levels.append(_Level(mark, level.named, level.named))
    elif mark in (")", "]", "}") and len(levels) > 1:
        inner = levels.pop()
        # `environ["PASSWORD"] = …`
        levels[-1].named = levels[-1].named or (mark == "]" and inner.named)
    elif mark == ",":
        level.comma()


def _is_key(tokens: Sequence[tokenize.TokenInfo], place: int) -> bool:
    """Return True if the literal is the name of something: `x["name"]`, `x.get("name")`, `{"name": …}`, an address."""
    before = tokens[place - 1].string if place else ""
    function = tokens[place - 2].string if place > 1 else ""
    after = tokens[place + 1].string if place + 1 < len(tokens) else ""
    inner = _content(tokens[place].string)
    plain = bool(_NAME.fullmatch(inner))
    return (
        (before == "[" and (function.isidentifier() or function in ")]") and plain)
        or (before == "(" and function in _ASKING)
        or (before in ("{", ",") and after == ":" and plain)
        or "://" in inner
    )


def _content(literal: str) -> str:
    found = _QUOTES.match(literal)
    return literal[found.end() : -len(found[1])] if found else literal


def _within_quotes(line: str, begin: int, end: int) -> Span:
    found = _QUOTES.match(line, begin)
    if found and found.end() <= end:
        begin = found.end()
        if line[:end].endswith(found[1]) and end - len(found[1]) >= begin:
            end -= len(found[1])
    return begin, end


def _clipped(spans: Sequence[Span], within: Sequence[Span]) -> Iterator[Span]:
    """Yield the parts of the spans that stand in the regions, which are in order."""
    begins = [begin for begin, _ in within]
    for begin, end in spans:
        for first, last in within[max(0, bisect_right(begins, begin) - 1) :]:
            if first >= end:
                break
            if max(begin, first) < min(end, last):
                yield max(begin, first), min(end, last)


def _words(line: str) -> Iterator[Span]:
    """Yield the words that nobody would write: long ones of letters and digits in no order, and what passwords are."""
    for match in _WORD.finditer(line):
        if not _GUID.search(match[0]) and not _DIGEST.search(line[max(0, match.start() - 7) : match.end()]):
            for part in _PART.finditer(match[0]):
                if _is_random(part[0]):
                    yield match.start() + part.start(), match.start() + part.end()
    for match in re.finditer(r"(?<=[\"'])[^\"'\s]{7,64}(?=[\"'])", line):
        if _PASSWORD.fullmatch(match[0]):
            yield match.span()


def _is_random(word: str) -> bool:
    """Return True if digits and letters alternate as they do in no name: abc123def4, but not python311 or v20261201."""
    return sum(one.isdigit() != other.isdigit() for one, other in pairwise(word)) >= _TURNS
