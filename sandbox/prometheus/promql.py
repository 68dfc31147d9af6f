"""PromQL read: selectors with matchers, ranges, subqueries, a few functions and aggregations.

The grammar is Prometheus' own, of which this is a part; what is outside of it is refused as a parse error.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NoReturn

from sandbox.prometheus.errors import QueryError

FUNCTIONS: Final = ("last_over_time", "max_over_time", "timestamp")
AGGREGATIONS: Final = ("count", "max", "sum")
_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<word>[a-zA-Z_][a-zA-Z0-9_]*)|(?P<text>"(?:[^"\\]|\\.)*")|(?P<length>\d+(?:ms|[smhdw]))"""
    r"""|(?P<mark>=~|!~|!=|[={}()\[\],:]))"""
)


@dataclass(frozen=True)
class Selector:
    """A metric's name, and a test for each label."""

    name: str
    matchers: tuple[tuple[str, Callable[[str], bool]], ...]


@dataclass(frozen=True)
class Range:
    """A selector's samples of the last `length` seconds."""

    of: Selector
    length: float


@dataclass(frozen=True)
class Subquery:
    """An expression at each `step` of the last `length` seconds."""

    of: "Expression"
    length: float
    step: float


@dataclass(frozen=True)
class Function:
    """A function of one argument."""

    name: str
    of: "Expression | Range | Subquery"


@dataclass(frozen=True)
class Aggregation:
    """An aggregation by labels."""

    name: str
    by: tuple[str, ...]
    of: "Expression"


Expression = Selector | Function | Aggregation


def parse(text: str) -> Expression:
    """Return the expression. Raise QueryError."""
    parser = _Parser(text)
    found = parser.argument()
    if parser.next != ("", "") or isinstance(found, Range | Subquery):
        parser.refuse()
    return found


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _tokens(text)
        self._at = 0

    @property
    def next(self) -> tuple[str, str]:
        """The kind and text of what comes next; both empty at the end."""
        return self._tokens[self._at] if self._at < len(self._tokens) else ("", "")

    def refuse(self) -> NoReturn:
        raise QueryError(f'invalid parameter "query": parse error: unexpected {self.next[1] or "end of input"!r}')

    def argument(self) -> "Expression | Range | Subquery":
        """Take an expression, with a range behind it if there is one."""
        found = self._expression()
        if not self._take("["):
            return found
        length = self._length()
        if self._take(":"):
            step = self._length()
            self._need("]")
            return Subquery(found, length, step)
        self._need("]")
        return Range(found, length) if isinstance(found, Selector) else self.refuse()

    def _expression(self) -> Expression:
        name = self._word()
        if name in AGGREGATIONS:
            by = self._by()
            self._need("(")
            found = self.argument()
            self._need(")")
            return self.refuse() if isinstance(found, Range | Subquery) else Aggregation(name, by, found)
        if name in FUNCTIONS and self._take("("):
            inner = self.argument()
            self._need(")")
            return Function(name, inner)
        return Selector(name, self._matchers())

    def _by(self) -> tuple[str, ...]:
        if self.next != ("word", "by"):
            return ()
        self._at += 1
        self._need("(")
        names = [self._word()]
        while self._take(","):
            names.append(self._word())
        self._need(")")
        return tuple(names)

    def _matchers(self) -> tuple[tuple[str, Callable[[str], bool]], ...]:
        if not self._take("{"):
            return ()
        made = [self._matcher()]
        while self._take(","):
            made.append(self._matcher())
        self._need("}")
        return tuple(made)

    def _matcher(self) -> tuple[str, Callable[[str], bool]]:
        name, operator = self._word(), self._any("mark")
        wanted = re.sub(r"\\(.)", lambda found: {"n": "\n"}.get(found[1], found[1]), self._any("text")[1:-1])
        if operator not in ("=", "!=", "=~", "!~"):
            self.refuse()
        return name, _test(operator, wanted)

    def _length(self) -> float:
        found = re.fullmatch(r"(\d+)(\w+)", self._any("length"))
        return float(found[1]) * _UNITS[found[2]] if found else self.refuse()

    def _word(self) -> str:
        return self._any("word")

    def _any(self, kind: str) -> str:
        if self.next[0] != kind:
            self.refuse()
        self._at += 1
        return self._tokens[self._at - 1][1]

    def _take(self, mark: str) -> bool:
        taken = self.next == ("mark", mark)
        self._at += taken
        return taken

    def _need(self, mark: str) -> None:
        if not self._take(mark):
            self.refuse()


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise QueryError(f'invalid parameter "query": parse error: unexpected character: {text[at]!r}')
        found.append((str(match.lastgroup), match[str(match.lastgroup)]))
        at = match.end()
    return found


def _test(operator: str, wanted: str) -> Callable[[str], bool]:
    if "~" not in operator:
        return (lambda given: given == wanted) if operator == "=" else (lambda given: given != wanted)
    try:
        pattern = re.compile(wanted)
    except re.error as error:
        raise QueryError(f'invalid parameter "query": parse error: error parsing regexp: {error}') from None
    wants = operator == "=~"
    return lambda given: (pattern.fullmatch(given) is not None) is wants
