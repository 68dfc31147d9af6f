"""Whether a text is a program, by its own form: what a name above it says counts for nothing then. Pure.

A file of settings is none, though Python could read it (`password = hunter2` as well): a program imports, defines, or
sets something's attributes.
"""

import ast
import re
from functools import lru_cache
from typing import Final

from commands.values.python_syntax import parsed

_LONGEST: Final = 1 << 18
_SHEBANG: Final = re.compile(r"#!\s{0,9}/\S")
# Without one of these in it nothing is a program; with one, it is parsed.
_HINT: Final = re.compile(r"^\s*(?:import\s|from\s|def\s|async\s|class\s|@|[\w.]+\.\w+[^=\n]{0,200}=)", re.MULTILINE)
_DEFINING: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def is_code(text: str) -> bool:
    """Return True for a program: a script with its interpreter, or Python that does more than give values to names."""
    if len(text) > _LONGEST:
        return False
    return bool(_SHEBANG.match(text)) or (_HINT.search(text) is not None and _is_program(text))


def does_something(text: str) -> bool:
    """Return True for Python that does more than name things, which any list of words may be."""
    return any(not isinstance(node, ast.Expr) or isinstance(node.value, ast.Call) for node in statements(text) or ())


@lru_cache(maxsize=256)
def _is_program(text: str) -> bool:
    body = statements(text)
    # One line that begins like a program may be words.
    several = "\n" in text.strip()
    return any(_does(node, several) for node in body or ())


def statements(text: str) -> list[ast.stmt] | None:
    """Return the statements of a Python program, None for what is none."""
    tree = parsed(text)
    return tree.body if tree else None


def _does(node: ast.stmt, several: bool) -> bool:
    if isinstance(node, _DEFINING):
        return True
    if isinstance(node, ast.Import | ast.ImportFrom):
        return several
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AugAssign) else []
    return any(isinstance(one, ast.Attribute) for one in targets)
