"""Python literals in a syntax tree, and collections completed by them. Pure."""

import ast
from collections.abc import Mapping
from typing import Final

_UNREADABLE: Final = (ValueError, TypeError, SyntaxError, MemoryError, RecursionError)
_MAKERS: Final = {"set": set, "frozenset": set, "list": list, "tuple": list}
COMPLETED_BY: Final = frozenset({"+=", "|=", "add", "update", "append", "extend"})


def literal(node: ast.expr) -> tuple[bool, object]:
    """Return whether an expression is a literal, and its value; `set([…])` and its like are literals, too."""
    match node:
        case ast.Call(func=ast.Name(id=maker), args=args, keywords=[]) if maker in _MAKERS and len(args) <= 1:
            readable, found = literal(args[0]) if args else (True, ())
            return _collection(maker, found) if readable and isinstance(found, list | tuple | set) else (False, None)
    try:
        return True, ast.literal_eval(node)
    except _UNREADABLE:
        return False, None


def completed(before: object, how: str, added: object, *, people: bool) -> tuple[bool, object]:
    """Return whether a collection can be completed so, and what it becomes.

    Names of people and groups make a set of their own where there is none: it is empty by default.
    """
    try:
        return _completed(before, how, added, people=people)
    except TypeError:
        return False, None


def _completed(before: object, how: str, added: object, *, people: bool) -> tuple[bool, object]:
    if before is None and people:
        before = [] if how in ("append", "extend") else set()
    match before, how:
        case list(), "+=" | "extend":
            return (True, [*before, *added]) if isinstance(added, list | tuple | set) else (False, None)
        case list(), "append":
            return True, [*before, added]
        case set(), "|=" | "update":
            return (True, before | set(added)) if isinstance(added, list | tuple | set) else (False, None)
        case set(), "add":
            return (True, before | {added}) if isinstance(added, str | int) else (False, None)
        case Mapping(), "|=" | "update":
            return (True, {**before, **added}) if isinstance(added, Mapping) else (False, None)
    return False, None


def _collection(maker: str, items: list[object] | tuple[object, ...] | set[object]) -> tuple[bool, object]:
    try:
        return True, _MAKERS[maker](items)
    except TypeError:
        return False, None
