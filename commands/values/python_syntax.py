"""Python in Helm values, parsed within one set of bounds whoever reads it. Pure.

CPython's parser recurses, and what is parsed comes from whoever writes the values.
"""

import ast
import warnings
from typing import Final

# The text of one piece of code, and the nodes of its syntax tree: far above what people write.
MOST_TEXT: Final = 64 * 1024
MOST_NODES: Final = 20_000
# Nobody writes that many brackets, dots, signs or colons into one line.
_MOST_NESTED: Final = 400
_NESTING: Final = frozenset("([{.-+~*/%&|^<>=,:")
_UNREADABLE: Final = (SyntaxError, ValueError, RecursionError, MemoryError)


def is_beyond_bounds(text: str) -> bool:
    """Return True for what is too long, or nested too deeply, to be parsed."""
    return len(text) > MOST_TEXT or any(
        sum(one in _NESTING for one in line) > _MOST_NESTED for line in text.splitlines()
    )


def parsed(text: str) -> ast.Module | None:
    """Return the syntax tree, or None for what is no Python or beyond the bounds. What Python warns of is not shown."""
    if is_beyond_bounds(text):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
        return tree if sum(1 for _ in ast.walk(tree)) <= MOST_NODES else None
    except _UNREADABLE:
        return None
