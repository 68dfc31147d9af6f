"""Code in Helm values that the hub would run as Python and that is none: at its start, the hub would end. Pure.

z2jh (files/hub/jupyterhub_config.py of 1.1.3 to 4.4.0) runs each `hub.extraConfig` with `exec`, and loads the `*.py`
below `jupyterhub_config.d`. The hub's Python may be newer than the bot's, and know forms that this one does not: only
what no Python has is certain.
"""

import ast
import re
import sys
import warnings
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from clients.secret_patterns import unshaped
from commands.values.hub_config import code_pieces
from commands.values.python_syntax import is_beyond_bounds
from commands.values.schema_errors import SchemaViolation

# CPython's words for what no newer grammar mends: brackets, quotes, and the plainest errors.
_CERTAIN: Final = re.compile(
    r".* was never closed|unmatched |closing parenthesis |unterminated |invalid syntax|expected ':'|cannot assign to |"
    r"Missing parentheses in call to |invalid character |invalid non-printable |unexpected character after line|"
    r"source code string cannot contain null bytes|invalid decimal literal|leading zeros in |keyword argument repeated|"
    r"':' expected after dictionary key"
)
# What Python has got since 3.10, or may have got: statements, type parameters, and quotes within f- and t-strings.
_NEWER: Final = re.compile(
    r"^\s*(?:match|case|type|lazy|except)\b|\b(?:class|def)\s+\w+\s*\[|(?<!\w)(?:[fFtT][rR]?|[rR][fFtT])[\"']"
)
_LONG_FORMATTED: Final = re.compile(r"(?<!\w)(?:[fFtT][rR]?|[rR][fFtT])(?:\"\"\"|''')")
_DOUBTED: Final = f"is not Python {sys.version_info[0]}.{sys.version_info[1]}"
_UNLESS: Final = "the hub would not start, unless its Python is newer and knows this"
_MOST_SAID: Final = 120


def python_violations(values: Mapping[str, object]) -> Iterator[SchemaViolation]:
    """Yield the code in these values that is no Python, by path. What may be newer Python breaks nothing for certain.

    Code that is too long or too deep to be read is left out.
    """
    for place, text in code_pieces(values):
        if text is not None and (found := _error(text)):
            said, certain = found
            why = f"is not Python ({said}): the hub would not start"
            yield SchemaViolation(place, why if certain else f"{_DOUBTED} ({said}): {_UNLESS}", breaks=certain)


def is_doubted_code(one: SchemaViolation) -> bool:
    """Return True for a mistake that tells of code that only a newer Python may know."""
    return one.why.startswith(_DOUBTED)


@lru_cache(maxsize=64)
def _error(text: str) -> tuple[str, bool] | None:
    """Return what is wrong, with its line, and whether that is certain; None if nothing is known to be."""
    if is_beyond_bounds(text):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Compiling finds what parsing leaves: `return` outside a function.
            compile(ast.parse(text), "code", "exec", dont_inherit=True)
    except SyntaxError as error:
        return _said(error), _is_certain(error, text)
    except ValueError:
        return "it has characters that no program has", True
    except (RecursionError, MemoryError):
        return None
    return None


def _said(error: SyntaxError) -> str:
    return f"line {error.lineno or 1}: {unshaped(error.msg)[:_MOST_SAID]}"


def _is_certain(error: SyntaxError, text: str) -> bool:
    """Return True for what no newer Python accepts."""
    if isinstance(error, IndentationError):
        return True
    lines = text.splitlines()
    line = lines[error.lineno - 1] if error.lineno and error.lineno <= len(lines) else ""
    is_newer = _NEWER.search(line) or _LONG_FORMATTED.search(text)
    return not is_newer and (_CERTAIN.match(error.msg) is not None or "outside" in error.msg)
